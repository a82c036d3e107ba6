"""Two versions on the same targets: the form with what it may cost, and what came of it.

Each page works as a plain GET or POST; htmx swaps what is said before it starts, and the
comparison while it goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from core.ui.fragments import wants_fragment
from signals_app.definition.diffs import Diff, Question, diff
from signals_app.judging.model_server import endpoints
from signals_app.models import Signal, SignalVersion, Trial
from signals_app.pages.compare.forms import (
    CompareTargetsForm,
    PairForm,
    ShowForm,
    given_or_default,
)
from signals_app.pages.signal.views import find_signal
from signals_app.runs import cost as run_cost
from signals_app.trials import comparisons, trials
from signals_app.trials.comparison_figures import SHOWS, shown
from signals_app.trials.trials import CannotTry
from teams.access import SignedInRequest, get_project
from teams.models import Project

EARLIER_SHOWN = 5


@require_safe
@vary_on_headers("HX-Request")
def signal_compare(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Show which versions and targets, and what that may cost; the address holds what was
    chosen."""
    project = get_project(request, slug, write=True)
    signal = find_signal(project, uuid)
    pair, targets = _forms(signal, request.GET)
    return _new(request, project, signal, pair, targets)


@require_POST
def signal_compare_start(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = get_project(request, slug, write=True)
    signal, now = find_signal(project, uuid), timezone.now()
    pair, targets = _forms(signal, request.POST)
    if pair.is_valid() & targets.is_valid():
        stretch, most = targets.stretch(now), targets.cleaned_data["count"]
        try:
            made = comparisons.start(signal, *pair.pair, *stretch, most, request.user, now)
            return redirect("comparison", slug, made.uuid)
        except CannotTry as error:
            targets.add_error(None, str(error))
    return _new(request, project, signal, pair, targets, status=422)


@require_safe
@vary_on_headers("HX-Request")
def comparison(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Show one comparison; the fragment asks for itself again while it goes on."""
    project = get_project(request, slug)
    after = _find(project, uuid)
    show = ShowForm(request.GET).shown
    compared = shown(after, project, show)
    context: dict[str, Any] = {
        "project": project,
        "signal": after.signal,
        "trial": after,
        "comparison": compared,
        "show": show,
        "shows": SHOWS,
        "judge_trouble": endpoints.trouble(compared.after.judge.endpoint),
    }
    if wants_fragment(request, "comparison"):
        return render(request, "signals_app/_comparison.html", context)
    assert after.before is not None
    context["diff"] = _asked_otherwise(after.before.version, after.version)
    return render(request, "signals_app/comparison.html", context)


@require_POST
def comparison_cancel(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    after = _find(get_project(request, slug, write=True), uuid)
    comparisons.cancel(after, timezone.now())
    return redirect("comparison", slug, uuid)


def earlier(signal: Signal) -> list[Trial]:
    """Return the newest comparisons of two of the signal's versions."""
    rows = signal.trials.filter(before__version__isnull=False, version__isnull=False)
    return list(rows.select_related("version", "before__version").order_by("-pk")[:EARLIER_SHOWN])


def _find(project: Project, uuid: UUID) -> Trial:
    """Return a trial with one before it. Raises Http404 for others, and for one that was pruned."""
    rows = Trial.objects.filter(project=project, uuid=uuid, before__isnull=False)
    related = ("agent", "signal", "version", "before__version", "project")
    trial = rows.select_related(*related).first()
    if trial is None:
        raise Http404
    return trial


def _forms(signal: Signal, given: Mapping[str, str]) -> tuple[PairForm, CompareTargetsForm]:
    versions = list(signal.versions.order_by("-number"))
    values = given_or_default(given, signal, versions)
    return PairForm(signal, versions, values), CompareTargetsForm(values)


def _new(
    request: SignedInRequest,
    project: Project,
    signal: Signal,
    pair: PairForm,
    targets: CompareTargetsForm,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "project": project,
        "signal": signal,
        "pair": pair,
        "targets": targets,
        "is_only_one": len(pair.by_number) == 1,
    }
    if pair.is_valid() & targets.is_valid():
        context |= _preview(signal, pair, targets, timezone.now())
    if wants_fragment(request, "compare-preview"):
        context["is_fragment"] = True
        return render(request, "signals_app/compare_preview.html", context, status=status)
    context["earlier"] = earlier(signal)
    return render(request, "signals_app/compare_new.html", context, status=status)


def _preview(
    signal: Signal, pair: PairForm, targets: CompareTargetsForm, now: datetime
) -> dict[str, Any]:
    """Say what would be judged, and what differs between the two."""
    before, after = pair.pair
    start, end = targets.stretch(now)
    asked = trials.of_version(signal, after)
    matching = len(trials.newest(asked, start, end, targets.cleaned_data["count"]))
    return {
        "before": before,
        "after": after,
        "found": matching,
        "answers": 2 * matching,
        "estimate": run_cost.estimate(signal, 2 * matching, now),
        "diff": _asked_otherwise(before, after),
    }


def _asked_otherwise(before: SignalVersion | None, after: SignalVersion | None) -> Diff | None:
    """Say what the judge is asked differently: a trial takes every target, whatever the rate.

    None where either question was never saved.
    """
    if before is None or after is None:
        return None
    question, other = Question.of(before), Question.of(after)
    return diff(question, replace(other, sample_rate=question.sample_rate))
