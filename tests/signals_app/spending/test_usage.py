"""What judging came to and cost, by signal and day of a time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError

from signals_app.models import Run, Signal, Trial, TrialResult
from signals_app.spending import ledger
from signals_app.spending import usage as usage_module
from signals_app.spending.usage import DayOfSignal, usage
from teams.models import Project
from tests.signals_app.labelled import label, new_agent, new_signal
from tests.traces.arrivals import new_project, trace_id_of
from traces.search.statement_timeout import TookTooLong

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
START, END = NOON - timedelta(days=5), NOON + timedelta(days=5)
COST: dict[str, Any] = {"input_tokens": 1000, "output_tokens": 10, "cost_usd": 0.01}


def days(project: Project, zone: ZoneInfo | None = None, **more: list[int]) -> list[DayOfSignal]:
    return usage(project, START, END, zone or ZoneInfo("UTC"), **more).days


def test_labels_and_calls_without_one_are_summed_by_outcome(
    project: Project, signal: Signal
) -> None:
    label(signal, "true", 3, at=NOON, **COST)
    label(signal, None, 2, at=NOON, outcome="failed", input_tokens=500)
    label(signal, None, at=NOON, outcome="skipped", reason_code="cannot_tell", **COST)
    label(signal, None, 4, at=NOON, outcome="skipped")
    label(signal, "true", at=NOON, is_current=False, **COST)
    (day,) = days(project)
    assert (day.signal_id, day.day, day.source) == (signal.pk, date(2026, 3, 10), "live")
    assert day.outcomes == {"labelled": 4, "failed": 2, "cannot_tell": 1, "skipped": 4}
    assert (day.asked, day.priced) == (7, 5)
    assert (day.input_tokens, day.output_tokens) == (6000, 50)
    assert day.cost_usd == pytest.approx(0.05)


def test_a_day_is_one_of_the_time_zone(project: Project, signal: Signal) -> None:
    label(signal, "true", at=NOON.replace(hour=20))
    assert [day.day.day for day in days(project)] == [10]
    assert [day.day.day for day in days(project, ZoneInfo("Asia/Tokyo"))] == [11]
    assert [day.day.day for day in days(project, ZoneInfo("Asia/Kathmandu"))] == [11]


def test_a_run_costs_on_the_day_on_which_it_judged(project: Project, signal: Signal) -> None:
    assert signal.live_version is not None
    run = Run.objects.create(
        project=project, signal=signal, version=signal.live_version, start=START, end=END,
        sample_rate=1.0,
    )  # fmt: skip
    Run.objects.update(created_at=NOON - timedelta(hours=1))
    long_ago = NOON - timedelta(days=90)
    label(signal, "true", at=long_ago, source="run", run_id=run.pk, created_at=NOON, **COST)
    (day,) = days(project)
    assert (day.source, day.day, day.asked) == ("run", date(2026, 3, 10), 1)


def test_trials_stand_apart_also_those_of_no_signal(project: Project, signal: Signal) -> None:
    for of in (signal, None):
        trial = Trial.objects.create(
            project=project, agent=signal.agent, signal=of, scope="trace", type="binary",
            prompt="?", labels=[], start=START, end=END, asked_for=2, created_at=NOON,
        )  # fmt: skip
        for position, outcome in enumerate(("labelled", "")):
            TrialResult.objects.create(
                trial=trial, position=position, target=trace_id_of(str(position)),
                target_time=NOON, outcome=outcome, input_tokens=7,
            )  # fmt: skip
    ledger.rebuild()
    found = [(day.signal_id, day.source, day.outcomes, day.input_tokens) for day in days(project)]
    assert found == [
        (None, "trial", {"labelled": 1}, 7),
        (signal.pk, "trial", {"labelled": 1}, 7),
    ]
    assert [day.signal_id for day in days(project, signal_ids=[signal.pk])] == [signal.pk]


def test_only_the_window_the_signals_and_the_project_that_were_asked_for(
    project: Project, signal: Signal
) -> None:
    other = new_signal(signal.agent, name="Other")
    theirs = new_signal(new_agent(new_project("Theirs")))
    for each in (signal, other, theirs):
        label(each, "true", at=START)
        label(each, "true", at=START - timedelta(microseconds=1))
        label(each, "true", at=END)
    assert [day.signal_id for day in days(project)] == [signal.pk, other.pk]
    assert [day.signal_id for day in days(project, signal_ids=[other.pk, theirs.pk])] == [other.pk]
    assert [sum(day.outcomes.values()) for day in days(project)] == [1, 1]


def test_a_window_that_ends_before_it_begins_or_is_too_long_is_refused(project: Project) -> None:
    for start, end, field in ((END, START, "end"), (END - timedelta(days=401), END, "start")):
        with pytest.raises(ValidationError) as error:
            usage(project, start, end, ZoneInfo("UTC"))
        assert list(error.value.message_dict) == [field]


def test_what_takes_too_long_is_unknown_and_not_none(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_slow(*_values: object) -> None:
        raise TookTooLong

    monkeypatch.setattr(usage_module, "_rows", too_slow)
    found = usage(project, START, END, ZoneInfo("UTC"))
    assert (found.days, found.took_too_long) == ([], True)
