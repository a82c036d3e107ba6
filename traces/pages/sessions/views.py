"""The list of sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.time_range.form import WindowForm
from core.ui import wording
from core.ui.refreshing import is_shown, nothing_new, stamp
from teams.access import get_project
from teams.models import Project
from traces.figures.session_rows import rows_in_time
from traces.models import Agent, Session
from traces.pages.agent import moved_on
from traces.pages.list_filter import filter_chips
from traces.pages.sessions.forms import SessionFilter
from traces.pages.traffic import traffic
from traces.search.agent_choices import agent_choices
from traces.search.sessions import find


@require_safe
def sessions(request: HttpRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug)
    chosen = request.GET.get("agent", "")
    agents = agent_choices(Agent.objects.of_project(project.pk), chosen)
    if moved := moved_on.from_filter(request, project, agents.agents):
        return moved
    window_form, now = WindowForm(request.GET, default="7d"), timezone.now()
    window = window_form.window(now)
    has = traffic(project, agents.agents, now)
    form = SessionFilter(request.GET, project, agents)
    found_sessions = find(project, form.query(window), form.value("older"), form.value("newer"))
    found_sessions, rows = rows_in_time(project, found_sessions)
    context = {
        "project": project,
        "window_form": window_form,
        "window": window,
        "form": form,
        "chips": filter_chips(form, request.GET),
        **has,
        **_sessions(project, has["has_traffic"], now),
        "found": found_sessions,
        "rows": rows,
        "quiet": quiet_time(project),
        "endpoint": settings.BASE_URL,
    }
    if is_shown(request, context["stamp"]):
        return nothing_new()
    return render(request, "traces/sessions.html", context)


def _sessions(project: Project, has_traffic: bool, now: datetime) -> dict[str, Any]:
    """Return whether there is a session, and the page's stamp while there is none."""
    has = Session.objects.of_project(project.pk).exists()
    return {"has_sessions": has, "stamp": "" if has else stamp(now, "no session", has_traffic)}


def quiet_time(project: Project) -> str:
    """Say in words how long nothing must arrive until a session is judged."""
    return wording.whole_seconds(project.session_idle_s or settings.SESSION_IDLE_S)
