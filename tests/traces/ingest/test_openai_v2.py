"""What the official OpenAI instrumentation sends: spans without words, and the words as logs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from tests.traces.arrivals import new_project, settle
from tests.traces.making import raw_connection
from traces import otlp, transcript
from traces.ingest import log_writer, writer
from traces.models import Trace
from traces.store import bounded_reading

pytestmark = pytest.mark.django_db

DATA = Path(__file__).resolve().parents[2] / "data" / "openai-v2"


@pytest.mark.parametrize("logs_first", [True, False])
@pytest.mark.parametrize("dialect", ["message-events", "details-events"])
def test_the_conversation_is_whole(dialect: str, logs_first: bool) -> None:
    project, received = new_project(), timezone.now() - timedelta(hours=1)
    for signal in ("logs", "traces") if logs_first else ("traces", "logs"):
        body = (DATA / f"{dialect}.{signal}.bin").read_bytes()
        if signal == "logs":
            records = otlp.decode_logs(body, otlp.PROTOBUF).records
            log_writer.write(raw_connection(), project.pk, records, received)
        else:
            spans = otlp.decode(body, otlp.PROTOBUF).spans
            writer.write(raw_connection(), project.pk, spans, received)
    settle()
    trace = Trace.objects.get(project_id=project.pk)
    assert trace.input_preview == "May order 1842 be refunded?"
    assert trace.output_preview == "Yes, order 1842 may be refunded."
    (turn,) = transcript.of_trace(bounded_reading.spans_of_trace(project.pk, trace.trace_id)).turns
    asked, called, answered = [e for e in turn.entries if e.role != "system"]
    assert (asked.role, asked.parts[0].text) == ("user", "May order 1842 be refunded?")
    assert (called.name, called.result) == ("lookup_order", "delivered 12 days ago")
    assert (answered.role, answered.parts[0].text) == (
        "assistant",
        "Yes, order 1842 may be refunded.",
    )
