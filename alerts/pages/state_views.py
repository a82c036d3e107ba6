"""Pause, resume, archive, restore, mute: one URL each, and back to where the person was."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from alerts import mutes, states
from alerts.models import Alert
from alerts.pages import finding
from teams.access import get_project

UNDO = ' <a href="{}">Open it to restore it.</a>'


@require_POST
def alert_pause(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    return _change(request, slug, uuid, states.pause, "is paused: nobody is told.")


@require_POST
def alert_resume(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    return _change(request, slug, uuid, states.resume, "is evaluated every minute again.")


@require_POST
def alert_archive(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Asks nothing: one click on its page undoes it."""
    said = "is archived; its firings stay."
    return _change(request, slug, uuid, states.archive, said, undo=True)


@require_POST
def alert_restore(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    return _change(request, slug, uuid, states.restore, "is back, paused.")


@require_POST
def alert_mute(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Hers alone, so a reader may."""
    alert = finding.find_alert(get_project(request, slug), uuid)
    mutes.mute(alert, finding.user_of(request))
    messages.success(request, f"“{alert.name}” sends you no e-mail. The others still get it.")
    return _back(request, alert)


@require_POST
def alert_unmute(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    alert = finding.find_alert(get_project(request, slug), uuid)
    mutes.unmute(alert, finding.user_of(request))
    messages.success(request, f"“{alert.name}” sends you e-mail again.")
    return _back(request, alert)


def _change(
    request: HttpRequest,
    slug: str,
    uuid: UUID,
    verb: Callable[[Alert], None],
    outcome: str,
    undo: bool = False,
) -> HttpResponse:
    alert = finding.find_alert(get_project(request, slug, write=True), uuid)
    try:
        verb(alert)
    except states.CannotChange as error:
        messages.error(request, str(error))
    else:
        said = format_html("“{}” {}", alert.name, outcome)
        is_away = undo and request.POST.get("back") == "list"
        url = reverse("alert", args=[slug, alert.uuid])
        messages.success(request, said + format_html(UNDO, url) if is_away else said)
    return _back(request, alert)


def _back(request: HttpRequest, alert: Alert) -> HttpResponse:
    """To the list where the button stood there, else to the alert's page."""
    if request.POST.get("back") == "list":
        return redirect("alerts", alert.project.slug)
    return redirect("alert", alert.project.slug, alert.uuid)
