"""Runs: a version over past traffic, looked at before it starts, watched, stopped, retried."""

from __future__ import annotations

from typing import Annotated

from django.db.models import QuerySet
from django.utils import timezone
from ninja import Path, Query, Schema
from pydantic import Field

from api import lookups
from api.rest import cursors, stretches
from api.rest.callers import CallerRequest
from api.rest.door import Resource, reads
from api.rest.problems import Refused
from api.rest.resources.signals.definitions import SignalId
from api.rest.stretches import GivenStretch
from api.rest.types import CursorText, Fraction, Id, Limit
from api.shapes import runs as shapes
from api.shapes.runs import PreviewShape, RunShape
from core.paging import Pager
from signals_app.definition.versions import current_version
from signals_app.labels import counts
from signals_app.models import Run
from signals_app.runs import cost as run_cost
from signals_app.runs import preview as run_preview
from signals_app.runs import progress, retries, runs
from teams.models import Project

resource = Resource(tags=["runs"])
of_signal = Resource(tags=["runs"])

PAGES = Pager("created_at", "-id", int)
RunId = Annotated[Id, Field(description="A run's id.")]


class RunList(Schema):
    cursor: CursorText = ""
    limit: Limit = 50


class Runs(Schema):
    """Runs, the newest first."""

    items: list[RunShape]
    next_cursor: str | None


class NewRun(GivenStretch):
    """Over which past traffic, and which share of it; without a rate, the version's."""

    rate: Fraction | None = None


class Retried(Schema):
    run: RunShape
    retried: int


@of_signal.post("/{signal}/runs/preview", response=PreviewShape, operation_id="preview_run")
@reads
def preview_run(request: CallerRequest, signal: Path[SignalId], given: NewRun) -> PreviewShape:
    """Say what a run would find, and what it may cost; nothing is judged."""
    known, now = lookups.signal(request.caller.project, signal), timezone.now()
    start, end = stretches.bounds(given, now)
    version = current_version(known)
    runs.check_window(start, end, now)
    rate = version.sample_rate if given.rate is None else given.rate
    ends = min(end, now)
    found = run_preview.count(known, version, start, ends, rate)
    estimate = run_cost.estimate(known, found.to_judge, now)
    return shapes.preview_of(start, ends, rate, found, estimate)


@of_signal.post("/{signal}/runs", response={201: RunShape}, operation_id="create_run")
def create_run(request: CallerRequest, signal: Path[SignalId], given: NewRun) -> RunShape:
    """Judge past traffic by the live version; what it judged before is passed over."""
    known, now = lookups.signal(request.caller.project, signal), timezone.now()
    bounds = stretches.bounds(given, now)
    made = runs.start(known, *bounds, given.rate, request.caller.user, now)
    return _shape(request.caller.project, made)


@of_signal.get("/{signal}/runs", response=Runs, operation_id="list_runs_of_signal")
def list_runs_of_signal(
    request: CallerRequest, signal: Path[SignalId], query: Query[RunList]
) -> Runs:
    """Return the runs of one signal, the newest first."""
    known = lookups.signal(request.caller.project, signal)
    return _page(request, Run.objects.filter(signal=known), query)


@resource.get("", response=Runs, operation_id="list_runs")
def list_runs(request: CallerRequest, query: Query[RunList]) -> Runs:
    """Return the runs of the project, the newest first."""
    return _page(request, Run.objects.all(), query)


@resource.get("/{run}", response=RunShape, operation_id="get_run")
def get_run(request: CallerRequest, run: Path[RunId]) -> RunShape:
    """Say how far a run is, and why targets have no label."""
    return _shape(request.caller.project, lookups.run(request.caller.project, run))


@resource.post("/{run}/cancel", response=RunShape, operation_id="cancel_run")
def cancel_run(request: CallerRequest, run: Path[RunId]) -> RunShape:
    """Stop a run; what is judged stays."""
    known = lookups.run(request.caller.project, run)
    if known.state != Run.State.RUNNING:
        words = f"This run is {known.get_state_display().lower()} already."
        raise Refused(409, "conflict", words)
    runs.cancel(known, timezone.now())
    return _shape(request.caller.project, known)


@resource.post("/{run}/retry", response=Retried, operation_id="retry_run")
def retry_run(request: CallerRequest, run: Path[RunId]) -> Retried:
    """Judge again what failed or was refused in a run."""
    known = lookups.run(request.caller.project, run)
    retried = retries.retry_run(known, timezone.now())
    return Retried(run=_shape(request.caller.project, known), retried=retried)


def _page(request: CallerRequest, rows: QuerySet[Run], query: RunList) -> Runs:
    project = request.caller.project
    older = cursors.read(request, query.cursor, PAGES.read)
    rows = rows.filter(project=project).select_related("signal", "version", "created_by")
    page = PAGES.page(rows, older, size=query.limit)
    items = [shapes.run_of(project, each) for each in progress.of_runs(page.rows, timezone.now())]
    return Runs(items=items, next_cursor=cursors.written(request, page.older))


def _shape(project: Project, run: Run) -> RunShape:
    (how_far,) = progress.of_runs([run], timezone.now())
    return shapes.run_of(project, how_far, counts.reasons_of_run(project.pk, run.pk))
