"""A signal or an alert as code: what makes the same one again."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from api import lookups
from api.shapes import alert_code, code
from signals_app.definition.versions import current_version
from teams.access import get_project


@require_safe
def signal_code(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Show a signal, with its alerts, as YAML, as a command and as a call."""
    project = get_project(request, slug)
    signal = lookups.signal(project, uuid)
    context = {
        "project": project,
        "name": signal.name,
        "back": reverse("signal", args=[slug, uuid]),
        "list": reverse("signals", args=[slug]),
        "list_name": "Signals",
        "code": code.code_of(signal, current_version(signal), lookups.alerts_of(signal)),
    }
    return render(request, "api/code.html", context)


@require_safe
def alert_as_code(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Show an alert as YAML, as a command and as a call."""
    project = get_project(request, slug)
    alert = lookups.alert(project, uuid)
    context = {
        "project": project,
        "name": alert.name,
        "back": reverse("alert", args=[slug, uuid]),
        "list": reverse("alerts", args=[slug]),
        "list_name": "Alerts",
        "code": alert_code.code_of(alert),
    }
    return render(request, "api/code.html", context)
