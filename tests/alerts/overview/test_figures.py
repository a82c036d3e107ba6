"""A day's figures from real rows: the member's own midnight, live labels, spend, few queries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.overview import due_times, figures
from signals_app.definition import states, versions
from signals_app.models import Run, Trial, TrialResult
from tests.alerts.overview.days import (
    DAY,
    NOON,
    NOW,
    a_project,
    a_signal,
    fired,
    labelled,
)
from tests.signals_app.labelled import label

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = timedelta(minutes=1)


def of(project: Any, zone: str = "Europe/Berlin", now: datetime = NOW) -> Any:
    return figures.of_day(project, due_times.reported(now, ZoneInfo(zone)))


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [
        pytest.param("Europe/Berlin", datetime(2026, 11, 23, 23, tzinfo=UTC), id="a whole hour"),
        pytest.param("Asia/Kathmandu", datetime(2026, 11, 23, 18, 15, tzinfo=UTC), id="a quarter"),
        pytest.param("Asia/Kolkata", datetime(2026, 11, 23, 18, 30, tzinfo=UTC), id="a half"),
    ],
)
def test_the_day_is_cut_at_the_members_midnight(zone: str, midnight: datetime) -> None:
    signal = a_signal(a_project())
    label(signal, "true", 3, at=midnight)  # a second apart, the last at midnight itself
    label(signal, "true", 1, at=midnight + DAY - timedelta(seconds=1))
    label(signal, "true", 1, at=midnight + DAY)
    found = of(signal.project, zone)
    assert (found.labels, found.labels_before) == (2, 2)
    assert found.bars[0].labels == 1
    assert found.bars[-1].labels == 1


def test_labels_failures_and_firings_stand_on_the_card_of_their_signal() -> None:
    project = a_project()
    frustration, outcome = a_signal(project), a_signal(project, "task_outcome")
    labelled(frustration, {"true": 30, "false": 70}, {"true": 10, "false": 90})
    label(frustration, None, 2, at=NOON)
    label(frustration, None, 1, at=NOON, outcome="refused")
    label(frustration, None, 4, at=NOON - DAY)
    labelled(outcome, {"completed": 5})
    fired(outcome)
    fired(outcome, NOON - DAY)
    found = of(project)
    cards = {card.signal.name: card for card in found.cards}
    first, second = cards[frustration.name], cards[outcome.name]
    assert (first.labels, first.labels_before) == (100, 100)
    assert dict(first.unlabelled) == {"failed": 2, "refused": 1, "skipped": 0}
    assert round(first.moves[0].points, 6) == 20
    assert (second.labels, second.firings) == (5, 1)
    assert (found.labels, found.firings) == (105, 1)


def test_what_a_manual_run_labelled_is_in_no_share_but_in_the_spend() -> None:
    """It counts its labels at the times of their targets, and costs when it is made."""
    project = a_project()
    signal = a_signal(project)
    labelled(signal, {"true": 2, "false": 8})
    assert signal.live_version is not None
    run = Run.objects.create(
        project=project,
        signal=signal,
        version=signal.live_version,
        start=NOON - 9 * DAY,
        end=NOON - 8 * DAY,
        sample_rate=1.0,
    )
    Run.objects.update(created_at=NOON)
    ran: dict[str, Any] = {"source": "run", "run_id": run.pk, "cost_usd": 0.25, "created_at": NOON}
    label(signal, "true", 4, at=NOON, **ran)
    label(signal, "true", 1, at=NOON, **(ran | {"created_at": NOON - DAY}))
    found = of(project)
    assert found.labels == 10
    assert (found.spend.cost_usd, found.spend.calls) == (1.0, 14)


def test_spend_is_summed_by_signal_and_an_unknown_price_is_told_apart() -> None:
    project = a_project()
    signal = a_signal(project)
    label(signal, "true", 3, at=NOON, cost_usd=0.5, input_tokens=100, output_tokens=7)
    label(signal, "true", 2, at=NOON)
    label(signal, None, 2, at=NOON, outcome="skipped")
    label(signal, "true", 5, at=NOON - DAY, cost_usd=9.0)
    spend = of(project).cards[0].spend
    assert (spend.cost_usd, spend.priced, spend.calls) == (1.5, 3, 5)
    assert (spend.input_tokens, spend.output_tokens) == (300, 21)


def test_a_question_that_was_only_tried_is_in_the_projects_spend() -> None:
    project = a_project()
    signal = a_signal(project)
    labelled(signal, {"true": 1})
    trial = Trial.objects.create(
        project=project,
        agent=signal.agent,
        scope="trace",
        type="binary",
        prompt="?",
        labels=[],
        start=NOON,
        end=NOON,
        asked_for=2,
        created_at=NOON,
    )
    for position, outcome in enumerate(("labelled", "")):
        TrialResult.objects.create(
            trial=trial,
            position=position,
            target=f"00000000-0000-0000-0000-00000000000{position}",
            target_time=NOON,
            outcome=outcome,
            cost_usd=2.0 if outcome else None,
        )
    found = of(project)
    assert (found.spend.cost_usd, found.spend.calls) == (2.0, 2)
    assert found.cards[0].spend.calls == 1


def test_active_signals_are_listed_and_others_only_with_news() -> None:
    project = a_project()
    a_signal(project, name="Asks, hears nothing")
    a_signal(project, name="Draft", active=False)
    stopped = a_signal(project, name="Stopped at noon")
    labelled(stopped, {"true": 3})
    states.pause(stopped, None, NOW)
    found = of(project)
    assert [card.signal.name for card in found.cards] == ["Stopped at noon", "Asks, hears nothing"]
    assert found.active_signals == 1


def test_labels_of_an_older_version_keep_their_rate_and_their_sentiment() -> None:
    project = a_project()
    signal = a_signal(project, sample_rate=0.5)
    labelled(signal, {}, {"true": 10, "false": 10})
    assert signal.live_version is not None
    old = signal.live_version
    new = versions.add(signal, type=old.type, prompt="Is it?", labels=old.labels, sample_rate=1.0)
    signal.refresh_from_db()
    label(signal, "true", 20, at=NOON)
    label(signal, "false", 20, at=NOON)
    card = of(project).cards[0]
    assert (card.volume, card.volume_before) == (40, 40)
    assert card.new_versions == (new.number,)


def test_another_projects_labels_are_not_seen() -> None:
    theirs = a_signal(a_project("Theirs"))
    labelled(theirs, {"true": 9})
    fired(theirs)
    assert of(a_project("Ours")).is_empty


def test_the_queries_are_as_many_whatever_the_number_of_signals() -> None:
    def queries(project: Any) -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            of(project)
        return len(seen)

    small, large = a_project("Small"), a_project("Large")
    for project, n in ((small, 1), (large, 12)):
        for number in range(n):
            signal = a_signal(project, name=f"Signal {number}")
            label(signal, "true", 2, at=NOON, cost_usd=1.0)
            fired(signal)
    assert queries(large) == queries(small) <= 8
