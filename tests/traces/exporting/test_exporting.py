"""An export has the traces that a query names, all of their spans, in bounded memory."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from teams.models import Project
from tests.traces.arrivals import arrive, new_project, span, trace_id_of, turn
from traces.exporting import stored, which
from traces.exporting.exporting import chunks, count, export
from traces.models import Span, Trace
from traces.search.queries import TraceQuery

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY = TraceQuery(start=NOW - timedelta(days=1), end=NOW + timedelta(hours=1))


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch) -> Project:
    """Five traces, a minute apart; bounds so small that each batch and piece is cut."""
    monkeypatch.setattr(which, "KEYS_AT_ONCE", 2)
    monkeypatch.setattr(stored, "SPANS_AT_ONCE", 3)
    monkeypatch.setattr(stored, "PLACES_AT_ONCE", 4)
    project = new_project()
    for n in range(5):
        at = NOW - timedelta(minutes=10 - n)
        arrive(project, *turn(f"t{n}", at=at, session__id=f"s{n % 2}"))
    return project


def exported(project: Project, named: which.Which, oldest_first: bool = False) -> list[UUID]:
    """The trace of each flat line."""
    lines = b"".join(export(project, named, "flat", oldest_first)).splitlines()
    return [UUID(json.loads(line)["trace_id"]) for line in lines]


def twice(*numbers: int) -> list[UUID]:
    return [trace_id_of(f"t{n}") for n in numbers for _ in range(2)]


def test_traces_come_newest_or_oldest_first(project: Project) -> None:
    assert exported(project, DAY) == twice(4, 3, 2, 1, 0)
    assert exported(project, DAY, oldest_first=True) == twice(0, 1, 2, 3, 4)


def test_only_what_the_query_names_is_in_it(project: Project) -> None:
    query = TraceQuery(start=DAY.start, end=DAY.end, session_id="s1")
    assert exported(project, query) == twice(3, 1)
    assert (count(project, query), count(project, DAY)) == (2, 5)


def test_a_list_of_ids_keeps_its_order_and_knows_no_other_project(project: Project) -> None:
    other = new_project("Other")
    arrive(other, *turn("theirs"))
    ids = [trace_id_of(name) for name in ("t3", "theirs", "t0", "nowhere", "t3")]
    assert exported(project, ids) == twice(3, 0)
    assert count(project, ids) == 2


def test_a_trace_larger_than_memory_comes_whole_in_pieces(project: Project) -> None:
    arrive(project, *(span("t2", f"more {n}", "root", at=NOW) for n in range(50)))
    done = list(chunks(project, DAY, "otlp"))
    assert len(done) > 15
    spans = [
        one["spanId"]
        for chunk in done
        for line in chunk.data.splitlines()
        for resource in json.loads(line)["resourceSpans"]
        for scope in resource["scopeSpans"]
        for one in scope["spans"]
    ]
    assert len(spans) == len(set(spans)) == 60
    assert (done[-1].traces, done[-1].spans) == (5, 60)
    assert [chunk.spans for chunk in done] == sorted(chunk.spans for chunk in done)


def test_a_large_span_stands_alone(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "BYTES_AT_ONCE", 1)
    assert [chunk.spans for chunk in chunks(project, DAY, "flat")] == list(range(1, 11))


def test_what_retention_takes_meanwhile_is_left_out(project: Project) -> None:
    running = chunks(project, DAY, "flat")
    next(running)
    Trace.objects.of_project(project.pk).filter(trace_id=trace_id_of("t1")).delete()
    Span.objects.filter(project_id=project.pk, trace_id=trace_id_of("t0")).delete()
    ids = {json.loads(line)["trace_id"] for chunk in running for line in chunk.data.splitlines()}
    assert trace_id_of("t2").hex in ids
    assert not ids & {trace_id_of("t1").hex, trace_id_of("t0").hex}


def test_another_format_is_refused_at_once(project: Project) -> None:
    with pytest.raises(ValueError, match="csv"):
        export(project, DAY, "csv")


def test_nothing_is_an_empty_file(project: Project) -> None:
    assert exported(project, []) == []
    query = TraceQuery(start=NOW + timedelta(days=1), end=NOW + timedelta(days=2))
    assert (exported(project, query), count(project, query)) == ([], 0)
