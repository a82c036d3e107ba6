"""Shares and charts weigh labels by the rates under which their targets were included."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from core.time_range.windows import Window
from signals_app.labels import breakdown, counts, distribution
from signals_app.labels.weights import Cover, Some, chance
from signals_app.models import Run, Signal
from signals_app.pages.signal import charts
from tests.signals_app.labelled import label

NOON = datetime(2026, 11, 11, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = Window(NOON - 24 * HOUR, NOON, HOUR)


def lowered(signal: Signal) -> None:
    """100 targets an hour of which 10 are true, and then 40: at full rate, then at a quarter."""
    label(signal, "true", 10, at=NOON - 4 * HOUR, sample_rate=1.0)
    label(signal, "false", 90, at=NOON - 4 * HOUR, sample_rate=1.0)
    label(signal, "true", 10, at=NOON - HOUR, sample_rate=0.25)
    label(signal, "false", 15, at=NOON - HOUR, sample_rate=0.25)


@pytest.mark.django_db
def test_shares_and_estimates_are_those_of_all_targets(signal: Signal) -> None:
    lowered(signal)
    counted = counts.in_window(signal.project_id, [signal.pk], DAY)
    assert breakdown.by_label(counted) == {"true": 20, "false": 105}
    assert breakdown.sizes(counted) == {"true": 50.0, "false": 150.0}
    assert breakdown.is_mixed(counted)
    version = signal.live_version
    assert version is not None
    shown = {s.name: (s.n, s.size) for s in breakdown.segments(version, counted)}
    assert shown == {"true": (20, 50.0), "false": (105, 150.0)}
    figure = charts.over_time(version, counted, DAY, UTC, NOON)
    assert {bar["name"]: sum(bar["y"]) for bar in figure["data"]} == {"true": 50, "false": 150}
    spread = distribution.distribution(signal, DAY.start, DAY.end)
    assert distribution.shares(spread.weights, ["true"]) == {"true": 0.25}
    assert spread.labels == {"true": 20, "false": 105}


@pytest.mark.django_db
def test_with_one_rate_the_chart_shows_the_labels_themselves(signal: Signal) -> None:
    label(signal, "true", 3, at=NOON - HOUR, sample_rate=0.25)
    label(signal, "false", 5, at=NOON - 2 * HOUR, sample_rate=0.25)
    version, counted = signal.live_version, counts.in_window(signal.project_id, [signal.pk], DAY)
    assert version is not None
    assert not breakdown.is_mixed(counted)
    figure = charts.over_time(version, counted, DAY, UTC, NOON)
    assert {bar["name"]: sum(bar["y"]) for bar in figure["data"]} == {"true": 3, "false": 5}
    assert breakdown.sizes(counted) == {"true": 12.0, "false": 20.0}


@pytest.mark.django_db
def test_a_run_over_all_of_it_makes_every_label_stand_for_one(signal: Signal) -> None:
    """Live labels are the first tenth of the hash order, the run's are the rest."""
    version = signal.live_version
    assert version is not None
    run = Run.objects.create(
        project=signal.project, signal=signal, version=version, start=NOON - 3 * HOUR, end=NOON,
        sample_rate=1.0, state=Run.State.DONE,
    )  # fmt: skip
    label(signal, "true", 10, at=NOON - 0.5 * HOUR, sample_rate=0.1)
    label(signal, "false", 90, at=NOON - 0.5 * HOUR, source="run", run_id=run.pk, sample_rate=1.0)
    label(signal, "true", 4, at=NOON - 4.5 * HOUR, sample_rate=0.1)
    counted = counts.in_window(signal.project_id, [signal.pk], DAY)
    at = {each.bucket: each.size for each in counted if each.label == "true"}
    assert sorted(at.values()) == [10.0, 40.0]
    assert breakdown.sizes(counted)["false"] == 90.0
    Run.objects.update(state=Run.State.CANCELLED)
    counted = counts.in_window(signal.project_id, [signal.pk], DAY)
    assert breakdown.sizes(counted)["true"] == pytest.approx(140.0)


def test_a_run_counts_for_its_version_and_where_it_covers_half() -> None:
    now = timezone.now()
    some = Some(1, "live", 0.1, 5)
    for version, begin, expected in ((1, 0.5, 0.8), (1, 0.6, 0.1), (2, 0.0, 0.1)):
        cover = Cover(version, now + begin * HOUR, now + 9 * HOUR, 0.8)
        assert chance(some, now, now + HOUR, [cover]) == expected
    assert chance(Some(1, "run", 0.9, 5), now, now + HOUR, [Cover(1, now, now + HOUR, 0.8)]) == 0.9
