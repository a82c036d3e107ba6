"""Every span of every recorded file is stored whole, and its trace settles with its sums."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from core.time_range.unix_time import moment_of
from tests.traces.making import a_project, send, settle
from tests.traces.otlp_requests import decode_json
from tests.traces.recorded_otlp import AGENT_PRISM, ANY_AGENT, any_agent_request
from traces.conventions import derive
from traces.models import Span, Trace
from traces.records import SpanRecord
from traces.store import reading

pytestmark = pytest.mark.django_db


def records_of(path: Path) -> list[SpanRecord]:
    given = any_agent_request(path) if path in ANY_AGENT else json.loads(path.read_text())
    requests = given if isinstance(given, list) else [given]
    decoded = [decode_json(request) for request in requests]
    assert sum(each.rejected for each in decoded) == 0
    return [record for each in decoded for record in each.spans]


@pytest.mark.parametrize("path", [*AGENT_PRISM, *ANY_AGENT], ids=lambda path: path.stem)
def test_a_recorded_file_lands_whole(path: Path) -> None:
    project = a_project()
    records = records_of(path)
    now = moment_of(max(record.end_ns for record in records) // 1000) + timedelta(seconds=1)
    assert send(project, *records, now=now).inserted == len(records)
    for record in records:
        trace_id = UUID(bytes=record.trace_id)
        span_id = int.from_bytes(record.span_id, "big", signed=True)
        stored = reading.span(project.pk, trace_id, span_id)
        assert stored is not None
        assert stored.payload["attributes"] == record.attributes
        assert (stored.start_ns, stored.end_ns) == (record.start_ns, record.end_ns)
    settle(now + timedelta(hours=1))
    unsettled = Trace.objects.filter(project_id=project.pk, settled_at=None)
    assert not unsettled.exists()
    check_sums(project.pk, records)


def check_sums(project_id: int, records: list[SpanRecord]) -> None:
    for trace in Trace.objects.filter(project_id=project_id):
        mine = [record for record in records if record.trace_id == trace.trace_id.bytes]
        assert trace.span_count == len(mine)
        assert trace.llm_count == sum(derive(record).kind == "llm" for record in mine)
        assert trace.start_time == moment_of(min(record.start_ns for record in mine) // 1000)
        assert trace.agent_id is not None
        spans = Span.objects.filter(project_id=project_id, trace_id=trace.trace_id)
        assert not spans.filter(agent_id=None).exists()
