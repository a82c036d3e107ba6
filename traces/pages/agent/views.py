"""One agent: what it did, and the tabs that other apps put beside that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.time_range.form import WindowForm
from core.time_range.windows import Window
from teams.access import get_project
from teams.models import Project
from traces import extensions
from traces.agents import merging, renaming
from traces.figures.agent_overview import Step, overview
from traces.models import Agent, AgentMerge, Session
from traces.pages.agent import charts as agent_charts
from traces.pages.agent.moved_on import agent_or_redirect

MERGES_SHOWN = 5


class ChartChoice(forms.Form):
    """`?runs=rate&use=cost`: what two of the three charts show; else counts and tokens."""

    runs = forms.ChoiceField(required=False, choices=[("", "Runs"), ("rate", "Error rate")])
    use = forms.ChoiceField(required=False, choices=[("", "Tokens"), ("cost", "Cost")])

    def chosen(self, name: str) -> str:
        """Return what was chosen, the default where the input was bad."""
        self.is_valid()
        return str(self.cleaned_data.get(name, ""))


def find_agent(project: Project, uuid: UUID) -> Agent:
    """Raises Http404 for an agent of another project."""
    return get_object_or_404(Agent, project=project, uuid=uuid)


@dataclass(frozen=True, slots=True)
class Changes:
    """What of the last day can be taken back. more_merges: beyond those that are shown."""

    merges: list[AgentMerge]
    more_merges: int
    renamed_from: str = ""
    renamed_until: datetime | None = None


def changes(shown_agent: Agent, now: datetime) -> Changes:
    merges = merging.undoable(shown_agent, now)
    shown, more = merges[:MERGES_SHOWN], len(merges[MERGES_SHOWN:])
    if not renaming.can_undo(shown_agent, now):
        return Changes(shown, more)
    return Changes(shown, more, shown_agent.renamed_from, renaming.undo_until(shown_agent))


def frame(
    project: Project, shown_agent: Agent, window_form: WindowForm, now: datetime
) -> dict[str, Any]:
    """Return the context that every tab of an agent needs."""
    return {
        "project": project,
        "agent": shown_agent,
        "changes": changes(shown_agent, now),
        "tabs": extensions.pages_of_agent(project, shown_agent),
        "window_form": window_form,
        "window": window_form.window(now),
    }


@require_safe
def agent(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = get_project(request, slug)
    shown_agent, now = agent_or_redirect(request, "agent", project, uuid), timezone.now()
    if isinstance(shown_agent, HttpResponse):
        return shown_agent
    context = frame(project, shown_agent, WindowForm(request.GET, default="7d"), now)
    window, choice = context["window"], ChartChoice(request.GET)
    did = overview(shown_agent, window)
    sessions = Session.objects.of_project(project.pk).of_agent(shown_agent.pk)
    context |= {
        "tab": "agent",
        "choice": choice,
        "overview": did,
        "did": did.sums,
        "session_count": sessions.between(window.start, window.end).count(),
        "charts": _charts(choice, did.steps, window, now) if did.sums.runs else {},
        "measures": extensions.measures_of_agent(project, shown_agent, window),
    }
    return render(request, "traces/agent.html", context)


def _charts(
    choice: ChartChoice, steps: list[Step], window: Window, now: datetime
) -> dict[str, agent_charts.Chart]:
    zone = timezone.get_current_timezone()
    by_rate, by_cost = choice.chosen("runs") == "rate", choice.chosen("use") == "cost"
    use = agent_charts.cost if by_cost else agent_charts.tokens
    return {
        "runs": agent_charts.error_rate(steps, window, zone)
        if by_rate
        else agent_charts.runs(steps, window, zone, now),
        "latency": agent_charts.latency(steps, window, zone),
        "use": use(steps, window, zone, now),
    }
