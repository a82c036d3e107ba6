"""What a signal can judge of an agent: no session where the agent sends no session ids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import Exists, OuterRef

from signals_app.models import Scope
from traces.models import Agent, Session
from traces.visible_text import visible

NO_SESSIONS = (
    "{agent} has sent no session id, so there is no conversation to read. Set session.id (or "
    "gen_ai.conversation.id) on its spans, or judge each trace."
)


def has_sessions(agent: Agent) -> bool:
    """Say whether the agent has ever sent a session id."""
    return bool(with_sessions([agent]))


def with_sessions(agents: Iterable[Agent]) -> set[int]:
    """Return the keys of those agents that have ever sent a session id, in one query."""
    sessions = Session.objects.filter(project_id=OuterRef("project_id"), agent_id=OuterRef("pk"))
    with_some = Agent.objects.filter(Exists(sessions), pk__in=[agent.pk for agent in agents])
    return set(with_some.values_list("pk", flat=True))


def begun_with(scope: str, agents: Sequence[Agent]) -> tuple[str, Agent | None]:
    """Return the scope that a template begins with where one of these agents is judged, and the
    first agent that has sessions if it reads these; traces where none has any."""
    if scope != Scope.SESSION or not agents:
        return scope, None
    able = with_sessions(agents)
    first = next((agent for agent in agents if agent.pk in able), None)
    return (Scope.TRACE.value, None) if first is None else (scope, first)


def no_sessions_of(agent: Agent) -> str:
    """Say in words why a session of this agent cannot be judged."""
    return NO_SESSIONS.format(agent=visible(agent.name))


def why_not(agent: Agent, scope: str) -> str:
    """Say in words why a signal of this scope cannot judge the agent, "" where it can."""
    if scope != Scope.SESSION or has_sessions(agent):
        return ""
    return no_sessions_of(agent)
