"""Activate, pause, resume, archive, restore: one URL each, and back to where the person was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from core.time_range.links import address_in_range
from core.ui import toasts
from core.ui.toasts import Undo
from signals_app.definition import states
from signals_app.labels import counts
from signals_app.models import Signal
from signals_app.pages.form.edit_forms import RestoreForm
from signals_app.pages.signal import undoing
from signals_app.pages.signal.views import find_signal
from teams.access import SignedInRequest, get_project
from teams.models import Project, User


@require_POST
def signal_activate(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    return _start(request, slug, uuid, "judges what settles from now on.")


@require_POST
def signal_pause(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    outcome = "is paused: nothing more is judged."
    no_loss = " No target was waiting."
    return _stop(request, slug, uuid, states.pause, outcome, undoing.of_pause, no_loss)


@require_POST
def signal_resume(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    return _start(request, slug, uuid, "judges again what settles from now on.")


@require_http_methods(["GET", "HEAD", "POST"])
def signal_archive(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Asks first: says what will be dropped and what stays."""
    if request.method == "POST":
        outcome = "is archived: it left the list, and its labels stay."
        return _stop(request, slug, uuid, states.archive, outcome, undoing.of_archive)
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
def signal_restore(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Asks for another name where a signal of the list has taken its own."""
    project = get_project(request, slug, write=True)
    signal = find_signal(project, uuid)
    if request.method != "POST":
        form = RestoreForm(initial={"name": signal.name})
        return _restore_page(request, project, signal, form)
    form = RestoreForm(request.POST)
    if not form.is_valid():
        return _restore_page(request, project, signal, form, status=422)
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
    return redirect(address_in_range(request, "signal", slug, uuid))


def _restore_page(
    request: SignedInRequest, project: Project, signal: Signal, form: RestoreForm, status: int = 200
) -> HttpResponse:
    context = {"project": project, "signal": signal, "form": form}
    return render(request, "signals_app/restore.html", context, status=status)


def _start(request: SignedInRequest, slug: str, uuid: UUID, outcome: str) -> HttpResponse:
    signal = find_signal(get_project(request, slug, write=True), uuid)
    was = signal.state
    try:
        states.activate(signal, request.user, timezone.now())
    except states.CannotChange as error:
        messages.error(request, str(error))
    else:
        said = f"“{signal.name}” {outcome}"
        toasts.done(request, said, undoing.of_activation(signal, was))
    return redirect(address_in_range(request, "signal", slug, uuid))


def _stop(
    request: SignedInRequest,
    slug: str,
    uuid: UUID,
    verb: Callable[[Signal, User, datetime], int],
    outcome: str,
    undo: Callable[[Signal, bool], Undo],
    no_loss: str = "",
) -> HttpResponse:
    signal = find_signal(get_project(request, slug, write=True), uuid)
    now = timezone.now()
    try:
        verb(signal, request.user, now)
    except states.CannotChange as error:
        messages.error(request, str(error))
    else:
        lost = _lost(signal, now)
        toasts.done(
            request, f"“{signal.name}” {outcome}{lost or no_loss}", undo(signal, bool(lost))
        )
    return redirect(address_in_range(request, "signal", slug, uuid))


def _lost(signal: Signal, now: datetime) -> str:
    """Say what the change of this moment left unjudged: a space and sentences, "" for nothing."""
    change = signal.state_changes.filter(at=now).first()
    if change is None:
        return ""
    dropped = f" {_dropped(change.dropped)}" if change.dropped else ""
    return dropped + (f" {change.reason}" if change.reason else "")


def _dropped(n: int) -> str:
    what = "target was" if n == 1 else "targets were"
    return f"{n:,} waiting {what} dropped unjudged."
