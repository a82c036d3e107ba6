"""Activate, pause, resume, archive, restore: one URL each, and back to where the person was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from signals_app import counts, states
from signals_app.models import Signal
from signals_app.pages.edit_forms import RestoreForm
from signals_app.pages.signal_views import find_signal
from teams.access import get_project
from teams.models import Project, User


@require_POST
def signal_activate(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    return _change(request, slug, uuid, states.activate, "judges what settles from now on.")


@require_POST
def signal_pause(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    said = "is paused: nothing more is judged."
    return _change(request, slug, uuid, states.pause, said, dropped_none="No target was waiting.")


@require_POST
def signal_resume(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    return _change(request, slug, uuid, states.resume, "judges again what settles from now on.")


@require_http_methods(["GET", "HEAD", "POST"])
def signal_archive(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Asks first: says what will be dropped and what stays."""
    if request.method == "POST":
        outcome = "is archived: it left the list, and its labels stay."
        return _change(request, slug, uuid, states.archive, outcome)
    project = get_project(request, slug, write=True)
    signal = find_signal(project, uuid)
    context = {
        "project": project,
        "signal": signal,
        "waiting": counts.waiting(project.pk, signal.pk).n,
        "labels": sum(counts.labels_by_version(project.pk, signal.pk).values()),
    }
    return render(request, "signals_app/archive.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def signal_restore(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Asks for another name where a signal of the list has taken its own."""
    project = get_project(request, slug, write=True)
    signal = find_signal(project, uuid)
    if request.method != "POST":
        form = RestoreForm(initial={"name": signal.name})
        return _restore_page(request, project, signal, form)
    form = RestoreForm(request.POST)
    if not form.is_valid():
        return _restore_page(request, project, signal, form, status=422)
    assert isinstance(request.user, User)
    try:
        states.restore(signal, request.user, timezone.now(), form.cleaned_data["name"])
    except ValidationError as error:
        form.add_error(None, error)
        return _restore_page(request, project, signal, form, status=422)
    except states.CannotChange as error:
        messages.error(request, str(error))
    else:
        what = "a draft" if signal.state == Signal.State.DRAFT else "paused"
        messages.success(request, f"“{signal.name}” is back, {what}: nothing is judged yet.")
    return redirect("signal", slug, uuid)


def _restore_page(
    request: HttpRequest, project: Project, signal: Signal, form: RestoreForm, status: int = 200
) -> HttpResponse:
    context = {"project": project, "signal": signal, "form": form}
    return render(request, "signals_app/restore.html", context, status=status)


def _change(
    request: HttpRequest,
    slug: str,
    uuid: UUID,
    verb: Callable[[Signal, User, datetime], int | None],
    outcome: str,
    dropped_none: str = "",
) -> HttpResponse:
    signal = find_signal(get_project(request, slug, write=True), uuid)
    assert isinstance(request.user, User)
    try:
        dropped = verb(signal, request.user, timezone.now())
    except states.CannotChange as error:
        messages.error(request, str(error))
    else:
        waiting = _dropped(dropped) if dropped else dropped_none
        messages.success(request, f"“{signal.name}” {outcome} {waiting}".strip())
    return redirect("signal", slug, uuid)


def _dropped(n: int) -> str:
    one = n == 1
    return f"{n:,} waiting target{'' if one else 's'} {'was' if one else 'were'} dropped unjudged."
