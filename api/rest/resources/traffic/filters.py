"""Which traces and sessions are asked for: as parameters, the filters that the pages have."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils import timezone
from pydantic import AfterValidator, Field

from api import lookups
from api.rest import stretches
from api.rest.stretches import Range, Stretch
from api.rest.types import NOT_GIVEN, NoNul, NumberText, Text, WholeText
from core.ids import short_id
from teams.models import Project
from traces import extensions
from traces.records import KINDS
from traces.search.queries import (
    FACETS,
    LIMITS,
    MOST_PAIR_CHARS,
    MOST_PAIRS,
    MOST_SECONDS,
    MOST_TEXT_CHARS,
    MOST_TOKENS,
    MOST_USD,
    SessionQuery,
    SpanQuery,
    TraceQuery,
    metadata_pairs,
)


def _kind(text: str) -> str:
    """Return the kind of a span. Raises ValueError with a sentence."""
    if text not in KINDS:
        raise ValueError(f"Choose one of {', '.join(KINDS)}.")
    return text


#: An id that a client chose; one that is longer is answered, and found, by its shortened form.
ClientId = Text
SearchText = Annotated[
    str, NoNul, Field(max_length=MOST_TEXT_CHARS, description='Words: "exactly so", or, -without.')
]
AgentFilter = Annotated[Text, Field(description="An agent's id, exact name, or identity.")]
Labels = Annotated[
    list[Annotated[str, NoNul, Field(max_length=160)]],
    Field(
        max_length=20,
        description="signal's id:label, any number of times; nothing behind the colon is no label. "
        "Labels of one signal are alternatives, different signals must all agree.",
    ),
]
Pairs = Annotated[
    list[Annotated[str, NoNul, Field(max_length=MOST_PAIR_CHARS)]],
    Field(max_length=MOST_PAIRS, description="key=value; a trace must hold all of them."),
]
Kind = Annotated[str, AfterValidator(_kind), Field(json_schema_extra={"enum": list(KINDS)})]
Seconds = Annotated[float, Field(ge=0, le=MOST_SECONDS, allow_inf_nan=False), NumberText]
Dollars = Annotated[float, Field(ge=0, le=MOST_USD, allow_inf_nan=False), NumberText]
Tokens = Annotated[int, Field(ge=0, le=MOST_TOKENS), WholeText]


class TraceFilter(Stretch):
    """Which traces: those that began in the stretch of time and pass every filter."""

    agent: AgentFilter = ""
    status: Literal["ok", "error", "open"] = Field(NOT_GIVEN, description="open: more may come.")
    text: SearchText = ""
    session_id: ClientId = ""
    user_id: ClientId = ""
    model: Text = ""
    provider: Text = ""
    service: Text = ""
    environment: Text = ""
    kind: Kind = Field(NOT_GIVEN, description="With a span of this kind at least.")
    min_s: Seconds = NOT_GIVEN
    max_s: Seconds = NOT_GIVEN
    min_tokens: Tokens = Field(NOT_GIVEN, description="Input and output together.")
    max_tokens: Tokens = NOT_GIVEN
    min_usd: Dollars = NOT_GIVEN
    max_usd: Dollars = NOT_GIVEN
    metadata: Pairs = Field([])
    label: Labels = Field([])


class SpanFilter(Stretch):
    """Which spans: those that began in the stretch of time and pass every filter."""

    trace_id: Annotated[
        str, Field(pattern="^([0-9a-fA-F]{32})?$", description="Of this trace alone.")
    ] = ""
    agent: AgentFilter = ""
    status: Literal["ok", "error"] = NOT_GIVEN
    text: Annotated[SearchText, Field(description="A part of its name.")] = ""
    session_id: ClientId = Field("", description="Of the trace that it stands in.")
    user_id: ClientId = Field("", description="Of the trace that it stands in.")
    model: Text = ""
    provider: Text = ""
    service: Text = ""
    environment: Text = ""
    kind: Kind = NOT_GIVEN
    min_s: Seconds = NOT_GIVEN
    max_s: Seconds = NOT_GIVEN
    min_tokens: Tokens = Field(NOT_GIVEN, description="Input and output together.")
    max_tokens: Tokens = NOT_GIVEN
    min_usd: Dollars = NOT_GIVEN
    max_usd: Dollars = NOT_GIVEN


class SessionFilter(Stretch):
    """Which sessions: those that began in the stretch of time and pass every filter."""

    agent: AgentFilter = ""
    status: Literal["error", "open"] = Field(NOT_GIVEN, description="error: with a failed turn.")
    text: SearchText = ""
    session_id: ClientId = ""
    user_id: ClientId = ""
    label: Labels = Field([])


def trace_query(project: Project, given: TraceFilter) -> TraceQuery:
    """Return what is asked for, of the last day unless it says more. Raises ValidationError."""
    extra = extensions.filter_values(project, {"label": given.label})
    return TraceQuery(
        **_asked(project, given, timezone.now(), "1d"),
        **_measured(given),
        metadata=metadata_pairs(given.metadata),
        extra=extra,
    )


def span_query(project: Project, given: SpanFilter) -> SpanQuery:
    """Return what is asked for, of the last day unless it says more. Raises ValidationError."""
    return SpanQuery(
        **_asked(project, given, timezone.now(), "1d"),
        **_measured(given),
        trace_id=UUID(hex=given.trace_id) if given.trace_id else None,
    )


def session_query(project: Project, given: SessionFilter) -> SessionQuery:
    """Return what is asked for, of the last 7 days unless it says more. Raises ValidationError."""
    extra = extensions.session_filter_values(project, {"label": given.label})
    return SessionQuery(**_asked(project, given, timezone.now(), "7d"), extra=extra)


_ENDS = ("min", "max")


def _measured(given: TraceFilter | SpanFilter) -> dict[str, Any]:
    """Return what traces and spans can be asked for by their columns."""
    sizes = {f"{end}_{unit}": getattr(given, f"{end}_{unit}") for unit in LIMITS for end in _ENDS}
    return {**sizes, **{name: getattr(given, name) or "" for name in (*FACETS, "kind")}}


def _asked(
    project: Project, given: TraceFilter | SpanFilter | SessionFilter, now: datetime, usual: Range
) -> dict[str, Any]:
    """Return what both lists can be asked for, as the values of a `Query`."""
    start, end = stretches.bounds(given, now, usual)
    agent = lookups.given("agent", lookups.agent, project, given.agent) if given.agent else None
    return {
        "start": start,
        "end": end,
        "agent": agent,
        "status": given.status or "",
        "text": given.text,
        "session_id": short_id(given.session_id) or "",
        "user_id": short_id(given.user_id) or "",
    }
