"""Activate, pause and resume: one URL each, and back to where the person was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from signals_app import states
from signals_app.models import Signal
from signals_app.pages.signal_views import find_signal
from teams.access import get_project
from teams.models import User


@require_POST
def signal_activate(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    return _change(request, slug, uuid, states.activate, "judges what settles from now on.")


@require_POST
def signal_pause(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    return _change(request, slug, uuid, states.pause, "is paused: nothing more is judged.")


@require_POST
def signal_resume(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    return _change(request, slug, uuid, states.resume, "judges again what settles from now on.")


def _change(
    request: HttpRequest,
    slug: str,
    uuid: UUID,
    verb: Callable[[Signal, User, datetime], int | None],
    outcome: str,
) -> HttpResponse:
    signal = find_signal(get_project(request, slug, write=True), uuid)
    assert isinstance(request.user, User)
    try:
        dropped = verb(signal, request.user, timezone.now())
    except states.CannotChange as error:
        messages.error(request, str(error))
    else:
        waiting = f" {dropped:,} waiting targets were dropped." if dropped else ""
        messages.success(request, f"“{signal.name}” {outcome}{waiting}")
    return redirect("signal", slug, uuid)
