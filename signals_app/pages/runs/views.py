"""Runs over past traffic: what one would find, starting it, watching it, stopping it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from core.time_range.links import address_in_range
from core.time_range.moments import utc_text
from core.ui import wording
from core.ui.fragments import wants_fragment
from core.ui.refreshing import is_shown, nothing_new
from signals_app.definition.versions import current_version
from signals_app.labels import counts
from signals_app.models import Run, Signal, SignalVersion
from signals_app.pages import page_stamps
from signals_app.pages.runs import rows as run_rows
from signals_app.pages.runs.forms import RunForm, given_or_default
from signals_app.pages.runs.rows import RunRow
from signals_app.pages.signal.views import find_signal
from signals_app.runs import retries, runs
from teams.access import SignedInRequest, get_project
from teams.models import Project

#: How often the page of a run under way asks for news.
RUNNING_S = 2


@require_safe
def signal_runs(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Show the newest runs of a signal."""
    project = get_project(request, slug)
    signal, now = find_signal(project, uuid), timezone.now()
    runs = run_rows.newest(signal, run_rows.MOST_LISTED, now)
    stamp = page_stamps.of_runs([row.progress for row in runs], now)
    if is_shown(request, stamp):
        return nothing_new()
    context = {"project": project, "signal": signal, "runs": runs, "stamp": stamp}
    return render(request, "signals_app/runs.html", context)


@require_safe
@vary_on_headers("HX-Request")
def signal_run_new(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Show the form, and what the run would find; the address holds what was chosen."""
    project = get_project(request, slug, write=True)
    signal, now = find_signal(project, uuid), timezone.now()
    version = current_version(signal)
    form = RunForm(given_or_default(request.GET, version, now), now)
    context = _form_context(project, signal, version, form)
    if wants_fragment(request, "run-preview"):
        return render(request, "signals_app/run_preview.html", context | {"is_fragment": True})
    return render(request, "signals_app/run_new.html", context)


@require_POST
def signal_run_start(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = get_project(request, slug, write=True)
    signal, now = find_signal(project, uuid), timezone.now()
    form = RunForm(request.POST, now)
    if form.is_valid():
        try:
            may_exceed = project.viewer_can_manage and "exceed" in request.POST
            run = runs.start(signal, *form.window, form.rate, request.user, now, may_exceed)
        except runs.CannotRun as error:
            form.add_error(None, str(error))
        except ValidationError as error:
            form.show(error)
        else:
            return redirect(address_in_range(request, "signal_run", slug, uuid, run.uuid))
    version = current_version(signal)
    context = _form_context(project, signal, version, form)
    return render(request, "signals_app/run_new.html", context, status=422)


@require_safe
def signal_run(request: SignedInRequest, slug: str, uuid: UUID, run: UUID) -> HttpResponse:
    """Show one run, which brings itself up to date while it is under way."""
    project = get_project(request, slug)
    signal, now = find_signal(project, uuid), timezone.now()
    row = run_rows.rows_of([find_run(signal, run)], now)[0]
    stamp = page_stamps.of_run(row.progress, signal, now)
    if is_shown(request, stamp):
        return nothing_new()
    context = _run_context(project, signal, row) | {"stamp": stamp, "refresh_s": RUNNING_S}
    return render(request, "signals_app/run.html", context)


@require_POST
def signal_run_cancel(request: SignedInRequest, slug: str, uuid: UUID, run: UUID) -> HttpResponse:
    signal = find_signal(get_project(request, slug, write=True), uuid)
    chosen = find_run(signal, run)
    try:
        dropped = runs.cancel(chosen, timezone.now())
    except runs.CannotRun as error:
        messages.error(request, str(error))
    else:
        words = f"The run is cancelled. {wording.number(dropped)} waiting targets were dropped; "
        messages.success(request, words + "what is judged stays.")
    return redirect(address_in_range(request, "signal_run", slug, uuid, run))


@require_POST
def signal_run_retry(request: SignedInRequest, slug: str, uuid: UUID, run: UUID) -> HttpResponse:
    signal = find_signal(get_project(request, slug, write=True), uuid)
    try:
        taken = retries.retry_run(find_run(signal, run), timezone.now())
    except retries.CannotRetry as error:
        messages.error(request, str(error))
    else:
        _say_taken(request, taken)
    return redirect(address_in_range(request, "signal_run", slug, uuid, run))


@require_POST
def signal_retry(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Retry what failed or was refused under the live version, from wherever it came."""
    signal = find_signal(get_project(request, slug, write=True), uuid)
    try:
        taken = retries.retry_failed(signal, timezone.now())
    except retries.CannotRetry as error:
        messages.error(request, str(error))
    else:
        _say_taken(request, taken)
    return redirect(address_in_range(request, "signal", slug, uuid))


def find_run(signal: Signal, uuid: UUID) -> Run:
    """Return a run with its version and who started it. Raises Http404 for a run of another
    signal."""
    rows = Run.objects.filter(project_id=signal.project_id, signal=signal, uuid=uuid)
    run = rows.select_related("version", "created_by", "signal__project").first()
    if run is None:
        raise Http404
    return run


def _form_context(
    project: Project, signal: Signal, version: SignalVersion, form: RunForm
) -> dict[str, Any]:
    context = {"project": project, "signal": signal, "version": version, "form": form}
    if not form.is_valid():
        return context
    preview = runs.preview(signal, *form.window, form.rate, form.now)
    found = {"preview": preview.found, "estimate": preview.estimate}
    return context | found | {"ends_at": preview.end, "over_budget": preview.over_budget}


def _run_context(project: Project, signal: Signal, row: RunRow) -> dict[str, Any]:
    return {
        "project": project,
        "signal": signal,
        "run": row.run,
        "row": row,
        "progress": row.progress,
        "reasons": counts.reasons_of_run(project.pk, row.run.pk) if row.unlabelled else [],
        "labels_url": _labels_url(project, signal, row.run),
    }


def _labels_url(project: Project, signal: Signal, run: Run) -> str:
    """Return the address of the signal's page over the range of the run."""
    since, until = utc_text(run.start), utc_text(run.end + timedelta(minutes=1))
    query = urlencode({"range": "custom", "since": since, "until": until, "source": "run"})
    return f"{reverse('signal', args=[project.slug, signal.uuid])}?{query}"


def _say_taken(request: SignedInRequest, taken: int) -> None:
    if not taken:
        messages.success(request, "Nothing has failed or was refused, so nothing is retried.")
        return
    many = taken != 1
    words = f"{wording.number(taken)} target{'s are' if many else ' is'} judged again."
    if taken >= retries.MOST:
        words += " There may be more: retry again when these are done."
    messages.success(request, words)
