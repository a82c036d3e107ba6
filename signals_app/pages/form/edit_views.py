"""Editing a signal: the form with what is live in it, and saving it as the next version."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from core.time_range.links import address_in_range
from core.ui import toasts
from signals_app.definition import editing, versions
from signals_app.definition.diffs import Question, diff
from signals_app.definition.versions import current_version
from signals_app.labels import counts
from signals_app.models import Signal, SignalVersion
from signals_app.pages.form import forecast
from signals_app.pages.form.create_views import PRESETS
from signals_app.pages.form.edit_forms import EditForm
from signals_app.pages.form.forms import SCOPE_CHOICES, TYPE_CHOICES
from signals_app.pages.signal import undoing
from signals_app.pages.signal.views import find_signal
from signals_app.pages.trials.forms import TargetsForm
from teams.access import SignedInRequest, get_project

ARCHIVED = "An archived signal cannot be edited. Restore it first."


@require_safe
def signal_edit(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    signal = find_signal(get_project(request, slug, write=True), uuid)
    if signal.state == Signal.State.ARCHIVED:
        messages.error(request, ARCHIVED)
        return redirect(address_in_range(request, "signal", slug, uuid))
    return _page(request, signal, EditForm(signal, current_version(signal)))


@require_POST
def signal_edit_save(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    signal = find_signal(get_project(request, slug, write=True), uuid)
    form = EditForm(signal, current_version(signal), request.POST)
    if not form.is_valid():
        return _page(request, signal, form, status=422)
    begun, name = form.cleaned_data["based_on"], form.cleaned_data["name"]
    try:
        edited = editing.edit(signal, name, form.question, begun, request.user)
    except ValidationError as error:
        form.show(error)
        return _page(request, signal, form, status=422)
    except editing.Superseded as error:
        form.begin_again_from(error.live)
        return _page(request, signal, form, status=409, meanwhile=_meanwhile(signal, begun, error))
    except editing.CannotEdit as error:
        messages.error(request, str(error))
        return redirect(address_in_range(request, "signal", slug, uuid))
    return _say(request, signal, edited)


def _say(request: SignedInRequest, signal: Signal, edited: editing.Edited) -> HttpResponse:
    said = [f"The signal is called “{signal.name}” now."] if edited.renamed else []
    if edited.version is not None:
        said.append(f"Version {edited.version.number} is live.")
    if edited.version is not None:
        note = "The new name stays." if edited.renamed else ""
        undo = undoing.of_version(signal, edited.version, note)
        toasts.done(request, " ".join(said), undo)
    elif said:
        messages.success(request, " ".join(said))
    else:
        messages.info(request, "Nothing was changed, so no version was made.")
    return redirect(address_in_range(request, "signal", signal.project.slug, signal.uuid))


def _meanwhile(signal: Signal, begun: int, error: editing.Superseded) -> dict[str, Any]:
    """Say who made the version that is live now, and what it changed since ours was begun."""
    seen = SignalVersion.objects.filter(signal=signal, number=begun).first()
    return {
        "live": error.live,
        "begun": seen,
        "diff": diff(Question.of(seen), Question.of(error.live)) if seen else None,
    }


def _page(
    request: SignedInRequest,
    signal: Signal,
    form: EditForm,
    status: int = 200,
    meanwhile: dict[str, Any] | None = None,
) -> HttpResponse:
    context = {
        "project": form.project,
        "signal": signal,
        "form": form,
        "meanwhile": meanwhile,
        "save": f"Save as version {meanwhile['live'].number + 1}" if meanwhile else "Save",
        "fixed_scope": next(choice for choice in SCOPE_CHOICES if choice[0] == signal.scope),
        "types": [(value.value, title, text) for value, title, text in TYPE_CHOICES],
        "forecast": forecast.of_signal(signal, form["percent"].value(), timezone.now()),
        "waiting": counts.waiting(signal.project_id, signal.pk).n,
        "presets": PRESETS,
        "targets": TargetsForm(of_form="create"),
        "prompt_chars": versions.MAX_PROMPT_CHARS,
    }
    return render(request, "signals_app/edit.html", context, status=status)
