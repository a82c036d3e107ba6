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


class NamedSpan(Protocol):
    """What is looked at of a span; `traces.ingest.resolving.Node` has it."""

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


def stand_in(spans: Sequence[NamedSpan], service: str | None, by_service: bool) -> StandIn:
    """Return the agents of a trace in which no span names one, by the names of its spans.

    by_service: whether the service may stand in (AGENT_FROM_SERVICE_NAME).

    An agent's span called "invoke_agent support" tells that it is `support`'s; "AgentExecutor"
    is a framework's class, and serves only where the service has no name.
    """
    ordered = sorted(spans, key=lambda span: (span.start_us, span.parent is not None, span.span_id))
    named = [(span, agent_in(span.name)) for span in ordered if not span.is_judge]
    own = {
        span.span_id: agent.name
        for span, agent in named
        if agent and not agent.is_class and span.kind == "agent"
    }
    if own:
        return StandIn(own, None)
    if by_service and is_named(service):
        return StandIn({}, service)
    classes = (
        agent.name
        for span, agent in named
        if agent and agent.is_class and (span.kind == "agent" or span.parent is None)
    )
    return StandIn({}, next(classes, (service or NO_SERVICE) if by_service else None))


def is_named(service: str | None) -> bool:
    """Say whether somebody gave the service its name: SDKs write `unknown_service:python`."""
    return bool(service) and service != NO_SERVICE and not str(service).startswith(f"{NO_SERVICE}:")


def doubles(named: Mapping[int, tuple[str, str]]) -> dict[int, int]:
    """Return which agents of one trace are another of its agents, heard by the name alone.

    named: by agent its identity and its name. Spans that came in one batch agree at once
    (`traces.ingest.naming.agreed`); of those that came in several only the whole trace knows.
    {1: ("support", "support"), 2: ("id-7", "support")} gives {1: 2}: agent 1 is agent 2.
    """
    same: dict[int, int] = {}
    for agent, (identity, name) in named.items():
        others = [pk for pk, (own, other) in named.items() if other == identity and own != other]
        if identity == name and len(others) == 1:
            same[agent] = others[0]
    return same
