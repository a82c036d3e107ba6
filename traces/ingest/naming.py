"""Under which identity an agent is looked for, by what a span says of it: pure.

An id that a person chose is an identity. One that a program drew may be new for every run: with
a name beside it the name is the identity, and the id is only remembered, so that an agent whose
id stays is found again when its name changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from core.ids import short_id
from traces.conventions.machine_made import is_machine_made
from traces.conventions.span_names import agent_in

MAX_REMEMBERED = 5_000


class Naming(NamedTuple):
    """identity: of the agent. drawn: the id that stood beside its name, if it may be new."""

    identity: str
    drawn: str | None = None


@dataclass(slots=True, frozen=True)
class Said:
    """What one span says of its agent. is_weak: a drawn id and no name, which counts only where
    nothing else in the trace names an agent."""

    naming: Naming
    name: str
    is_weak: bool = False


@dataclass(slots=True, frozen=True)
class Spoken:
    """How an agent is called now, and a trace that says so."""

    name: str
    trace_id: UUID | None = None


@dataclass(slots=True, frozen=True)
class Row:
    """Whose an identity is. is_agent: it is that agent's own, not an alias; is_own: of a merge it
    is not; trace_id: in which an alias was first said."""

    id: int
    is_agent: bool
    is_own: bool
    trace_id: UUID | None


#: What was said before: most spans of a batch say the same.
_heard: dict[tuple[str | None, str | None], Said | None] = {}


def said_by(agent_id: str | None, name: str | None, kind: str, span_name: str) -> Said | None:
    """Return what a span says of its agent, None for nothing. kind, span_name: its own."""
    if agent_id is None and name is None:
        return None
    try:
        said = _heard[agent_id, name]
    except KeyError:
        if len(_heard) >= MAX_REMEMBERED:
            _heard.clear()
        said = _heard[agent_id, name] = _said(short_id(agent_id), short_id(name))
    if said is None or not said.is_weak or kind != "agent":
        return said
    name_in_span = agent_in(span_name)
    if name_in_span is None or name_in_span.is_class:
        return said
    return Said(Naming(name_in_span.name, said.naming.identity), name_in_span.name)


def _said(agent_id: str | None, name: str | None) -> Said | None:
    if agent_id is None:
        return Said(Naming(name), name) if name else None
    if not is_machine_made(agent_id):
        return Said(Naming(agent_id), name or agent_id)
    if name is None or name == agent_id:
        return Said(Naming(agent_id), agent_id, is_weak=name is None)
    return Said(Naming(name, agent_id), name)


def agreed(said: Sequence[Said | None]) -> list[Said | None]:
    """Agree on what the spans of one trace say, when they are heard together.

    A name that stands beside one id elsewhere is that agent; a drawn id without a name says
    nothing where others name an agent.
    """
    first = next((each for each in said if each), None)
    if all(each is None or each is first for each in said):
        return list(said)
    strong = {each: None for each in said if each and not each.is_weak}
    with_id: dict[str, list[Said]] = {}
    for each in strong:
        if each.naming != Naming(each.name):
            with_id.setdefault(each.name, []).append(each)
    return [_agreed(each, with_id, bool(strong)) for each in said]


def _agreed(single: Said | None, with_id: dict[str, list[Said]], is_named: bool) -> Said | None:
    if single is None or (single.is_weak and is_named):
        return None
    others = with_id.get(single.name, [])
    if (
        single.naming == Naming(single.name)
        and len({other.naming.identity for other in others}) == 1
    ):
        return others[0]
    return single


def namings(said: Iterable[tuple[Said | None, UUID]]) -> dict[Naming, Spoken]:
    """Return each naming once, with the last name that was said."""
    return {
        spoken_name.naming: Spoken(spoken_name.name, trace_id)
        for spoken_name, trace_id in said
        if spoken_name
    }


def choose_all(
    heard: Mapping[Naming, UUID | None], rows: Mapping[str, Row]
) -> dict[Naming, Row | None]:
    """Decide whose each naming is, by the trace that says it; None for new ones.

    What is heard together is one: a name that a known id bears now is not a new agent's.
    """
    chosen = {naming: choose(naming, rows, trace_id) for naming, trace_id in heard.items()}
    renamed = {naming.identity: row for naming, row in chosen.items() if row and naming.drawn}
    return {naming: row or renamed.get(naming.identity) for naming, row in chosen.items()}


def choose(naming: Naming, rows: Mapping[str, Row], trace_id: UUID | None) -> Row | None:
    """Decide whose a naming is, of the agents that are known; None for a new one.

    A drawn id that is an agent's own has stayed; then the name tells; then an id that was heard
    before, in another trace, with another name: that agent was renamed by its sender.
    """
    by_name = rows.get(naming.identity)
    by_id = rows.get(naming.drawn) if naming.drawn else None
    if by_id is not None and by_id.is_agent:
        return by_id
    if by_name is not None or by_id is None:
        return by_name
    return None if by_id.trace_id is not None and by_id.trace_id == trace_id else by_id
