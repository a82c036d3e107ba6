"""Who did what in a team, from where: its audit log, for those who manage it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core.http.streams import streamed
from core.time_range.form import WindowForm
from teams.access import SignedInRequest, get_project
from teams.audit import reading
from teams.pages.audit.forms import AuditFilter
from teams.pages.audit.rows import rows_of

DEFAULT_RANGE = "30d"


@require_safe
@never_cache
def audit_log(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show a page of the log of the project's team."""
    project = get_project(request, slug, manage=True)
    window_form, now = WindowForm(request.GET, default=DEFAULT_RANGE), timezone.now()
    window = window_form.window(now)
    form = AuditFilter(request.GET, project, reading.offered(project.team))
    places = form.place("older"), form.place("newer")
    page = reading.page_of(project.team, form.query(window), *places)
    context = {
        "project": project,
        "window_form": window_form,
        "window": window,
        "form": form,
        "page": page,
        "rows": rows_of(page.rows),
        "days": settings.AUDIT_DAYS,
    }
    return render(request, "teams/audit_log.html", context)


@require_safe
def audit_log_csv(request: SignedInRequest, slug: str) -> StreamingHttpResponse:
    """Stream all of the log under the filters of the page's address."""
    project = get_project(request, slug, manage=True)
    now = timezone.now()
    window = WindowForm(request.GET, default=DEFAULT_RANGE).window(now)
    query = AuditFilter(request.GET, project, reading.offered(project.team)).query(window)
    parts = reading.csv_parts(project.team, project, query)
    return streamed(request, parts, reading.CONTENT_TYPE, f"audit-log-{now:%Y-%m-%d}.csv")
