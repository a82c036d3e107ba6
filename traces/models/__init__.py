"""The tables of traffic: spans, traces, sessions, and the agents found in them."""

from traces.models.agents import AgentAlias, AgentMerge, AgentMoved
from traces.models.erasures import Erasure
from traces.models.retention import Retention
from traces.models.team_days import TeamDay
from traces.models.traffic import (
    Agent,
    AgentTrace,
    Session,
    Span,
    SpanFlag,
    SpanLog,
    Trace,
)

__all__ = [
    "Agent",
    "AgentAlias",
    "AgentMerge",
    "AgentMoved",
    "AgentTrace",
    "Erasure",
    "Retention",
    "Session",
    "Span",
    "SpanFlag",
    "SpanLog",
    "TeamDay",
    "Trace",
]
