"""GenAI events that come as log records are read as the events of their spans."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from teams.models import Project
from tests.traces.log_requests import JSON, PROTOBUF, Log, as_json, as_protobuf, log
from tests.traces.making import (
    NOW,
    a_project,
    raw_connection,
    send,
    settle,
    span,
    the_trace,
    trace_id,
)
from traces import otlp, transcript
from traces.ingest import log_writer
from traces.models import Session, SpanLog
from traces.store import bounded_reading
from traces.store.retention import drop_older_than

pytestmark = pytest.mark.django_db

CALL = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": '{"id": 7}'}}

#: What opentelemetry-instrumentation-openai-v2 sends of one model call.
CONVERSATION = (
    log("gen_ai.system.message", {"content": "Be brief."}, at=1),
    log("gen_ai.user.message", {"content": "Where is order 7?"}, at=2),
    log("gen_ai.assistant.message", {"tool_calls": [CALL]}, at=3),
    log("gen_ai.tool.message", {"id": "call_1", "content": "shipped today"}, at=4),
    log(
        "gen_ai.choice",
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "It is on its way."},
        },
        at=5,
    ),
)
WORDS = ["Be brief.", "Where is order 7?", "shipped today", "It is on its way."]

ENCODINGS = pytest.mark.parametrize(
    ("encode", "kind"), [(as_json, JSON), (as_protobuf, PROTOBUF)], ids=["json", "protobuf"]
)


def call_span(**more: Any) -> Any:
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}
    return span(1, agent="support", attributes=attributes, **more)


def take(project: Project, *logs: Log, now: datetime = NOW, encode: Any = as_json) -> int:
    kind = JSON if encode is as_json else PROTOBUF
    decoded = otlp.decode_logs(encode(*logs), kind)
    return log_writer.write(raw_connection(), project.pk, decoded.records, now)


def said(project: Project, trace: int = 1) -> list[str]:
    found = transcript.of_trace(bounded_reading.spans_of_trace(project.pk, trace_id(trace)))
    return [text for text in WORDS if text in repr(found)]


@ENCODINGS
def test_the_words_of_a_call_are_read_whichever_arrives_first(encode: Any, kind: str) -> None:
    first, second = a_project("first"), a_project("second")
    take(first, *CONVERSATION, encode=encode)
    send(first, call_span())
    send(second, call_span())
    take(second, *CONVERSATION, encode=encode)
    settle()
    for project in (first, second):
        assert said(project) == WORDS
        trace = the_trace(project)
        assert (trace.input_preview, trace.output_preview) == (WORDS[1], WORDS[3])


def test_the_details_event_is_read_like_attributes_of_the_span() -> None:
    asked = [{"role": "user", "parts": [{"type": "text", "content": WORDS[1]}]}]
    answered = [{"role": "assistant", "parts": [{"type": "text", "content": WORDS[3]}]}]
    given = {"gen_ai.input.messages": asked, "gen_ai.output.messages": answered}
    name = "gen_ai.client.inference.operation.details"
    project = a_project()
    send(project, call_span())
    take(project, log(name, None, attributes=given), encode=as_protobuf)
    settle()
    assert said(project) == [WORDS[1], WORDS[3]]


def test_a_logger_of_the_language_may_name_the_event_in_an_attribute_and_write_json() -> None:
    body = json.dumps({"role": "user", "content": WORDS[1]})
    attributes = {"event.name": "gen_ai.user.message"}
    project = a_project()
    send(project, call_span())
    take(project, log("", body, attributes=attributes))
    assert said(project) == [WORDS[1]]


def test_a_repeated_batch_changes_nothing() -> None:
    project = a_project()
    send(project, call_span())
    take(project, *CONVERSATION)
    settle()
    before = the_trace(project)
    take(project, *CONVERSATION, now=NOW + timedelta(minutes=9))
    after = the_trace(project)
    assert SpanLog.objects.count() == len(CONVERSATION)
    assert (after.settled_at, after.last_received_at) == (before.settled_at, NOW)


def test_the_same_words_twice_in_one_moment_are_two_messages() -> None:
    twice = [log("gen_ai.user.message", {"content": "yes"})] * 2
    project = a_project()
    take(project, *twice)
    take(project, *twice)
    assert SpanLog.objects.count() == 2


def test_words_that_come_late_bring_a_settled_trace_and_its_session_back() -> None:
    project, later = a_project(), NOW + timedelta(hours=1)
    send(project, call_span(session="s1"))
    settle()
    assert the_trace(project).settled_at is not None
    take(project, *CONVERSATION, now=later)
    trace, session = the_trace(project), Session.objects.get(project_id=project.pk)
    assert (trace.settled_at, trace.due_at) == (None, later + timedelta(seconds=10))
    assert session.due_at is not None
    assert session.due_at > later
    settle(later + timedelta(minutes=1))
    assert the_trace(project).revision == 2


def test_other_projects_see_nothing_of_it() -> None:
    ours, theirs = a_project("ours"), a_project("theirs")
    for project in (ours, theirs):
        send(project, call_span())
    take(ours, *CONVERSATION)
    assert (said(ours), said(theirs)) == (WORDS, [])


def test_a_span_has_only_so_many_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_writer, "MAX_EVENTS", 3)
    project = a_project()
    assert take(project, *CONVERSATION) == 2
    assert take(project, *CONVERSATION[:3]) == 0
    assert take(project, *CONVERSATION) == 2
    assert take(project, log("gen_ai.user.message", {"content": "x"}, span=2)) == 0
    assert SpanLog.objects.count() == 4


def test_retention_takes_them_as_it_takes_traces() -> None:
    project = a_project()
    take(project, *CONVERSATION, now=NOW - timedelta(days=31))
    take(project, log("gen_ai.user.message", {"content": "x"}, span=2))
    drop_older_than(NOW, 30)
    assert SpanLog.objects.count() == 1


@ENCODINGS
@pytest.mark.parametrize(
    "other",
    [
        log("gen_ai.user.message", {"content": "x"}, trace=0),
        log("gen_ai.user.message", {"content": "x"}, span=0),
        log("", "an ordinary line"),
        log("http.request", {"content": "x"}),
    ],
    ids=["no trace", "no span", "no event", "another event"],
)
def test_what_is_no_event_of_a_span_is_not_kept_and_said_so(
    other: Log, encode: Any, kind: str
) -> None:
    decoded = otlp.decode_logs(encode(other, CONVERSATION[0]), kind)
    assert (len(decoded.records), decoded.rejected) == (1, 1)
    assert "1 log records are not kept" in decoded.reasons[0]


@pytest.mark.parametrize(
    "bad",
    [
        {"traceId": "abc", "spanId": "1" * 16, "eventName": "gen_ai.choice"},
        {"traceId": "1" * 30, "spanId": "1" * 16, "eventName": "gen_ai.choice"},
        {"traceId": "1" * 32, "spanId": "1" * 16, "eventName": "gen_ai.choice", "body": 5},
        {"traceId": "1" * 32, "spanId": "1" * 16, "eventName": {}},
        "text",
    ],
)
def test_a_bad_record_is_refused_alone(bad: Any) -> None:
    decoded = otlp.decode_logs(as_json(CONVERSATION[0], bad), JSON)
    assert (len(decoded.records), decoded.rejected) == (1, 1)
    assert decoded.reasons[0].startswith("log record 1: ")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"resourceSpans": []}', JSON, 400),
        (b"[]", JSON, 400),
        (b"{", JSON, 400),
        (b'{"resourceLogs": 5}', JSON, 400),
        (b'{"a": 1}', JSON, 400),
        (b"\x0a\xff", PROTOBUF, 400),
        (b"", "text/plain", 415),
        (as_json(*[CONVERSATION[0]] * 11), JSON, 413),
        (as_protobuf(*[CONVERSATION[0]] * 11), PROTOBUF, 413),
    ],
)
def test_a_request_that_is_none_of_logs_is_refused_whole(
    body: bytes, kind: str, status: int
) -> None:
    with pytest.raises(otlp.Refused) as refused:
        otlp.decode_logs(body, kind, 10)
    assert refused.value.status == status


def test_an_empty_request_is_a_success() -> None:
    assert otlp.decode_logs(b"", PROTOBUF).records == []
    assert otlp.decode_logs(b'{"resourceLogs": []}', JSON).records == []
