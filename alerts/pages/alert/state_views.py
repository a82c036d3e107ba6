"""Pause, resume, archive, restore, mute: one URL each, and back to where the person was."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from alerts import states
from alerts.models import Alert
from alerts.muting import mutes
from alerts.pages import lookups
from core.ui import toasts
from core.ui.toasts import Undo
from teams.access import SignedInRequest, get_project

#: What takes each verb back.
OPPOSITE = {
    "alert_pause": "alert_resume",
    "alert_resume": "alert_pause",
    "alert_archive": "alert_restore",
    "alert_restore": "alert_archive",
    "alert_mute": "alert_unmute",
    "alert_unmute": "alert_mute",
}


@require_POST
def alert_pause(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    return _change(request, slug, uuid, states.pause, "is paused: nobody is told.")


@require_POST
def alert_resume(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    return _change(request, slug, uuid, states.resume, "is evaluated every minute again.")


@require_POST
def alert_archive(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    said, note = "is archived; its firings stay.", "Undo brings it back, paused."
    return _change(request, slug, uuid, states.archive, said, note)


@require_POST
def alert_restore(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    return _change(request, slug, uuid, states.restore, "is back, paused.")


@require_POST
def alert_mute(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Mute the alert for this person alone, so a viewer may."""
    alert = lookups.find_alert(get_project(request, slug), uuid)
    mutes.mute(alert, request.user)
    return _done(request, alert, "sends you no e-mail. The others still get it.")


@require_POST
def alert_unmute(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    alert = lookups.find_alert(get_project(request, slug), uuid)
    mutes.unmute(alert, request.user)
    return _done(request, alert, "sends you e-mail again.")


def _change(
    request: SignedInRequest,
    slug: str,
    uuid: UUID,
    verb: Callable[[Alert], None],
    outcome: str,
    note: str = "",
) -> HttpResponse:
    alert = lookups.find_alert(get_project(request, slug, write=True), uuid)
    try:
        verb(alert)
    except states.CannotChange as error:
        messages.error(request, str(error))
        return _back(request, alert)
    return _done(request, alert, outcome, note)


def _done(request: SignedInRequest, alert: Alert, outcome: str, note: str = "") -> HttpResponse:
    """Says so, with what takes it back; the undo comes back to the same place, too."""
    assert request.resolver_match is not None
    verb = OPPOSITE[request.resolver_match.url_name or ""]
    url = reverse(verb, args=[alert.project.slug, alert.uuid])
    undo = Undo(url, note, {"back": "list"} if _is_of_list(request) else {})
    toasts.done(request, f"“{alert.name}” {outcome}", undo)
    return _back(request, alert)


def _back(request: SignedInRequest, alert: Alert) -> HttpResponse:
    """Lead to the list where the button stood there, else to the alert's page."""
    if _is_of_list(request):
        return redirect("alerts", alert.project.slug)
    return redirect("alert", alert.project.slug, alert.uuid)


def _is_of_list(request: SignedInRequest) -> bool:
    return request.POST.get("back") == "list"
