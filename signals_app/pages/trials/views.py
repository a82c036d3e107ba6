"""Trying a question before anybody commits to it: the test dialog and its pages.

Each page works as a plain GET or POST; htmx swaps the part with the id "trial", which stands
in a dialog on the signal's page and beside the form that makes a signal.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from core.numbers import number_in
from core.ui.fragments import wants_fragment
from signals_app.definition.versions import current_version
from signals_app.judging import judge_in_use
from signals_app.judging.model_server import endpoints
from signals_app.models import Signal, SignalVersion, Trial
from signals_app.pages.signal.views import find_signal
from signals_app.pages.trials.forms import MarkForm, QuestionForm, TargetsForm, UnsavedForm
from signals_app.trials import answers as trial_answers
from signals_app.trials import trials
from signals_app.trials.figures import figures, rows_of
from signals_app.trials.trials import CannotTry
from teams.access import SignedInRequest, get_project
from teams.models import Project

PART = "trial"
TRIALS_SHOWN = 5


@require_safe
@vary_on_headers("HX-Request")
def signal_test(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Show the dialog of a signal: the question of `?version=` (the live one), and which
    targets."""
    project = get_project(request, slug, write=True)
    signal = find_signal(project, uuid)
    version = _version(signal, request.GET.get("version", ""))
    question = QuestionForm(initial={"prompt": version.prompt})
    return _dialog(request, project, signal, version, question, TargetsForm())


@require_POST
def signal_try(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = get_project(request, slug, write=True)
    signal = find_signal(project, uuid)
    version = _version(signal, request.POST.get("version", ""))
    question, targets = QuestionForm(request.POST), TargetsForm(request.POST)
    if question.is_valid() & targets.is_valid():
        asked = _as_on_screen(trials.of_version(signal, version), question)
        try:
            return _shown(request, project, _start(request, asked, targets))
        except CannotTry as error:
            targets.add_error(None, str(error))
    return _dialog(request, project, signal, version, question, targets, status=422)


@require_POST
def trial_of_form(request: SignedInRequest, slug: str) -> HttpResponse:
    """Try the form that makes a signal as it stands, saving nothing of it.

    `on` is a trial whose targets are taken again.
    """
    project = get_project(request, slug, write=True)
    form, targets = UnsavedForm(project, request.POST), TargetsForm(request.POST)
    before = _find(project, on) if (on := _uuid(request.POST.get("on", ""))) else None
    troubles: list[tuple[str, str, str]] = []
    if form.is_valid() & (before is not None or targets.is_valid()):
        try:
            if before is not None:
                trial = trials.again(before, form.asked(), request.user, timezone.now())
            else:
                trial = _start(request, form.asked(), targets)
            return _shown(request, project, trial, is_inline=True)
        except CannotTry as error:
            troubles = [("", "", str(error))]
    troubles += form.errors_in_words()
    if before is None:
        troubles += [("", "Targets", str(said[0])) for said in targets.errors.values()]
    context = {"project": project, "troubles": troubles}
    return _part(request, "signals_app/_trial_refused.html", context, status=422)


@require_safe
@vary_on_headers("HX-Request")
def trial(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = get_project(request, slug)
    return _page(request, project, _find(project, uuid), QuestionForm())


@require_POST
def trial_cancel(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = get_project(request, slug, write=True)
    cancelled = _find(project, uuid)
    trial_answers.cancel(cancelled, timezone.now())
    return _shown(request, project, cancelled)


@require_POST
def trial_mark(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Take down what one label should have been, or take that back."""
    project = get_project(request, slug, write=True)
    marked = _find(project, uuid)
    form = MarkForm(marked, request.POST)
    given = form.cleaned_data if form.is_valid() else {}
    if not given or not trials.mark(marked, given["position"], given["wanted"]):
        said = "That row or label is not in this trial. Nothing was marked."
        return _page(request, project, marked, QuestionForm(), said, status=422)
    return _shown(request, project, marked)


@require_POST
def trial_again(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Try the question on screen on the very same targets."""
    project = get_project(request, slug, write=True)
    before = _find(project, uuid)
    form, said = QuestionForm(request.POST), ""
    if form.is_valid():
        asked = _as_on_screen(trials.of_trial(before), form)
        try:
            after = trials.again(before, asked, request.user, timezone.now())
            return _shown(request, project, after)
        except CannotTry as error:
            said = str(error)
    return _page(request, project, before, form, said, status=422)


def _find(project: Project, uuid: UUID) -> Trial:
    """Raises Http404 for a trial of another project, and for one that was pruned."""
    trials_so_named = Trial.objects.filter(project=project, uuid=uuid)
    trial = trials_so_named.select_related(
        "agent", "signal", "version", "before", "project"
    ).first()
    if trial is None:
        raise Http404
    return trial


def _version(signal: Signal, number: str) -> SignalVersion:
    """Return the version of that number, else the one that the signal's page shows."""
    wanted = number_in(number)
    version = signal.versions.filter(number=wanted).first() if wanted is not None else None
    return version or current_version(signal)


def _as_on_screen(asked: trials.Asked, question: QuestionForm) -> trials.Asked:
    """Return what is asked with the prompt that was typed."""
    typed = replace(asked.question, prompt=question.cleaned_data["prompt"])
    return trials.otherwise(asked, typed)


def _start(request: SignedInRequest, asked: trials.Asked, targets: TargetsForm) -> Trial:
    now = timezone.now()
    start, end = targets.stretch(now)
    count = targets.cleaned_data["count"]
    return trials.start(asked, start, end, count, request.user, now)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _dialog(
    request: SignedInRequest,
    project: Project,
    signal: Signal,
    version: SignalVersion,
    question: QuestionForm,
    targets: TargetsForm,
    status: int = 200,
) -> HttpResponse:
    context = {
        "project": project,
        "signal": signal,
        "version": version,
        "question": question,
        "targets": targets,
        "earlier": signal.trials.order_by("-created_at")[:TRIALS_SHOWN],
    }
    return _part(request, "signals_app/_trial_start.html", context, status)


def _shown(
    request: SignedInRequest, project: Project, trial: Trial, is_inline: bool = False
) -> HttpResponse:
    """Answer a change with the part where htmx asked for it, else lead on to the trial's page."""
    if not wants_fragment(request, PART):
        return redirect("trial", project.slug, trial.uuid)
    return _page(request, project, _find(project, trial.uuid), QuestionForm(), "", 200, is_inline)


def _page(
    request: SignedInRequest,
    project: Project,
    shown_trial: Trial,
    question: QuestionForm,
    said: str = "",
    status: int = 200,
    is_inline: bool = False,
) -> HttpResponse:
    rows = rows_of(shown_trial, project)
    if not question.is_bound:
        question = QuestionForm(initial={"prompt": shown_trial.prompt})
    judge = judge_in_use.chosen_for(project.pk, shown_trial)
    context: dict[str, Any] = {
        "judge_trouble": endpoints.trouble(judge.endpoint),
        "project": project,
        "trial": shown_trial,
        "signal": shown_trial.signal,
        "rows": rows,
        "figures": figures(shown_trial, rows),
        "question": question,
        "said": said,
        "is_inline": is_inline or "inline" in request.GET,
    }
    return _part(request, "signals_app/_trial.html", context, status)


def _part(
    request: SignedInRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render the part alone for htmx, else within a page of its own."""
    if wants_fragment(request, PART):
        return render(request, template, context, status=status)
    return render(request, "signals_app/trial.html", context | {"part": template}, status=status)
