"""Traces and sessions: found, and read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils import timezone
from pydantic import Field

from api.mcp import answers, arguments, conversation, token_budget
from api.mcp.answers import call
from api.mcp.arguments import AgentArg, CursorArg, LimitArg, RangeArg, SignalArg, Text
from api.mcp.fencing import Fence, one_line, quoted
from api.mcp.registry import READS, tool
from api.mcp.tools.project import USUAL_ROWS
from api.mcp.trouble import Trouble
from api.rest.callers import Caller
from api.shapes import links
from core.ids import span_id_from_hex, span_id_hex
from core.ui import wording
from signals_app.models import Scope
from traces import extensions
from traces.extensions import Mark
from traces.figures.sessions import Turns, turns_of
from traces.models import Agent, AgentTrace, Session, Span, Trace
from traces.search import sessions as session_search
from traces.search import traces as trace_search
from traces.search.queries import SessionQuery, TraceQuery

TokensArg = Annotated[
    int, Field(ge=600, le=conversation.MOST, description="What the answer may cost you.")
]
LabelArg = Annotated[Text, Field(description="Of that signal.")]
TOO_LONG = "The search took too long: nothing is known of it. Ask for a shorter range."
SPANS_SHOWN = 30
#: Of an answer with a conversation: figures, labels with their reasons, spans.
ABOUT_SHARE = 0.35


@tool(READS, call("list_traces", range="1d"))
def list_traces(
    caller: Caller,
    range: RangeArg = "1d",
    agent: AgentArg = "",
    status: Literal["", "ok", "error", "open"] = "",
    text: Text = "",
    signal: SignalArg = "",
    label: LabelArg = "",
    session_id: Text = "",
    user_id: Text = "",
    model: Text = "",
    min_seconds: float = 0,
    cursor: CursorArg = "",
    limit: LimitArg = USUAL_ROWS,
) -> str:
    """Find requests to agents (traces), the newest first, with what was asked and answered and
    their labels. text: words as in a web search. signal with label: those that bear it; signal
    alone: those without a label of it."""
    project = caller.project
    start, end = arguments.bounds(range, timezone.now())
    query = TraceQuery(
        start=start,
        end=end,
        agent=arguments.agent(project, agent),
        status=status,
        text=text,
        session_id=session_id,
        user_id=user_id,
        model=model,
        min_s=min_seconds or None,
        extra=_labelled(caller, signal, label),
    )
    found = trace_search.find(project, query, older=arguments.place(trace_search.PAGES, cursor))
    if found.took_too_long:
        raise Trouble(TOO_LONG, call("list_traces", range="1h"))
    page = trace_search.PAGES.shortened(found.page, 0, limit)
    marks = extensions.marks(project, page.rows)
    agents = Agent.objects.in_bulk({row.agent_id for row in page.rows if row.agent_id})
    lines = [
        _trace_line(row, agents.get(row.agent_id or 0), marks[row.trace_id]) for row in page.rows
    ]
    given: dict[str, Any] = {
        "range": range,
        "agent": agent,
        "status": status,
        "text": text,
        "signal": signal,
    }
    given |= {"label": label, "session_id": session_id, "user_id": user_id, "model": model}
    given |= {"min_seconds": min_seconds or None, "limit": limit}

    def foot(shown: int) -> list[str]:
        more = trace_search.PAGES.shortened(page, 0, shown).older if shown else ""
        left = [f"More: {call('list_traces', **given, cursor=more)}"] if more else []
        where = f"Page of one: {links.page('traces', project.slug)}<id>/"
        return [*left, where, f"Next: {call('get_trace', trace='<id>')} reads one."]

    head = [_count("traces", found.count, found.is_counted)]
    return answers.listed(head, lines, foot, most=_most(limit))


@tool(READS, call("list_traces"))
def get_trace(
    caller: Caller,
    trace: Annotated[Text, Field(description="32 hex digits.")],
    span: Annotated[Text, Field(description="16 hex digits: this span alone.")] = "",
    max_tokens: TokensArg = conversation.USUAL,
) -> str:
    """Read one request: the conversation with tool calls and results, each with the span id to
    cite; its labels with the judge's reasons; its spans."""
    found = _trace(caller, trace)
    number = _span_id(span) if span else 0
    if span:
        return _one_span(caller, found, number, max_tokens)
    marks = extensions.marks(caller.project, [found])[found.trace_id]
    agent = Agent.objects.filter(pk=found.agent_id).first() if found.agent_id else None
    about = [_trace_line(found, agent, [], 0), *_mark_lines(marks), *_span_lines(found)]
    foot = [f"Page: {links.page('trace', caller.project.slug, found.trace_id)}"]
    if found.session_id:
        foot.append(f"Session: {_session_of(found)}")
    foot.append(f"Next: {call('why_no_label', signal='<id>', target=f'trace:{found.hex_id}')}")
    again = call("get_trace", trace=found.hex_id, max_tokens=conversation.MOST)
    target = Target(Scope.TRACE, found.trace_id, 0, again)
    return _read(caller, target, about, foot, max_tokens)


