"""Signals, labels, runs and what waits follow an agent that is merged, and come back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from core.ids import session_key
from signals_app.labels import count_changes
from signals_app.models import Classification, JudgeJob, LabelCount, Remark, Signal, Trial
from signals_app.queue import queueing
from signals_app.runs import runs
from tests.signals_app.labelled import label, new_signal
from tests.signals_app.waiting import job_of
from tests.traces.making import NOW, a_project, send, settle, span, trace_id
from traces.agents import followers, merging
from traces.ingest import agent_ids
from traces.models import Agent, Trace
from traces.settling import claim_sessions

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=2)


@pytest.fixture
def two() -> tuple[Agent, Agent]:
    agent_ids.forget()
    project = a_project()
    for number, name in enumerate(("old", "new", "old"), start=1):
        send(project, span(1, trace=number, agent=name, kind="LLM", session=f"s{number % 2}"))
    settle()
    claim_sessions(LATER, 100)
    return project.agents.get(name="old"), project.agents.get(name="new")


def rows(of: type[Any], *left_out: str) -> list[Any]:
    names = [f.name for f in of._meta.concrete_fields if f.name not in ("pk", *left_out)]
    return sorted(map(repr, of.objects.values_list(*names)))


def all_of() -> list[list[Any]]:
    return [
        rows(Signal),
        rows(Classification),
        rows(LabelCount),
        rows(JudgeJob),
        rows(Trial),
        rows(Remark),
    ]


def test_signals_and_labels_are_the_other_agents_and_no_label_is_there_twice(two: Any) -> None:
    old, new = two
    signal = new_signal(old, name="Anger", scope="trace")
    (row,) = label(signal, "true", target=trace_id(1))
    counts = rows(LabelCount)
    merging.merge(old, new, None, LATER)
    signal.refresh_from_db()
    assert (signal.agent_id, signal.state) == (new.pk, "active")
    classification = Classification.objects.get(project_id=row.project_id)
    assert (classification.agent_id, classification.target, classification.label) == (
        new.pk,
        trace_id(1),
        "true",
    )
    assert rows(LabelCount) == counts
    count_changes.recount()
    assert rows(LabelCount) == counts


def test_the_label_of_a_session_stands_on_the_session_that_it_became(two: Any) -> None:
    old, new = two
    signal = new_signal(old, scope="session", name="Mood")
    label(signal, "true", target=session_key(old.pk, "s1"))
    merging.merge(old, new, None, LATER)
    assert Classification.objects.get().target == session_key(new.pk, "s1")


def test_an_undo_brings_back_signals_labels_counts_and_what_waits(two: Any) -> None:
    old, new = two
    for agent in two:
        signal = new_signal(agent, name="Anger", scope="session")
        label(signal, "true", target=session_key(agent.pk, "s1"))
        new_signal(agent, name="Outcome", scope="trace")
    waits(Signal.objects.get(agent=old, name="Outcome"), trace_id(3))
    waits(Signal.objects.get(agent=old, name="Anger"), session_key(old.pk, "s1"), revision=2)
    mood = Signal.objects.get(agent=old, name="Anger")
    Remark.objects.create(
        project_id=old.project_id, id="r", signal_id=mood.pk, scope="session", label="true",
        target=session_key(old.pk, "s1"), at=NOW, received_at=NOW,
    )  # fmt: skip
    before = all_of()
    made = merging.merge(old, new, None, LATER)
    assert all_of() != before
    assert set(JudgeJob.objects.values_list("agent_id", flat=True)) == {new.pk}
    assert Remark.objects.get().target == session_key(new.pk, "s1")
    merging.undo(made, LATER + timedelta(hours=1))
    assert all_of() == before


def test_a_signal_whose_name_is_taken_bears_that_of_its_agent(two: Any) -> None:
    old, new = two
    kept, moved = new_signal(new, name="Anger"), new_signal(old, name="Anger")
    archived = new_signal(old, name="Gone", active=False)
    Signal.objects.filter(pk=archived.pk).update(state="archived")
    made = merging.merge(old, new, None, LATER)
    names = dict(Signal.objects.filter(agent=new).values_list("pk", "name"))
    assert names == {kept.pk: "Anger", moved.pk: "Anger (old)", archived.pk: "Gone"}
    merging.undo(made, LATER)
    moved.refresh_from_db()
    assert (moved.agent_id, moved.name) == (old.pk, "Anger")


def test_a_signal_keeps_the_sample_that_it_drew(two: Any) -> None:
    old, new = two
    signal = new_signal(old, name="Anger")
    salt = signal.sampling_salt
    made = merging.merge(old, new, None, LATER)
    assert Signal.objects.get(pk=signal.pk).sampling_salt == salt
    merging.undo(made, LATER)
    assert Signal.objects.get(pk=signal.pk).salt == ""


def test_what_settles_after_a_merge_is_judged_by_the_signals_of_both(two: Any) -> None:
    old, new = two
    signals = {new_signal(agent, name=agent.name, scope="trace").pk for agent in two}
    merging.merge(old, new, None, LATER)
    send(old.project, span(1, trace=9, agent="old", kind="LLM"), now=LATER)
    queueing.settle_and_queue(LATER + timedelta(hours=1))
    jobs = JudgeJob.objects.filter(target=trace_id(9))
    assert set(jobs.values_list("signal_id", flat=True)) == signals
    assert Trace.objects.get(trace_id=trace_id(9)).agent_id == new.pk


def test_what_the_judge_is_asked_about_a_session_right_now_is_asked_again(two: Any) -> None:
    old, new = two
    signal = new_signal(old, name="Mood", scope="session")
    waits(signal, session_key(old.pk, "s1"), leased=True)
    merging.merge(old, new, None, LATER)
    job = JudgeJob.objects.get()
    assert (job.target, job.lease_token) == (session_key(new.pk, "s1"), None)


def test_merging_again_after_an_undo_leaves_no_second_label(two: Any) -> None:
    old, new = two
    signal = new_signal(old, scope="session", name="Mood")
    label(signal, "true", target=session_key(old.pk, "s1"))
    made = merging.merge(old, new, None, LATER)
    merging.undo(made, LATER)
    label(signal, "false", target=session_key(new.pk, "s1"))  # as if judged in between
    merging.merge(old, new, None, LATER)
    assert Classification.objects.count() == 2
    current = Classification.objects.filter(target=session_key(new.pk, "s1"), is_current=True)
    assert current.count() == 1


def test_the_question_before_a_merge_says_what_will_follow(two: Any) -> None:
    old, _ = two
    assert followers.following(old) == []
    label(new_signal(old, name="Anger"), "true", 3)
    assert followers.following(old) == ["1 signal with 3 labels"]


def waits(signal: Signal, target: UUID, revision: int = 1, leased: bool = False) -> None:
    now = timezone.now()
    assert signal.live_version_id is not None
    queueing.insert([job_of(signal, target, now, revision)], now)
    if leased:
        JudgeJob.objects.update(lease_until=now, lease_token=uuid4())


def test_a_run_that_is_under_way_goes_on_and_asks_nothing_twice(two: Any) -> None:
    old, new = two
    signal = new_signal(old, name="Outcome", scope="trace")
    run = runs.start(signal, NOW - timedelta(hours=1), LATER, None, None, LATER)
    while runs.feed(LATER):
        pass
    queued = set(JudgeJob.objects.values_list("target", flat=True))
    assert queued == {trace_id(1), trace_id(3)}
    merging.merge(old, new, None, LATER)
    while runs.feed(LATER):
        pass
    run.refresh_from_db()
    jobs = JudgeJob.objects.filter(run_id=run.pk)
    assert {(job.target, job.agent_id) for job in jobs} == {(each, new.pk) for each in queued}
    assert run.state == "running"


def test_a_run_that_has_queued_nothing_yet_takes_all_of_the_agent_that_it_became(two: Any) -> None:
    old, new = two
    signal = new_signal(old, name="Outcome", scope="trace")
    runs.start(signal, NOW - timedelta(hours=1), LATER, None, None, LATER)
    merging.merge(old, new, None, LATER)
    while runs.feed(LATER):
        pass
    assert JudgeJob.objects.filter(agent_id=new.pk).count() == 3
