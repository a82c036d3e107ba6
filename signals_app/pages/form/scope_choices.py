"""Which scopes the create form can offer: no session where an agent sends no session ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from signals_app.definition.scopes import has_sessions, no_sessions_of
from signals_app.models import Scope
from signals_app.pages.form.forms import SignalForm
from traces.models import Agent


@dataclass(frozen=True)
class Sessions:
    """reasons: by agent's uuid, for those without; `reason` where no agent has any."""

    reasons: dict[str, str]
    reason: str


def sessions_of(agents: Sequence[Agent]) -> Sessions:
    reasons = {
        str(agent.uuid): no_sessions_of(agent) for agent in agents if not has_sessions(agent)
    }
    nobody = len(reasons) == len(agents) and bool(agents)
    return Sessions(reasons, reasons[str(agents[0].uuid)] if nobody else "")


def begin_where_it_can(form: SignalForm) -> None:
    """A template that reads sessions begins with an agent that has some, unless another one was
    asked for; without such an agent it begins with traces."""
    if form.initial.get("scope") != Scope.SESSION:
        return
    asked = form.initial.get("agent")
    candidates = [agent for agent in form.agents if not asked or str(agent.uuid) == asked]
    able = next((agent for agent in candidates if has_sessions(agent)), None)
    if able is not None:
        form.initial["agent"] = str(able.uuid)
    elif candidates:
        form.initial["scope"] = Scope.TRACE.value