@tool(READS, call("list_sessions", range="1d"))
def list_sessions(
    caller: Caller,
    range: RangeArg = "1d",
    agent: AgentArg = "",
    status: Literal["", "error", "open"] = "",
    text: Text = "",
    signal: SignalArg = "",
    label: LabelArg = "",
    user_id: Text = "",
    cursor: CursorArg = "",
    limit: LimitArg = USUAL_ROWS,
) -> str:
    """Find conversations (sessions), the newest first, with what was asked first and their labels.
    signal with label: those that bear it, for signals that judge sessions."""
    project = caller.project
    start, end = arguments.bounds(range, timezone.now())
    query = SessionQuery(
        start=start,
        end=end,
        agent=arguments.agent(project, agent),
        status=status,
        text=text,
        user_id=user_id,
        extra=_labelled(caller, signal, label),
    )
    found = session_search.find(project, query, older=arguments.place(session_search.PAGES, cursor))
    if found.took_too_long:
        raise Trouble(TOO_LONG, call("list_sessions", range="1h"))
    page = session_search.PAGES.shortened(found.page, 0, limit)
    lines = _session_lines(caller, page.rows)
    given: dict[str, Any] = {
        "range": range,
        "agent": agent,
        "status": status,
        "text": text,
        "signal": signal,
    }
    given |= {"label": label, "user_id": user_id, "limit": limit}

    def foot(shown: int) -> list[str]:
        more = session_search.PAGES.shortened(page, 0, shown).older if shown else ""
        left = [f"More: {call('list_sessions', **given, cursor=more)}"] if more else []
        where = f"Page of one: {links.page('sessions', project.slug)}<id>/"
        return [*left, where, f"Next: {call('get_session', session='<id>')} reads one."]

    head = [_count("sessions", found.count, found.is_counted)]
    return answers.listed(head, lines, foot, most=_most(limit))


@tool(READS, call("list_sessions"))
def get_session(
    caller: Caller,
    session: Annotated[Text, Field(description="32 hex digits, or the id that traffic gives it.")],
    max_tokens: TokensArg = conversation.USUAL,
) -> str:
    """Read a whole conversation turn by turn, with trace and span ids to cite, and its labels with
    the judge's reasons. What is too long is shortened in the middle, and says how to get it."""
    found = _session(caller, session)
    turns = turns_of(caller.project.pk, [found])
    newest = {found.key: turns[found.key].newest}
    marks = extensions.marks_of_sessions(caller.project, [found], newest)[found.key]
    about = [_session_line(found, _agent_of(found), turns[found.key], []), *_mark_lines(marks)]
    nexts = call("get_trace", trace="<of a turn>") + " reads one turn; "
    nexts += call("why_no_label", signal="<id>", target=f"session:{found.key.hex}")
    page = links.page("session", caller.project.slug, found.key)
    again = call("get_session", session=found.key.hex, max_tokens=conversation.MOST)
    target = Target(Scope.SESSION, found.key, 0, again)
    return _read(caller, target, about, [f"Page: {page}", f"Next: {nexts}"], max_tokens)


