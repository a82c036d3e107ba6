"""Which scopes the create form can offer: no session where an agent sends no session ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from signals_app.definition.scopes import begun_with, no_sessions_of, with_sessions
from signals_app.pages.form.forms import SignalForm
from traces.models import Agent


@dataclass(frozen=True)
class Sessions:
    """reasons: by agent's uuid, for those without; `reason` where no agent has any."""

    reasons: dict[str, str]
    reason: str


def sessions_of(agents: Sequence[Agent]) -> Sessions:
    able = with_sessions(agents)
    reasons = {str(a.uuid): no_sessions_of(a) for a in agents if a.pk not in able}
    nobody = len(reasons) == len(agents) and bool(agents)
    return Sessions(reasons, reasons[str(agents[0].uuid)] if nobody else "")


def begin_where_it_can(form: SignalForm) -> None:
    """Begin a template that reads sessions with an agent that has some, unless another one was
    asked for; without such an agent begin with traces."""
    scope = form.initial.get("scope")
    if not scope:
        return
    asked = form.initial.get("agent")
    candidates = [agent for agent in form.agents if not asked or str(agent.uuid) == asked]
    form.initial["scope"], first = begun_with(scope, candidates)
    if first is not None:
        form.initial["agent"] = str(first.uuid)
