"""Traces and sessions are read back in order, bounded, and all that were asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import zstandard

from core.ids import session_key
from tests.traces.making import a_project, send, span, trace_id
from traces.store import bounded_reading, payload, reading

pytestmark = pytest.mark.django_db


def test_spans_come_in_order_of_their_start_and_parents_before_children() -> None:
    project = a_project()
    send(
        project, span(3, parent=1, start_s=2), span(2, parent=1, lasted_s=0.5), span(1, lasted_s=9)
    )
    found = reading.spans_of_traces(project.pk, [trace_id(1)])[trace_id(1)]
    assert [int(each.span_id, 16) for each in found] == [1, 2, 3]
    assert len(reading.spans_of_traces(project.pk, [trace_id(1)], limit=2)[trace_id(1)]) == 2


def test_many_traces_are_read_with_one_query(django_assert_num_queries: Callable[..., Any]) -> None:
    project = a_project()
    send(project, *(span(1, trace=number) for number in range(1, 6)))
    wanted = [trace_id(number) for number in (2, 4, 99)]
    with django_assert_num_queries(1):
        found = reading.spans_of_traces(project.pk, wanted)
    assert {one.int: len(spans) for one, spans in found.items()} == {2: 1, 4: 1, 99: 0}


def test_all_turns_of_a_session_are_known_without_reading_them() -> None:
    project = a_project()
    for number in range(1, 5):
        send(project, span(1, trace=number, agent="support", session="s", start_s=number))
    key = session_key(project.agents.get().pk, "s")
    found = reading.turns_of_session(project.pk, key)
    assert [(row.trace_id.int, row.spans, row.is_error) for row in found] == [
        (number, 1, False) for number in range(1, 5)
    ]
    sizes = bounded_reading.sizes(project.pk, [trace_id(1), trace_id(9)])
    assert [(size.trace_id, size.spans) for size in sizes.values()] == [
        (trace_id(1), 1),
        (trace_id(9), 0),
    ]


def test_what_is_not_there_is_not_found() -> None:
    project = a_project()
    assert reading.span(project.pk, trace_id(1), 1) is None
    assert reading.spans_of_traces(project.pk, [trace_id(1)]) == {trace_id(1): []}
    assert reading.turns_of_session(project.pk, trace_id(1)) == []


def test_a_payload_that_claims_to_be_enormous_is_refused_before_it_is_opened() -> None:
    parameters = zstandard.ZstdCompressionParameters.from_level(1)
    bomb = zstandard.ZstdCompressor(compression_params=parameters)
    packed = bomb.compress(bytes(payload.MAX_BYTES + 1))
    assert len(packed) < 100_000
    with pytest.raises(payload.PayloadTooLarge):
        payload.unpack(packed)