@dataclass(frozen=True, slots=True)
class Target:
    """What is read. again: the call that shows more of it."""

    scope: str
    key: UUID
    span_id: int
    again: str


def _read(
    caller: Caller, target: Target, about: Sequence[str], foot: Sequence[str], most: int
) -> str:
    """Return what is known of a target and what was said in it, within `most` tokens."""
    fence = Fence()
    lines = answers.within(about, int(most * ABOUT_SHARE), "lines about it")
    head = fence.around([line.replace(fence.code, "…") for line in lines])
    spent = token_budget.estimate("\n".join([*head, *foot, target.again])) + 60
    said, cut = conversation.written(
        caller.project.pk, target.scope, target.key, target.span_id, most - spent
    )
    return "\n".join([*head, said, *_cut(cut, most, target.again), *foot])


def _labelled(caller: Caller, signal: str, label: str) -> dict[str, Any]:
    if not signal:
        if label:
            raise ValidationError({"signal": ["Say of which signal the label is."]})
        return {}
    return {"label": [f"{arguments.signal(caller.project, signal).uuid}:{label}"]}


def _most(limit: int) -> int:
    return token_budget.PAGE if limit <= USUAL_ROWS else token_budget.MOST


def _count(noun: str, count: int, is_counted: bool) -> str:
    return f"{count:,}{'' if is_counted else ' or more'} {noun} found."


def _trace(caller: Caller, text: str) -> Trace:
    key = arguments.uuid_of(text)
    traces = Trace.objects.of_project(caller.project.pk)
    found = traces.filter(trace_id=key).first() if key else None
    if found is None:
        raise Trouble("This project stores no such trace.", call("list_traces"))
    return found


def _session(caller: Caller, text: str) -> Session:
    sessions = Session.objects.of_project(caller.project.pk)
    key = arguments.uuid_of(text)
    found = sessions.filter(key=key).first() if key else None
    found = found or sessions.filter(session_id=text).order_by("-start_time").first()
    if found is None:
        raise Trouble("This project stores no such session.", call("list_sessions"))
    return found


def _span_id(text: str) -> int:
    try:
        return span_id_from_hex(text)
    except ValueError:
        raise ValidationError({"span": ["A span's id has 16 hex digits."]}) from None


def _trace_line(row: Trace, agent: Agent | None, marks: Iterable[Mark], most: int = 100) -> str:
    state = "error" if row.is_error else "open" if row.settled_at is None else "ok"
    took = wording.duration((row.end_time - row.start_time).total_seconds() * 1000)
    said = f"- {row.hex_id} {answers.moment(row.start_time)} {state} {took}"
    said += f" {one_line(agent.name, 60)}" if agent else ""
    said += f" {row.llm_count} calls {row.tool_count} tools"
    said += f" {wording.usd(row.cost_usd)}" if row.cost_usd else ""
    if most:
        said += f" asked {quoted(row.input_preview or row.name, most)}"
        said += f" answered {quoted(row.output_preview, most)}" if row.output_preview else ""
    return said + _labels(marks)


def _labels(marks: Iterable[Mark]) -> str:
    """Say the labels in a few words, a span's own left out."""
    said = [f"{one_line(m.title, 40)}={m.label}" for m in marks if m.label and m.scope != "span"]
    return f" [{', '.join(said[:6])}]" if said else ""


