"""Traces are read within a bound of bytes; what is not read is known and counted."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from teams.models import Project
from tests.traces.making import a_project, send, span, trace_id
from traces import transcript
from traces.records import SpanRecord
from traces.store import bounded_reading, reading

pytestmark = pytest.mark.django_db


def a_call(number: int, trace: int, chars: int, **more: Any) -> SpanRecord:
    said = {"input.value": f"question {number} " + "x" * chars, "output.value": f"answer {number}"}
    return span(number, trace=trace, kind="LLM", attributes=said, start_s=number, **more)


@pytest.fixture
def project() -> Project:
    """Trace 1: a root and five calls of 10 kB and more. Trace 2: one short call."""
    project = a_project()
    send(project, span(1, trace=1, kind="AGENT"))
    send(project, *(a_call(number, 1, 10_000, parent=1) for number in range(2, 7)))
    send(project, a_call(1, 2, 10))
    return project


def test_sizes_are_those_of_the_json_that_is_stored(project: Project) -> None:
    sizes = bounded_reading.sizes(project.pk, [trace_id(1), trace_id(2), trace_id(9)])
    for number, size in enumerate(sizes.values()):
        spans = reading.spans_of_traces(project.pk, [size.trace_id])[size.trace_id]
        assert size.spans == len(spans) == (6, 1, 0)[number]
        assert size.bytes == sum(len(orjson.dumps(stored.payload)) for stored in spans)
        assert size.unread == ()


def test_of_a_trace_that_is_too_large_the_root_and_the_newest_calls_are_read(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = reading.spans_of_traces(project.pk, [trace_id(1)])
    monkeypatch.setattr(bounded_reading, "MOST_BYTES", 25_000)
    spans = bounded_reading.spans_of_trace(project.pk, trace_id(1))
    assert [stored.is_unread for stored in spans] == [False, True, True, True, False, False]
    assert [stored.start_ns for stored in spans] == [
        stored.start_ns for stored in whole[trace_id(1)]
    ]
    said = transcript.of_trace(spans)
    assert said.omitted_spans == 3
    words = " ".join(entry.text for entry in said.entries)
    assert "answer 6" in words
    assert "answer 2" not in words


def test_traces_are_read_some_at_a_time(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = list(bounded_reading.sizes(project.pk, [trace_id(1), trace_id(2)]).values())
    assert [len(batch) for batch in bounded_reading.batches(sizes)] == [2]
    monkeypatch.setattr(bounded_reading, "BYTES_AT_ONCE", 20_000)
    assert [len(batch) for batch in bounded_reading.batches(sizes)] == [1, 1]
    read = list(bounded_reading.in_batches(project.pk, sizes))
    assert [list(batch) for batch in read] == [[trace_id(1)], [trace_id(2)]]


def test_ids_that_are_unread_in_one_trace_are_read_in_another(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(project, a_call(2, 2, 10))
    monkeypatch.setattr(bounded_reading, "MOST_BYTES", 25_000)
    sizes = bounded_reading.sizes(project.pk, [trace_id(2), trace_id(1)])
    read = {key: spans for batch in bounded_reading.in_batches(project.pk, sizes.values())
            for key, spans in batch.items()}  # fmt: skip
    assert [stored.is_unread for stored in read[trace_id(2)]] == [False, False]
    assert sum(stored.is_unread for stored in read[trace_id(1)]) == 3
