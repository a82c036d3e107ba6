"""The list of a project's agents with what each did in a stretch of time."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.time_range.form import WindowForm
from core.ui.refreshing import is_shown, nothing_new
from teams.access import get_project
from traces.figures import agents as agent_figures
from traces.models import Agent
from traces.pages.agents.forms import AgentList
from traces.pages.traffic import traffic


@require_safe
def agents(request: HttpRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug)
    window_form, now = WindowForm(request.GET, default="7d"), timezone.now()
    window = window_form.window(now)
    form = AgentList(request.GET)
    known = Agent.objects.of_project(project.pk)
    page = form.page(known)
    rows = agent_figures.rows_of(project, page.rows, window)
    context = {
        "project": project,
        "window_form": window_form,
        "window": window,
        "form": form,
        "page": page,
        "is_cut": bool(page.older or page.newer),
        "columns": form.columns,
        "rows": agent_figures.ordered(rows, form.chosen),
        **traffic(project, rows or list(known[:1]), now),
        "endpoint": settings.BASE_URL,
    }
    if is_shown(request, context["stamp"]):
        return nothing_new()
    return render(request, "traces/agents.html", context)
