"""A trace of many spans goes out and in again, a small part of it in memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.traces.arrivals import new_project, span, trace_called, trace_id_of
from tests.traces.uploading.files import flat_line
from traces.exporting.exporting import export
from traces.uploading.uploading import upload

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
SPANS = 30_000
MOST_BYTES = 80_000_000


def a_long_file(written: list[int]) -> Iterator[bytes]:
    at = timezone.now() - timedelta(days=3)
    for n in range(SPANS):
        moment = at + timedelta(milliseconds=n)
        line = flat_line(span("long", str(n), "root", at=moment, input__value=f"{n} " * 700))
        written.append(len(line))
        yield line


@pytest.mark.parametrize("format", ["otlp", "flat"])
def test_a_long_trace_passes_through_bounded_memory(format: str) -> None:
    project, copy = new_project(), new_project("Copy")
    written: list[int] = []
    tracemalloc.start()
    assert upload(project, a_long_file(written), now=timezone.now()).spans_accepted == SPANS
    assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    assert sum(written) > 1.5 * MOST_BYTES
    file = export(project, [trace_id_of("long")], format)
    done = upload(copy, file, now=timezone.now())
    assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    tracemalloc.stop()
    assert (done.spans_accepted, done.duplicates) == (SPANS, 0)
    assert trace_called(copy, "long").span_count == SPANS
