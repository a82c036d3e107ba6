from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from core.ui.fragments import wants_fragment
from core.ui.refreshing import is_shown, nothing_new
from signals_app import liveness
from signals_app.labels import summaries
from signals_app.models import Signal
from signals_app.pages import page_stamps
from signals_app.pages.table.forms import TableForm
from teams.access import get_project
from traces.models import Agent


@require_safe
@vary_on_headers("HX-Request")
def signals(request: HttpRequest, slug: str) -> HttpResponse:
    """Show all signals of a project with what their labels say; the page refreshes itself."""
    project, now = get_project(request, slug), timezone.now()
    form = TableForm(request.GET, project)
    has_agents = Agent.objects.filter(project=project).exists()
    trouble = liveness.words(liveness.of_worker(now), now)
    query = form.query()
    stamp = page_stamps.of_signals(
        summaries.signals(project, query),
        project.pk,
        summaries.week(now),
        now,
        has_agents,
        trouble,
    )
    if is_shown(request, stamp):
        return nothing_new()
    rows = summaries.summaries(project, query, now)
    context = {
        "project": project,
        "form": form,
        "rows": rows,
        "stamp": stamp,
        "worker_trouble": trouble,
        "sort": query.sort,
        "has_filters": any(form.cleaned_data.get(name) for name in ("q", "agent", "state")),
    }
    if wants_fragment(request, "signals-table"):
        return render(request, "signals_app/_table.html", context)
    if not rows:
        context["has_agents"] = has_agents
        context["endpoint"] = settings.BASE_URL
        context["has_signals"] = Signal.objects.filter(project=project).exists()
    return render(request, "signals_app/signals.html", context)
