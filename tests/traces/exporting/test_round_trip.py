"""What is exported from one project and uploaded into another is the same traffic there."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.time_range.unix_time import moment_of
from teams.models import Project
from tests.traces.arrivals import new_project, span, turn
from tests.traces.ingest.test_recorded_files_land import records_of
from tests.traces.making import send, settle
from tests.traces.recorded_otlp import AGENT_PRISM, ANY_AGENT
from traces.exporting.exporting import export
from traces.models import Agent, Span, Trace
from traces.records import SpanRecord
from traces.search.queries import TraceQuery
from traces.store import reading
from traces.transcript.reading import of_trace
from traces.uploading.uploading import upload

pytestmark = pytest.mark.django_db

ONE_HOUR = timedelta(hours=1)
#: Received and settled at other times, by agents of another project.
ELSEWHERE = {"project_id", "first_received_at", "last_received_at", "settled_at", "is_uploaded",
             "agent_id", "pk"}  # fmt: skip


def everything(project: Project) -> TraceQuery:
    rows = Trace.objects.of_project(project.pk).order_by("start_time")
    first, last = rows.first(), rows.last()
    assert first is not None
    assert last is not None
    return TraceQuery(start=first.start_time, end=last.start_time + timedelta(seconds=1))


def copied(project: Project, format: str, records: list[SpanRecord]) -> Project:
    """Another project with the same traffic, through a file."""
    now = moment_of(max(record.end_ns for record in records) // 1000) + timedelta(seconds=1)
    send(project, *records, now=now)
    settle(now + timedelta(hours=1))
    copy = new_project("Copy")
    done = upload(copy, export(project, everything(project), format), now=now)
    assert (done.spans_accepted, done.errors) == (len(records), [])
    settle(now + timedelta(hours=1))
    again = upload(copy, export(project, everything(project), format), now=now)
    assert again.duplicates == len(records)
    return copy


def rows_of(project: Project) -> list[dict[str, Any]]:
    names: dict[int | None, str] = dict(
        Agent.objects.filter(project=project).values_list("pk", "name")
    )
    return [
        {key: value for key, value in row.items() if key not in ELSEWHERE}
        | {"agent": names.get(row["agent_id"] or 0)}
        for row in Trace.objects.of_project(project.pk).order_by("trace_id").values()
    ]


def spans_of(project: Project) -> list[dict[str, Any]]:
    left = ("project_id", "agent_id", "received_at", "payload", "attributes")
    rows = Span.objects.filter(project_id=project.pk).order_by("trace_id", "span_id").values()
    return [{key: value for key, value in row.items() if key not in left} for row in rows]


def words_of(project: Project) -> list[Any]:
    ids = list(Trace.objects.of_project(project.pk).order_by("trace_id").ids())
    spans = reading.spans_of_traces(project.pk, ids)
    return [of_trace(spans[trace_id]) for trace_id in ids]


@pytest.mark.parametrize("format", ["otlp", "flat"])
@pytest.mark.parametrize("path", [*AGENT_PRISM, *ANY_AGENT], ids=lambda path: path.stem)
def test_recorded_traffic_is_the_same_after_the_way_through_a_file(path: Path, format: str) -> None:
    project = new_project()
    copy = copied(project, format, records_of(path))
    assert rows_of(copy) == rows_of(project)
    assert spans_of(copy) == spans_of(project)
    assert words_of(copy) == words_of(project)


@pytest.mark.parametrize("format", ["otlp", "flat"])
def test_repeated_tokens_and_inherited_words_come_back_as_they_were(format: str) -> None:
    call: dict[str, Any] = {
        "openinference__span__kind": "LLM",
        "llm__token_count__prompt": 100,
        "llm__token_count__completion": 20,
        "llm__cost__total": 0.5,
    }
    outer = span("two", "outer", "root", **call)
    inner = span("two", "inner", "outer", **call)
    root = span("two", agent__name="support", session__id="s", user__id="u")
    outer.status_code, outer.events = (
        1,
        [{"name": "exception", "time_ns": outer.start_ns, "attributes": {"exception.type": "Odd"}}],
    )
    records = [*turn("one"), root, outer, inner]
    project = new_project()
    copy = copied(project, format, records)
    assert [row["input_tokens"] for row in rows_of(project)] == [100, 100]
    assert rows_of(copy) == rows_of(project)
    assert spans_of(copy) == spans_of(project)


def test_a_line_of_otlp_brings_back_all_that_was_sent() -> None:
    deep = {"n": None, "list": [1, 1.5, True, {"a": "b"}], "big": 2**62, "text": "é\ufffd\n"}
    record = span("one", error="broken", resource={"service.name": "web", "x": [1]})
    record.attributes |= deep
    record.events = [{"name": "e", "time_ns": 5, "attributes": {"a": 1}}]
    record.links = [{"trace_id": "ab" * 16, "span_id": "cd" * 8, "attributes": {"a": 1}}]
    record.dropped_attributes = 3
    project = new_project()
    copy = copied(project, "otlp", [record])
    ids = {trace.trace_id for trace in Trace.objects.of_project(copy.pk)}
    (there,) = reading.spans_of_traces(copy.pk, list(ids)).values()
    (here,) = reading.spans_of_traces(project.pk, list(ids)).values()
    assert there == here
    assert there[0].payload["attributes"] == record.attributes


def test_flat_lines_tell_tokens_once_and_whose_they_are() -> None:
    call: dict[str, Any] = {"openinference__span__kind": "LLM", "gen_ai__usage__input_tokens": 7}
    records = [
        span("two", gen_ai__agent__name="support", session__id="s-1"),
        span("two", "outer", "root", **call),
        span("two", "inner", "outer", **call),
        span("two", "tool", "root", gen_ai__operation__name="execute_tool", error="no"),
    ]
    project = new_project()
    copied(project, "flat", records)
    lines = b"".join(export(project, everything(project), "flat")).splitlines()
    by_name = {line["name"]: line for line in map(json.loads, lines)}
    facts = {name: line["attributes"] for name, line in by_name.items()}
    assert "inference.llm.input_tokens" not in facts["outer"]
    assert facts["inner"]["inference.llm.input_tokens"] == 7
    assert {fact["inference.agent_name"] for fact in facts.values()} == {"support"}
    assert {fact["inference.session_id"] for fact in facts.values()} == {"s-1"}
    assert facts["tool"]["openinference.span.kind"] == "TOOL"
    assert by_name["tool"]["status"] == {"code": "STATUS_CODE_ERROR", "message": "no"}
    assert by_name["root"]["parent_span_id"] == ""
    assert set(by_name["root"]) == {
        "trace_id", "span_id", "parent_span_id", "trace_state", "name", "kind", "start_time",
        "end_time", "status", "resource", "scope", "attributes",
    }  # fmt: skip


@pytest.mark.parametrize("format", ["otlp", "flat"])
def test_an_export_that_comes_back_to_its_project_changes_nothing(
    project: Project, format: str
) -> None:
    """Flat lines have attributes that were never sent, and no events: they say not more."""
    records = records_of(AGENT_PRISM[0])
    now = moment_of(max(record.end_ns for record in records) // 1000) + timedelta(seconds=1)
    send(project, *records, now=now)
    before = list(Span.objects.order_by("span_id").values_list("span_id", "payload", "received_at"))
    done = upload(project, export(project, everything(project), format), now=now + ONE_HOUR)
    assert (done.duplicates, done.errors) == (len(records), [])
    after = list(Span.objects.order_by("span_id").values_list("span_id", "payload", "received_at"))
    assert after == before
    assert not Trace.objects.filter(is_uploaded=True).exists()