def _mark_lines(marks: Sequence[Mark], most: int = 12) -> list[str]:
    """Say each judgement in a line, with the judge's reason."""
    lines = []
    for mark in marks[:most]:
        where = f"span {mark.span_id}" if mark.span_id else mark.scope
        what = mark.label or "no label"
        why = quoted(mark.explanation or mark.reason, 300)
        lines.append(f"label of the {where}: {one_line(mark.title, 60)} = {what} because {why}")
    left = len(marks) - most
    return lines + ([f"{left} more labels on the page"] if left > 0 else [])


def _span_lines(trace: Trace) -> list[str]:
    """List the spans that failed, or else the first ones, without their content."""
    spans = Span.objects.of_trace(trace, SPANS_SHOWN * 4).defer("payload", "attributes")
    rows = list(spans)
    failed = [span for span in rows if span.is_error]
    shown = failed[:8] or rows[:8]
    lines = [_span_line(span) for span in shown]
    left = trace.span_count - len(shown)
    return lines + ([f"{left:,} other spans"] if left > 0 else [])


def _span_line(span: Span) -> str:
    took = ""
    if span.end_time:
        took = " " + wording.duration((span.end_time - span.start_time).total_seconds() * 1000)
    said = f"span {span_id_hex(span.span_id)} {span.kind} {one_line(span.name, 60)}{took}"
    return said + (f" FAILED {quoted(span.error_message, 160)}" if span.is_error else "")


def _one_span(caller: Caller, trace: Trace, span_id: int, most: int) -> str:
    rows = Span.objects.filter(
        project_id=trace.project_id,
        trace_id=trace.trace_id,
        span_id=span_id,
        start_time__range=(trace.start_time, trace.end_time),
    )
    span = rows.defer("payload", "attributes").first()
    if span is None:
        raise Trouble("This trace has no such span.", call("get_trace", trace=trace.hex_id))
    again = call("get_trace", trace=trace.hex_id, span=span.hex_id, max_tokens=conversation.MOST)
    page = links.page("trace", caller.project.slug, trace.trace_id)
    foot = [f"Page: {page}?span={span.hex_id}", f"Next: {call('get_trace', trace=trace.hex_id)}"]
    target = Target(Scope.SPAN, trace.trace_id, span_id, again)
    return _read(caller, target, [_span_line(span)], foot, most)


def _cut(cut: int, most: int, again: str) -> list[str]:
    if not cut:
        return []
    more = f"; {again} shows more" if most < conversation.MOST else "; the page has all of it"
    return [f"{cut:,} characters were left out, at the marks{more}."]


def _session_of(trace: Trace) -> str:
    runs = AgentTrace.objects.of_project(trace.project_id).of_trace(trace.trace_id)
    keys = [run.session_key for run in runs[:3] if run.session_key]
    return ", ".join(call("get_session", session=key.hex) for key in keys) or "none"


def _agent_of(session: Session) -> Agent | None:
    return Agent.objects.filter(pk=session.agent_id).first()


def _session_lines(caller: Caller, rows: Sequence[Session]) -> list[str]:
    agents = Agent.objects.in_bulk({row.agent_id for row in rows})
    turns = turns_of(caller.project.pk, rows)
    newest: dict[UUID, Sequence[UUID]] = {key: each.newest for key, each in turns.items()}
    marks = extensions.marks_of_sessions(caller.project, rows, newest)
    return [
        _session_line(row, agents.get(row.agent_id), turns[row.key], marks[row.key]) for row in rows
    ]


def _session_line(row: Session, agent: Agent | None, turns: Turns, marks: Iterable[Mark]) -> str:
    sums = turns.sums
    took = wording.duration((row.end_time - row.start_time).total_seconds() * 1000)
    said = f"- {row.key.hex} {answers.moment(row.start_time)} {sums.runs} turns in {took}"
    said += f", {sums.errors} failed" if sums.errors else ""
    said += ", still going" if row.settled_at is None else ""
    said += f" {one_line(agent.name, 60)}" if agent else ""
    said += f" id={quoted(row.session_id, 60)} asked {quoted(turns.asked, 120)}"
    return said + _labels(mark for mark in marks if mark.scope == "session")
