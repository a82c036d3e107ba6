"""An entry in the making: results, times and errors come later than the call."""

from __future__ import annotations

from dataclasses import dataclass

from traces.records import Part, StoredSpan
from traces.transcript.entries import Entry


@dataclass(slots=True, eq=False)
class Draft:
    """`when` is its place in the order, `rank` its place among those of one moment."""

    role: str
    kind: str
    span: StoredSpan
    when: int
    agent: str | None
    counterpart: str | None = None  # the agent that this one works for; None for the person
    rank: int = 0
    turn: int = 0
    parts: tuple[Part, ...] = ()
    name: str | None = None
    call_id: str | None = None
    arguments: str = ""
    result: str | None = None
    result_when: int | None = None  # end of the model call that was told the result
    error: str = ""
    is_error: bool = False
    has_span: bool = False  # a tool's own span has been found
    is_framed: bool = False  # an agent's own question or answer
    is_context: bool = False  # history that came in with the request


def by_time(draft: Draft) -> tuple[int, int]:
    return draft.when, draft.rank


def context_first(draft: Draft) -> tuple[int, bool, int]:
    return draft.when, not draft.is_context, draft.rank


def entries_of(drafts: list[Draft]) -> list[Entry]:
    """Return the entries of one turn, once nothing can change its drafts any more."""
    agents = {draft.agent for draft in drafts if draft.agent}
    return [_entry(draft, len(agents) > 1) for draft in drafts]


def _entry(draft: Draft, has_several_agents: bool) -> Entry:
    return Entry(
        role=draft.role,
        kind=draft.kind,
        trace_id=draft.span.trace_id,
        span_id=draft.span.span_id,
        start_ns=draft.span.start_ns,
        duration_ns=max(0, draft.span.end_ns - draft.span.start_ns),
        parts=draft.parts,
        is_error=draft.is_error,
        error=draft.error,
        name=draft.name,
        call_id=draft.call_id,
        arguments=draft.arguments,
        result=draft.result,
        agent_name=draft.agent if has_several_agents else None,
        is_context=draft.is_context,
        counterpart=(draft.counterpart or "user") if has_several_agents and draft.agent else None,
    )
