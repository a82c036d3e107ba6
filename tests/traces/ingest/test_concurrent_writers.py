"""Writers that meet on the same traces wait for each other, and count everything once."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import psycopg
import pytest
from django.db import connection, transaction
from django.db.models import Sum

from teams.models import Project
from tests.traces.making import NOW, a_project, span
from traces.ingest import agent_ids
from traces.ingest.writer import write
from traces.models import Agent, AgentTrace, Session, Span, Trace
from traces.receiving.pool import connection_words
from traces.records import SpanRecord
from traces.settling import claim_sessions, claim_traces

pytestmark = pytest.mark.django_db(transaction=True)

TRACES = range(1, 9)


def traffic() -> list[SpanRecord]:
    """Eight traces of two agents in three sessions, six spans each."""
    made = []
    for trace in TRACES:
        agent = f"agent {trace % 2}"
        made.append(span(1, trace=trace, agent=agent, session=f"s{trace % 3}"))
        made += [
            span(number, parent=1, trace=trace, kind="LLM", tokens=(10, 1))
            for number in range(2, 7)
        ]
    return made


def in_threads(works: list[Callable[[], None]]) -> list[BaseException]:
    """Run all at once; returns what they raised."""
    errors: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    return errors


def writer(project: Project, seed: int) -> Callable[[], None]:
    """Sends all spans in batches of its own order, and then all of them again."""
    chance = random.Random(seed)
    spans = traffic()
    chance.shuffle(spans)

    def work() -> None:
        with psycopg.connect(**connection_words()) as raw:
            for at in range(0, len(spans), 5):
                write(raw, project.pk, spans[at : at + 5], NOW)
            write(raw, project.pk, spans, NOW)

    return work


def test_many_writers_of_the_same_spans_store_each_once() -> None:
    agent_ids.forget()
    project = a_project()
    assert in_threads([writer(project, seed) for seed in range(6)]) == []
    assert Span.objects.filter(project_id=project.pk).count() == 48
    sums = Trace.objects.filter(project_id=project.pk).aggregate(
        spans=Sum("span_count"), calls=Sum("llm_count"), tokens=Sum("input_tokens")
    )
    assert sums == {"spans": 48, "calls": 40, "tokens": 400}
    assert Agent.objects.filter(project=project).count() == 2
    assert AgentTrace.objects.filter(project_id=project.pk).count() == 8
    assert Session.objects.filter(project_id=project.pk).count() == 6


def test_writers_and_settlers_do_not_stop_each_other() -> None:
    agent_ids.forget()
    project = a_project()
    settled: list[object] = []

    def settler() -> None:
        for _ in range(30):
            with transaction.atomic():
                settled.extend(claim_traces(NOW.replace(year=2027), 5))
            with transaction.atomic():
                claim_sessions(NOW.replace(year=2027), 5)

    works = [writer(project, seed) for seed in range(4)] + [settler, settler]
    assert in_threads(works) == []
    assert Span.objects.filter(project_id=project.pk).count() == 48
    assert settled
    settler()
    tokens = Trace.objects.filter(project_id=project.pk).aggregate(tokens=Sum("input_tokens"))
    assert tokens["tokens"] == 400
    parts = AgentTrace.objects.filter(project_id=project.pk).aggregate(tokens=Sum("input_tokens"))
    assert parts["tokens"] == 400


def test_two_writers_that_meet_a_span_with_a_broken_clock_store_it_once() -> None:
    project = a_project()
    bad = span(1, start_ns=0, end_ns=0)

    def work() -> None:
        with psycopg.connect(**connection_words()) as raw:
            write(raw, project.pk, [bad], NOW.replace(second=random.randrange(60)))

    assert in_threads([work] * 8) == []
    assert Span.objects.filter(project_id=project.pk).count() == 1
