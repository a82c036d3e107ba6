"""A run judges the past once, in bites, and ends by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from signals_app.definition import states
from signals_app.models import Classification, JudgeJob, LabelCount, Run, Signal
from signals_app.runs import runs
from tests.signals_app import conversations
from tests.signals_app.conftest import StartJudge

Line = Callable[..., list[Classification]]
pytestmark = pytest.mark.django_db(transaction=True)


def feed_all() -> None:
    while runs.feed(timezone.now()):
        pass


def start(signal: Signal, rate: float | None = None, hours: int = 5) -> Run:
    now = timezone.now()
    return runs.start(signal, now - timedelta(hours=hours), now, rate, None, now)


@pytest.mark.parametrize(("scope", "count"), [("trace", 5), ("span", 5), ("session", 1)])
def test_a_run_judges_what_settled_before_the_signal_was_there(
    scope: str, count: int, start_judge: StartJudge, run_line: Line
) -> None:
    start_judge()
    project = conversations.project()
    conversations.send_traces(project, 5, now=timezone.now(), session="s")
    run_line(pumps=0)
    signal = conversations.signal(project, scope=scope)
    run = start(signal)
    feed_all()
    found = run_line()
    feed_all()
    run.refresh_from_db()
    assert [(each.source, each.run_id) for each in found] == [("run", run.pk)] * count
    assert all(each.counted_at == each.target_time < each.created_at for each in found)
    assert (run.state, run.matched, run.queued) == (Run.State.DONE, count, count)
    assert run.finished_at is not None
    assert LabelCount.objects.filter(source="live").count() == 0


def test_a_run_passes_over_what_was_labelled_under_its_version(
    start_judge: StartJudge, run_line: Line
) -> None:
    judge = start_judge()
    project = conversations.project()
    signal = conversations.signal(project)
    conversations.send_traces(project, 4, now=timezone.now())
    assert len(run_line()) == 4
    run = start(signal)
    feed_all()
    feed_all()
    run.refresh_from_db()
    assert (run.state, run.matched, run.queued) == (Run.State.DONE, 4, 0)
    assert len(judge.requests) == 4


def test_a_run_goes_on_from_its_cursor_in_bites(
    start_judge: StartJudge, run_line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_judge()
    monkeypatch.setattr(runs, "BITE", 3)
    project = conversations.project()
    conversations.send_traces(project, 8, now=timezone.now())
    run_line(pumps=0)
    signal = conversations.signal(project)
    run = start(signal)
    assert [runs.feed(timezone.now()) for _ in range(4)] == [3, 3, 2, 0]
    assert JudgeJob.objects.count() == 8
    assert Run.objects.get(pk=run.pk).queued_all


def test_a_run_takes_its_share_of_the_same_sample(start_judge: StartJudge, run_line: Line) -> None:
    start_judge()
    project = conversations.project()
    conversations.send_traces(project, 60, now=timezone.now())
    run_line(pumps=0)
    signal = conversations.signal(project)
    start(signal, rate=0.2)
    feed_all()
    some = {each.target for each in run_line()}
    start(signal, rate=0.5)
    feed_all()
    more = {each.target for each in run_line()}
    assert 0 < len(some) < len(more) < 60
    assert some < more


def test_a_window_is_half_open_and_another_agent_is_left_alone(
    start_judge: StartJudge, run_line: Line
) -> None:
    start_judge()
    project = conversations.project()
    now = timezone.now()
    conversations.send_traces(project, 2, now=now)
    conversations.send_traces(project, 2, now=now, agent="billing")
    run_line(pumps=0)
    signal = conversations.signal(project)
    at = now - timedelta(hours=1)
    outside = runs.start(signal, at - timedelta(hours=1), at, None, None, now)
    inside = runs.start(signal, at, at + timedelta(seconds=1), None, None, now)
    feed_all()
    outside.refresh_from_db()
    inside.refresh_from_db()
    assert (outside.matched, inside.matched) == (0, 2)


def test_a_cancelled_run_judges_nothing_more(start_judge: StartJudge, run_line: Line) -> None:
    judge = start_judge()
    project = conversations.project()
    conversations.send_traces(project, 3, now=timezone.now())
    run_line(pumps=0)
    run = start(conversations.signal(project))
    feed_all()
    assert runs.cancel(run, timezone.now()) == 3
    assert run_line() == []
    assert (run.state, judge.requests) == (Run.State.CANCELLED, [])


def test_pausing_the_signal_ends_its_runs(start_judge: StartJudge, run_line: Line) -> None:
    start_judge()
    project = conversations.project()
    conversations.send_traces(project, 3, now=timezone.now())
    run_line(pumps=0)
    signal = conversations.signal(project)
    run = start(signal)
    feed_all()
    assert states.pause(signal, None, timezone.now()) == 3
    run.refresh_from_db()
    assert run.state == Run.State.CANCELLED


@pytest.mark.parametrize("rate", [0.0, -1.0, 1.5, float("nan")])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    signal = conversations.signal(conversations.project())
    with pytest.raises(ValidationError, match="rate"):
        start(signal, rate=rate)


def test_a_window_that_ends_before_it_starts_is_refused() -> None:
    signal = conversations.signal(conversations.project())
    with pytest.raises(ValidationError, match="lies in the future"):
        start(signal, hours=-1)


def test_runs_of_several_signals_go_target_by_target(
    start_judge: StartJudge, run_line: Line
) -> None:
    judge = start_judge()
    project = conversations.project()
    conversations.send_traces(project, 60, now=timezone.now())
    run_line(pumps=0)
    signals = [conversations.signal(project, name=name) for name in ("one", "two", "three")]
    for signal in signals:
        start(signal)
    runs.feed(timezone.now())
    queued = list(JudgeJob.objects.order_by("available_at", "id").values_list("target", flat=True))
    assert len(queued) == 180
    blocks = [len(set(queued[place : place + 3])) for place in range(0, 180, 3)]
    assert blocks == [1] * 60
    found = run_line()
    assert len(found) == len(judge.requests) == 180
