"""What was said in a trace or a session, and why it has a label or none."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.utils import timezone
from ninja import Path, Query, Schema
from pydantic import Field

from api import lookups
from api.rest import cursors
from api.rest.callers import Caller, CallerRequest
from api.rest.door import Resource
from api.rest.resources.traffic.traces import TraceId
from api.rest.types import NOT_GIVEN, CursorText, Flag, Id, WholeText
from api.shapes import conversations as shapes
from api.shapes import why as why_shapes
from api.shapes.conversations import ConversationShape, TurnsShape
from api.shapes.why import WhyAnswers
from core.ids import span_id_from_hex
from signals_app.explain import facts, judged_text, replies, targets
from signals_app.targets import TargetRef
from teams.models import Project
from traces import conversations
from traces.figures.sessions import MOST_TURNS
from traces.search.traces import PAGES

of_trace = Resource(tags=["traces"])
of_session = Resource(tags=["sessions"])

SessionKey = Annotated[
    str, Field(pattern="^[0-9a-fA-F]{32}$", description="The key of a session, as lists have it.")
]
Full = Annotated[Flag, Field(description="Long texts and long turns to their ends.")]
OfSpan = Annotated[str, Field(pattern="^([0-9a-fA-F]{16})?$", description="Of this span alone.")]


class Asked(Schema):
    """How much of a conversation."""

    full: Full = False
    span_id: OfSpan = ""


class TurnsAsked(Schema):
    """Which turns of a session: the newest ones, or those before a page."""

    full: Full = False
    cursor: CursorText = ""
    limit: Annotated[
        int, Field(ge=1, le=MOST_TURNS, description="Turns of one page."), WholeText
    ] = MOST_TURNS


class OfTarget(Schema):
    span_id: OfSpan = ""


class WhyAsked(Schema):
    signal: Id = Field(NOT_GIVEN, description="Of this signal alone.")


class WhyTraceAsked(WhyAsked):
    span_id: OfSpan = ""


class TranscriptShape(Schema):
    """What a judge reads, in its form. cut_chars: missing, as it is longer than a judge may read;
    omitted_spans: that were not read."""

    text: str
    cut_chars: int
    omitted_spans: int


@of_trace.get(
    "/{trace_id}/conversation", response=ConversationShape, operation_id="get_trace_conversation"
)
def get_trace_conversation(
    request: CallerRequest, trace_id: Path[TraceId], query: Query[Asked]
) -> ConversationShape:
    """Return what was said in a trace or one of its spans: each message once, tools with their
    results, errors."""
    project = request.caller.project
    if query.span_id:
        stored = lookups.stored_span(project, trace_id, query.span_id)
        said = conversations.of_span(stored)
    else:
        said = conversations.of_trace(project, lookups.trace(project, trace_id).trace_id)
    return shapes.conversation_of(said.transcript, query.full)


@of_trace.get(
    "/{trace_id}/transcript", response=TranscriptShape, operation_id="get_trace_transcript"
)
def get_trace_transcript(
    request: CallerRequest, trace_id: Path[TraceId], query: Query[OfTarget]
) -> TranscriptShape:
    """Return a trace, or one of its spans, as a judge reads it."""
    return _transcript(request.caller.project, _trace_ref(request.caller, trace_id, query.span_id))


@of_trace.get("/{trace_id}/why", response=WhyAnswers, operation_id="why_of_trace")
def why_of_trace(
    request: CallerRequest, trace_id: Path[TraceId], query: Query[WhyTraceAsked]
) -> WhyAnswers:
    """Say of each signal why a trace, or one of its spans, has a label or none."""
    ref = _trace_ref(request.caller, trace_id, query.span_id)
    return _why(request.caller.project, ref, query.signal)


@of_session.get(
    "/{session}/conversation", response=TurnsShape, operation_id="get_session_conversation"
)
def get_session_conversation(
    request: CallerRequest, session: Path[SessionKey], query: Query[TurnsAsked]
) -> TurnsShape:
    """Return what was said in the newest turns of a session, oldest first; next_cursor leads to
    those before them. Large turns come fewer at a time."""
    project = request.caller.project
    known = lookups.session(project, session)
    older = cursors.read(request, query.cursor, PAGES.read)
    read = conversations.of_session(project, known, older, size=query.limit)
    shape = shapes.conversation_of(read.said.transcript, query.full, read.before + 1)
    return TurnsShape(
        **dict(shape), turns=read.count, next_cursor=cursors.written(request, read.page.older)
    )


@of_session.get(
    "/{session}/transcript", response=TranscriptShape, operation_id="get_session_transcript"
)
def get_session_transcript(request: CallerRequest, session: Path[SessionKey]) -> TranscriptShape:
    """Return a session as a judge reads it."""
    return _transcript(request.caller.project, _session_ref(request.caller, session))


@of_session.get("/{session}/why", response=WhyAnswers, operation_id="why_of_session")
def why_of_session(
    request: CallerRequest, session: Path[SessionKey], query: Query[WhyAsked]
) -> WhyAnswers:
    """Say of each signal why a session has a label or none."""
    return _why(request.caller.project, _session_ref(request.caller, session), query.signal)


def _trace_ref(caller: Caller, trace_id: str, span_id: str) -> TargetRef:
    trace = lookups.trace(caller.project, trace_id)
    if not span_id:
        return TargetRef("trace", trace.trace_id)
    return TargetRef("span", trace.trace_id, span_id_from_hex(span_id))


def _session_ref(caller: Caller, key: str) -> TargetRef:
    return TargetRef("session", lookups.session(caller.project, key).key)


def _transcript(project: Project, ref: TargetRef) -> TranscriptShape:
    lookups.found(targets.find(project.pk, ref))
    shown = judged_text.read(project.pk, ref)
    return TranscriptShape(
        text=shown.text, cut_chars=shown.cut_chars, omitted_spans=shown.omitted_spans
    )


def _why(project: Project, ref: TargetRef, signal: UUID | None) -> WhyAnswers:
    known, now = lookups.found(targets.find(project.pk, ref)), timezone.now()
    if signal is None:
        answers = replies.of_all(project, known, now)
    else:
        one = lookups.given("signal", lookups.signal, project, signal)
        answers = facts.answers(project, known, [one], now)
    return WhyAnswers(signals=[why_shapes.why_of(each) for each in answers])
