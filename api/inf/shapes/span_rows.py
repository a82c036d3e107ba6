"""Spans: their columns, what they say, and their attributes sorted by type as the client has
them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import orjson
from django.db.models import QuerySet

from api.inf import words
from api.shapes import links
from core.ids import span_id_from_hex, span_id_hex
from core.time_range.unix_time import nanoseconds_of
from teams.models import Project
from traces import messages
from traces.models import Agent, Span, Trace
from traces.records import Content, Message, StoredSpan

Row = dict[str, Any]

#: Characters of one side of a span in lists; the span itself says all.
LIST_CHARS: Final = 4_000
#: Spans of one tree.
MOST_SPANS: Final = 1_000
STATUS: Final = {True: "STATUS_CODE_ERROR", False: "STATUS_CODE_OK"}


def columns_of(project: Project, spans: Sequence[Span]) -> list[Row]:
    """Return spans without what they say: one query for the names of their agents."""
    keys = {span.agent_id for span in spans if span.agent_id}
    agents = dict(Agent.objects.filter(project=project, pk__in=keys).values_list("pk", "name"))
    return [_columns(project, span, agents) for span in spans]


def spans_of(trace: Trace) -> QuerySet[Span]:
    """Return all spans of a trace by start, with their columns alone."""
    spans = Span.objects.filter(
        project_id=trace.project_id,
        trace_id=trace.trace_id,
        start_time__gte=trace.start_time,
        start_time__lte=trace.end_time,
    )
    return spans.defer("payload", "attributes").order_by("start_time", "span_id")


def tree_of(project: Project, trace: Trace) -> Row:
    """Return the spans of a trace by start, the first of many, without what they say."""
    spans = list(spans_of(trace)[: MOST_SPANS + 1])
    return {
        "traceId": trace.hex_id,
        "spans": columns_of(project, spans[:MOST_SPANS]),
        "isCut": len(spans) > MOST_SPANS,
    }


def said_of(span: StoredSpan, most: int = LIST_CHARS) -> Row:
    """Return what a span says, each side cut at so many characters."""
    if span.is_unread:
        return {"input": None, "output": None, "inputMessages": "[]", "outputMessages": "[]"}
    payload = span.payload
    said = messages.read(payload.get("attributes", {}), payload.get("events", []), span.kind)
    return _content(said, most)


def whole_of(project: Project, span: Span, stored: StoredSpan) -> Row:
    """Return one span with all that was sent of it."""
    payload = stored.payload
    scope = payload.get("scope") or {}
    return (
        columns_of(project, [span])[0]
        | said_of(stored, most=1_000_000)
        | {
            "scopeName": scope.get("name"),
            "scopeVersion": scope.get("version"),
            "statusMessage": payload.get("status_message") or span.error_message,
            "retrievalDocuments": [],
            "events": payload.get("events", []),
            "links": payload.get("links", []),
        }
        | _typed("span", payload.get("attributes", {}))
        | _typed("resource", payload.get("resource", {}))
    )


def _columns(project: Project, span: Span, agents: Mapping[int, str]) -> Row:
    parent = span.parent_span_id
    return {
        "traceId": span.trace_id.hex,
        "spanId": span.hex_id,
        "parentSpanId": "" if parent is None else span_id_hex(parent),
        "spanName": span.name,
        "observationKind": words.observation_of(span.kind),
        "startTime": words.moment(span.start_time),
        "endTime": words.moment(span.end_time),
        "durationNs": _duration(span),
        "statusCode": STATUS[span.is_error],
        "toolName": span.tool_name,
        "llmProvider": span.provider,
        "llmModelName": span.model,
        "inputTokens": span.input_tokens,
        "outputTokens": span.output_tokens,
        "cacheReadTokens": span.cache_read_tokens,
        "totalTokens": _sum(span.input_tokens, span.output_tokens),
        "costTotal": span.cost_usd,
        "serviceName": span.service,
        "deploymentEnvironment": span.environment,
        "agentName": agents.get(span.agent_id or 0),
        "sessionId": span.session_id,
        "userId": span.user_id,
        "scopeName": None,
        "url": f"{links.page('trace', project.slug, span.trace_id)}?span={span.hex_id}",
    }


def _content(said: Content, most: int) -> Row:
    return {
        "input": _text(said.input, most),
        "output": _text(said.output, most),
        "inputMessages": _json(said.input, most),
        "outputMessages": _json(said.output, most),
    }


def _text(given: Iterable[Message], most: int) -> str | None:
    """Return the words of messages as one text, None where there are none."""
    text = "\n".join(_words(message) for message in given)
    return text[:most] or None


def _json(given: Iterable[Message], most: int) -> str:
    """Return messages as the client reads them: JSON in a text, of role and content."""
    rows, left = [], most
    for message in given:
        content = _words(message)[: max(0, left)]
        left -= len(content)
        rows.append({"role": message.role, "content": content})
    return orjson.dumps(rows).decode()


def _words(message: Message) -> str:
    return "\n".join(
        f"{part.name or part.type}({part.text})" if part.type == "tool_call" else part.text
        for part in message.parts
    )


def _typed(name: str, attributes: Mapping[str, Any]) -> Row:
    """Return attributes in the three maps of the client; what is no number is a text."""
    texts: dict[str, str] = {}
    whole: dict[str, int] = {}
    fractions: dict[str, float] = {}
    for key, value in attributes.items():
        if isinstance(value, int) and not isinstance(value, bool):
            whole[key] = value
        elif isinstance(value, float):
            fractions[key] = value
        else:
            texts[key] = value if isinstance(value, str) else orjson.dumps(value).decode()
    prefix = f"{name}Attributes"
    return {prefix: texts, f"{prefix}Int": whole, f"{prefix}Double": fractions}


def _duration(span: Span) -> int | None:
    if span.end_time is None:
        return None
    return nanoseconds_of(span.end_time) - nanoseconds_of(span.start_time)


def _sum(*numbers: int | None) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def key_of(row: StoredSpan) -> int:
    """Return the id of a span as the database has it."""
    return span_id_from_hex(row.span_id)
