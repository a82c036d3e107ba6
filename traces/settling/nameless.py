"""Whose a trace is in which no span says so: pure.

The names of its agents' spans tell; else the service; a framework's class, where the service has
no name either. An explicit name, wherever it stands in the trace, is always better than these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from traces.conventions.span_names import agent_in

#: What OpenTelemetry calls a service that was given no name (resource conventions, service).
#: Without an agent no signal could ever see such traffic.
NO_SERVICE = "unknown_service"


class Bearer(Protocol):
    """What of a span is looked at; `traces.ingest.resolving.Node` has it."""

    @property
    def span_id(self) -> int: ...
    @property
    def parent(self) -> int | None: ...
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def start_us(self) -> int: ...
    @property
    def is_judge(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class StandIn:
    """by_span: the agent of each span that bears one's name. of_all: of the trace, where none
    does; None where that is not wanted."""

    by_span: dict[int, str]
    of_all: str | None

    @property
    def names(self) -> set[str]:
        return set(self.by_span.values()) | ({self.of_all} if self.of_all else set())


def stand_in(spans: Sequence[Bearer], service: str | None, by_service: bool) -> StandIn:
    """by_service: whether the service may stand in (AGENT_FROM_SERVICE_NAME)."""
    ordered = sorted(spans, key=lambda one: (one.start_us, one.parent is not None, one.span_id))
    said = [(one, agent_in(one.name)) for one in ordered if not one.is_judge]
    own = {
        one.span_id: found.name
        for one, found in said
        if found and not found.is_class and one.kind == "agent"
    }
    if own:
        return StandIn(own, None)
    if by_service and is_named(service):
        return StandIn({}, service)
    classes = (
        found.name
        for one, found in said
        if found and found.is_class and (one.kind == "agent" or one.parent is None)
    )
    return StandIn({}, next(classes, (service or NO_SERVICE) if by_service else None))


def is_named(service: str | None) -> bool:
    """Say whether somebody gave the service its name: SDKs write `unknown_service:python`."""
    return bool(service) and service != NO_SERVICE and not str(service).startswith(f"{NO_SERVICE}:")


def doubles(named: Mapping[int, tuple[str, str]]) -> dict[int, int]:
    """Of the agents of one trace those that are others of it, heard by their name alone.

    named: by agent its identity and its name. Spans that came in one batch agree at once
    (`traces.ingest.naming.agreed`); of those that came in several only the whole trace knows.
    """
    found: dict[int, int] = {}
    for agent, (identity, name) in named.items():
        others = [one for one, (own, said) in named.items() if said == identity and own != said]
        if identity == name and len(others) == 1:
            found[agent] = others[0]
    return found
