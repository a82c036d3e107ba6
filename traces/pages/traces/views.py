"""The list of traces."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.time_range.form import WindowForm
from core.ui.refreshing import is_shown, nothing_new
from teams.access import get_project
from traces.models import Agent, Trace
from traces.pages.agent import moved_on
from traces.pages.list_filter import filter_chips
from traces.pages.traces.forms import TraceFilter
from traces.pages.traces.rows import rows_of
from traces.pages.traffic import traffic
from traces.search.agent_choices import agent_choices
from traces.search.traces import find


@require_safe
def traces(request: HttpRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug)
    chosen = request.GET.get("agent", "")
    agents = agent_choices(Agent.objects.of_project(project.pk), chosen)
    if moved := moved_on.from_filter(request, project, agents.agents):
        return moved
    window_form, now = WindowForm(request.GET, default="7d"), timezone.now()
    window = window_form.window(now)
    form = TraceFilter(request.GET, project, agents)
    if form.trace_id and Trace.objects.of_project(project.pk).among([form.trace_id]).exists():
        return redirect("trace", project.slug, form.trace_id)
    found_traces = find(
        project, form.query(window), form.value("older"), form.value("newer"), form.is_open
    )
    context = {
        "project": project,
        "window_form": window_form,
        "window": window,
        "form": form,
        "chips": filter_chips(form, request.GET),
        **traffic(project, agents.agents, now),
        "found": found_traces,
        "rows": rows_of(project, found_traces.page.rows),
        "endpoint": settings.BASE_URL,
    }
    if is_shown(request, context["stamp"]):
        return nothing_new()
    return render(request, "traces/traces.html", context)
