"""Counts by minute go after 60 days, and nobody who asks for counts sees any difference."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.evaluation import window_counts
from alerts.evaluation.window_counts import Asked
from core.time_range.windows import Window
from signals_app import tasks
from signals_app.labels import count_changes, counts, minutes
from signals_app.models import Classification, LabelCount, Signal
from tests.signals_app.labelled import label, new_agent, new_signal
from tests.traces.arrivals import new_project

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 25, 12, 34, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
HORIZON = NOW - minutes.MINUTES_KEPT

#: Places around which labels lie: long ago, about the horizon, and of late.
PLACES = (NOW - 200 * DAY, NOW - 61 * DAY, HORIZON - HOUR, HORIZON, HORIZON + HOUR, NOW - 2 * DAY)


@pytest.fixture
def signal() -> Signal:
    """With labels by the live judge and by runs, some of which were superseded."""
    chance = random.Random(4)
    signal = new_signal(new_agent(new_project()))
    for place in PLACES:
        for _ in range(12):
            at = place + timedelta(seconds=chance.randrange(-7200, 7200))
            name = chance.choice(["true", "false", None])
            more: dict[str, Any] = {
                "source": chance.choice(["live", "run"]),
                "is_current": chance.random() < 0.8,
            }
            label(signal, name, at=at, target_time=at, **more)
    return signal


def windows() -> list[Window]:
    """Of steps from a minute to a day, over each of the places."""
    found = []
    for place in PLACES:
        for length in (HOUR, 6 * HOUR, 24 * HOUR, 30 * DAY):
            found.append(Window.covering(place - length / 2, place + length / 2))
    assert {window.step < HOUR for window in found} == {True, False}
    return found


def everything(signal: Signal) -> list[Any]:
    """What charts, tables and alerts make of the counts."""
    asked: list[Any] = []
    for window in windows():
        key = signal.project_id, [signal.pk], window
        asked.append(sorted(counts.in_window(*key), key=repr))
        asked.append(counts.totals(*key))
        for with_runs in (False, True):
            for name in ("true", ""):
                args = signal, name, window.start, min(window.end, window.start + 31 * DAY)
                asked.append(window_counts.series(*args, with_runs=with_runs))
    for length in (MINUTE, HOUR + 7 * MINUTE, 48 * HOUR):
        one = Asked(signal.project_id, signal.pk, NOW - 2 * length, NOW - length)
        asked.append(window_counts.answers([one]))
    return asked


def rows() -> set[tuple[Any, ...]]:
    return set(LabelCount.objects.exclude(n=0).values_list())


def test_all_questions_have_the_same_answers_when_old_minutes_are_gone(signal: Signal) -> None:
    before, hours = everything(signal), {row for row in rows() if row[2] == "h"}
    is_old = {row[3] < HORIZON - minutes.SLACK for row in rows() if row[2] == "m"}
    assert is_old == {True, False}
    assert minutes.fold(NOW) > 0
    assert everything(signal) == before
    assert {row for row in rows() if row[2] == "h"} == hours
    assert all(row[3] >= HORIZON - minutes.SLACK for row in rows() if row[2] == "m")


def test_a_recount_counts_no_minutes_that_are_not_kept(signal: Signal) -> None:
    before = everything(signal)
    minutes.fold(NOW)
    count_changes.recount()
    assert all(row[3] >= HORIZON - HOUR for row in rows() if row[2] == "m")
    assert everything(signal) == before
    assert minutes.fold(NOW) == 0


def test_a_run_over_the_past_counts_right_before_and_after_the_next_fold(signal: Signal) -> None:
    minutes.fold(NOW)
    at = PLACES[0]
    target = label(signal, "true", at=at, source="run")[0]
    window = Window.covering(at - HOUR, at + HOUR)
    asked = signal.project_id, [signal.pk], window
    of_all = counts.totals(*asked)
    # As a completion does: its counts change by minute and hour, the minutes' rows being gone.
    counted = count_changes.Counted(
        *(target.project_id, target.signal_id, target.version_id, "run", "labelled", "true", at),
        sample_rate=target.sample_rate,
    )
    Classification.objects.filter(id=target.id).update(is_current=False)
    count_changes.apply(count_changes.changes([counted], -1))
    assert sum(row[-1] for row in counts.totals(*asked)) == sum(row[-1] for row in of_all) - 1
    left = counts.totals(*asked)
    assert minutes.fold(NOW) == 1
    assert counts.totals(*asked) == left


def test_each_signal_is_folded_and_a_batch_at_a_time(
    signal: Signal, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = new_signal(signal.agent, name="Another")
    label(other, "true", times=3, at=PLACES[0])
    monkeypatch.setattr(minutes, "BATCH", 2)
    minutes.fold(NOW)
    assert not LabelCount.objects.filter(grain="m", bucket__lt=HORIZON - HOUR).exists()
    assert LabelCount.objects.filter(signal_id=other.pk, grain="h").exists()


def test_the_task_folds(signal: Signal) -> None:
    tasks.fold_minutes()
    assert not LabelCount.objects.filter(grain="m", bucket__lt=HORIZON - HOUR).exists()
