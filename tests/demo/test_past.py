"""The history is written once, however often it is loaded."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from core.ids import session_key
from demo import past, people
from demo.recording import conversations
from demo.traffic import HISTORY, Visit, history
from teams.models import Project
from traces import transcript
from traces.ingest import writer
from traces.models import Agent, Session, Span, Trace
from traces.records import StoredSpan
from traces.store import reading

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

FEW = conversations()[:25]


@pytest.fixture
def project() -> Project:
    return people.ensure_project(people.ensure_user())


def counts(project: Project) -> tuple[int, int, int]:
    return (
        Span.objects.filter(project_id=project.pk).count(),
        Trace.objects.filter(project_id=project.pk).count(),
        Session.objects.filter(project_id=project.pk).count(),
    )


def test_the_whole_history_is_loaded(project: Project) -> None:
    past.load(project, conversations())
    assert counts(project) == (5079, 1461, 200)
    rewards = Trace.objects.filter(project_id=project.pk).values_list("metadata", "session_id")
    known = {session: metadata["tau_bench.reward"] for metadata, session in rewards}
    assert sorted(known.values()) == [0.0] * 116 + [1.0] * 84


def test_loading_the_history_twice_adds_nothing(project: Project) -> None:
    past.load(project, FEW)
    first = counts(project)
    past.load(project, FEW)
    assert counts(project) == first
    assert first[2] == len(FEW)


def test_a_history_that_was_interrupted_is_completed(project: Project) -> None:
    for visit in history(FEW, project.created_at)[:3]:
        writer.write(connection.connection, project.pk, visit.records(), visit.end)
    past.load(project, FEW)
    turns = sum(len(conversation.turns) for conversation in FEW)
    assert counts(project)[1:] == (turns, len(FEW))


def test_everything_of_the_history_is_due_to_settle_at_once(project: Project) -> None:
    past.load(project, FEW)
    now = timezone.now()
    assert not Trace.objects.filter(project_id=project.pk).exclude(due_at__lt=now).exists()
    assert not Session.objects.filter(project_id=project.pk).exclude(due_at__lt=now).exists()
    times = Trace.objects.filter(project_id=project.pk).values_list("start_time", flat=True)
    assert project.created_at - HISTORY < min(times) < max(times) < now - timedelta(minutes=10)


def test_the_reward_is_in_no_transcript(project: Project) -> None:
    past.load(project, FEW)
    agent = Agent.objects.get(project=project)
    for visit in history(FEW, project.created_at):
        told = transcript.of_session(traces_of(project, agent, visit))
        assert told.has_content
        assert "reward" not in repr(told)
        assert "tau_bench" not in repr(told)


def test_a_sessions_transcript_tells_what_was_said_and_done_in_order(project: Project) -> None:
    past.load(project, FEW)
    agent = Agent.objects.get(project=project)
    for visit in history(FEW, project.created_at):
        told = transcript.of_session(traces_of(project, agent, visit)).entries
        said = [(each.role, each.text) for each in told if each.kind == "message"]
        called = [(each.name, each.arguments) for each in told if each.kind == "tool_call"]
        recorded = visit.conversation.spoken_messages()
        assert said == [
            (message["role"], message["content"])
            for message in recorded
            if message["role"] != "tool" and message["content"]
        ]
        assert called == [
            (call["function"]["name"], call["function"]["arguments"])
            for message in recorded
            for call in message.get("tool_calls") or ()
        ]


def traces_of(project: Project, agent: Agent, visit: Visit) -> list[list[StoredSpan]]:
    turns = reading.turns_of_session(project.pk, session_key(agent.pk, visit.session_id))
    found = reading.spans_of_traces(project.pk, [turn.trace_id for turn in turns])
    return list(found.values())
