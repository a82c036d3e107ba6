"""Spans lie in weekly tables that are made when needed, and go with their week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from core.time_range.unix_time import microseconds_of
from tests.traces.making import NOW, a_project, send, span, the_trace
from traces.models import AgentTrace, Session, Span, Trace
from traces.store import partitions, retention

pytestmark = pytest.mark.django_db


def weeks() -> list[datetime]:
    with connection.cursor() as cursor:
        return partitions.existing(cursor)


def at(moment: datetime) -> dict[str, Any]:
    start = microseconds_of(moment) * 1000
    return {"start_ns": start, "end_ns": start + 1000}


def test_a_week_begins_on_monday_in_utc() -> None:
    sunday = datetime(2026, 6, 7, 23, 59, tzinfo=UTC)
    assert partitions.week_of(sunday) == datetime(2026, 6, 1, tzinfo=UTC)
    assert partitions.week_of(sunday + timedelta(minutes=1)) == datetime(2026, 6, 8, tzinfo=UTC)


def test_partitions_are_made_for_the_spans_that_come() -> None:
    project = a_project()
    old = NOW - timedelta(days=200)
    send(project, span(1, **at(old)), span(1, trace=2))
    assert {partitions.week_of(old), partitions.week_of(NOW)} <= set(weeks())


def test_partitions_are_made_ahead() -> None:
    with connection.cursor() as cursor:
        partitions.make_ahead(cursor, NOW)
        partitions.make_ahead(cursor, NOW)
    made = {partitions.week_of(NOW) + partitions.WEEK * number for number in range(4)}
    assert made <= set(weeks())


def test_a_partition_that_was_dropped_is_made_again() -> None:
    project = a_project()
    send(project, span(1))
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {partitions.name_of(partitions.week_of(NOW))}")
    assert send(project, span(1, trace=2)).inserted == 1


def test_a_span_is_found_by_one_partition_only() -> None:
    project = a_project()
    send(project, span(1, **at(NOW - timedelta(days=30))), span(1, trace=2))
    trace = the_trace(project, 2)
    mine = Span.objects.filter(project_id=project.pk, trace_id=trace.trace_id)
    plan = mine.filter(start_time__range=(trace.start_time, trace.end_time)).explain()
    assert plan.count("Scan") == 1
    assert partitions.name_of(partitions.week_of(NOW)) in plan


def test_retention_drops_what_is_older_and_keeps_the_rest() -> None:
    project = a_project()
    old = NOW - timedelta(days=60)
    send(project, span(1, agent="support", session="old", **at(old)))
    send(project, span(1, trace=2, agent="support", session="new"))
    assert retention.drop_older_than(NOW, 30) == 1
    assert partitions.week_of(old) not in weeks()
    for table in (Trace, AgentTrace, Session, Span):
        assert table.objects.filter(project_id=project.pk).count() == 1
    assert send(project, span(1, trace=3, **at(old))).inserted == 1


@pytest.mark.parametrize(
    ("statement", "table", "first_columns"),
    [
        (retention.TRACES, "trace", "project_id, start_time"),
        (retention.SESSIONS, "session", "project_id, start_time"),
        (retention.LOGS, "span_log", "received_at"),
    ],
)
def test_old_rows_are_found_by_an_index_that_every_version_can_use(
    statement: str, table: str, first_columns: str
) -> None:
    """The first columns of an index are asked for, so that PostgreSQL 17 needs no skip scan."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = %s", [table])
        indexes = [definition for (definition,) in cursor.fetchall()]
    *equal, ranged = first_columns.split(", ")
    assert all(f"{column} = %(project)s" in statement for column in equal)
    assert f"{ranged} < %(cutoff)s" in statement
    assert any(f"({first_columns}" in definition for definition in indexes), indexes


def test_without_retention_everything_stays() -> None:
    project = a_project()
    send(project, span(1, **at(NOW - timedelta(days=390))))
    assert retention.drop_older_than(NOW, 0) == 0
    assert Span.objects.filter(project_id=project.pk).count() == 1
