"""All alerts of a project."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from alerts.models import Alert
from alerts.pages.form import suggested_conditions
from alerts.pages.table.forms import TableForm
from alerts.pages.table.rows import page_of_rows
from core.ui.fragments import wants_fragment
from core.ui.refreshing import is_shown, nothing_new, stamp
from signals_app import liveness
from teams.access import SignedInRequest, get_project
from teams.models import Project

#: Alerts are evaluated once a minute.
REFRESH_S = 20


@require_safe
@vary_on_headers("HX-Request")
def alerts(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show every alert with how it stands; the page refreshes itself."""
    project, now = get_project(request, slug), timezone.now()
    form = TableForm(request.GET, project)
    page = page_of_rows(project, request.user, form.cleaned_data, now)
    trouble = liveness.words(liveness.of_worker(now), now)
    shown = stamp(now, trouble, page.count, [row.shown for row in page.rows])
    if is_shown(request, shown):
        return nothing_new()
    context = {
        "project": project,
        "form": form,
        "stamp": shown,
        "refresh_s": REFRESH_S,
        "page": page,
        "rows": page.rows,
        "sort": form.cleaned_data.get("sort") or "standing",
        "worker_trouble": trouble,
    }
    if wants_fragment(request, "alerts-table"):
        return render(request, "alerts/_table.html", context)
    return render(
        request, "alerts/alerts.html", context | (_empty(project, now) if not page.rows else {})
    )


def _empty(project: Project, now: datetime) -> dict[str, Any]:
    """Return what a page without rows must know to say why."""
    has_alerts = Alert.objects.of_project(project.pk).exists()
    return {
        "has_alerts": has_alerts,
        "starts": [] if has_alerts else suggested_conditions.starts(project, now),
    }
