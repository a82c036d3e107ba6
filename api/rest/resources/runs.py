"""Manual runs: a signal's live version applied to the past."""

from __future__ import annotations

from typing import Annotated, Literal

from django.utils import timezone
from ninja import Path, Query, Schema
from pydantic import Field

from api import lookups
from api.rest import cursors, stretches
from api.rest.callers import CallerRequest
from api.rest.door import Resource, reads
from api.rest.resources.signals.definitions import SignalId
from api.rest.stretches import GivenStretch
from api.rest.types import NOT_GIVEN, CursorText, Fraction, Id, Limit
from api.shapes import runs as shapes
from api.shapes.runs import CancelledShape, PreviewShape, RetriedShape, RunDetailShape, RunShape
from signals_app.labels import counts
from signals_app.models import Run, Signal
from signals_app.runs import progress as run_progress
from signals_app.runs import retries, run_table, runs
from signals_app.runs.progress import Progress
from signals_app.runs.run_table import PAGES

resource = Resource(tags=["runs"])

RunId = Annotated[Id, Field(description="A run's id.")]


class RunGiven(GivenStretch):
    """Which stretch of the past is judged, and which share of it."""

    rate: Fraction | None = Field(None, description="Share of the targets; null: the signal's own.")


class SignalRunList(Schema):
    """Which runs of a signal."""

    state: Literal["running", "done", "cancelled"] = NOT_GIVEN
    cursor: CursorText = ""
    limit: Limit = 50


class RunList(SignalRunList):
    """Which runs of the project."""

    signal: Id = Field(NOT_GIVEN, description="A signal's id.")


class Runs(Schema):
    """Runs, the newest first."""

    items: list[RunShape]
    next_cursor: str | None


class Retried(Schema):
    """How many targets are judged again."""

    retried: int


@resource.post("/signals/{signal}/runs/preview", response=PreviewShape, operation_id="preview_run")
@reads
def preview_run(request: CallerRequest, signal: Path[SignalId], given: RunGiven) -> PreviewShape:
    """Say what a run would find and what it may cost, and start nothing."""
    found, now = lookups.signal(request.caller.project, signal), timezone.now()
    start, end = stretches.bounds(given, now)
    return shapes.preview_of(runs.preview(found, start, end, given.rate, now))


@resource.post("/signals/{signal}/runs", response={201: RunShape}, operation_id="start_run")
def start_run(request: CallerRequest, signal: Path[SignalId], given: RunGiven) -> RunShape:
    """Start a run of the live version over the past; what it judged before is passed over."""
    project, now = request.caller.project, timezone.now()
    found = lookups.signal(project, signal)
    start, end = stretches.bounds(given, now)
    run = runs.start(found, start, end, given.rate, request.caller.user, now)
    return shapes.run_of(project, _progress(run))


@resource.get("/signals/{signal}/runs", response=Runs, operation_id="list_runs_of_signal")
def list_runs_of_signal(
    request: CallerRequest, signal: Path[SignalId], query: Query[SignalRunList]
) -> Runs:
    """Return the runs of a signal, the newest first."""
    return _page(request, query, lookups.signal(request.caller.project, signal))


@resource.get("/runs", response=Runs, operation_id="list_runs")
def list_runs(request: CallerRequest, query: Query[RunList]) -> Runs:
    """Return the runs of the project, the newest first."""
    find, project = lookups.signal, request.caller.project
    signal = lookups.given("signal", find, project, query.signal) if query.signal else None
    return _page(request, query, signal)


@resource.get("/runs/{run}", response=RunDetailShape, operation_id="get_run")
def get_run(request: CallerRequest, run: Path[RunId]) -> RunDetailShape:
    """Return how far a run is, and why targets have no label."""
    project = request.caller.project
    found = lookups.run(project, run)
    reasons = counts.reasons_of_run(project.pk, found.pk)
    return shapes.detail_of(project, _progress(found), reasons)


@resource.post("/runs/{run}/cancel", response=CancelledShape, operation_id="cancel_run")
def cancel_run(request: CallerRequest, run: Path[RunId]) -> CancelledShape:
    """Stop a run; what is judged stays."""
    project = request.caller.project
    found = lookups.run(project, run)
    dropped = runs.cancel(found, timezone.now())
    return shapes.cancelled_of(project, _progress(found), dropped)


@resource.post("/runs/{run}/retry", response=RetriedShape, operation_id="retry_run")
def retry_run(request: CallerRequest, run: Path[RunId]) -> RetriedShape:
    """Judge again what failed or was refused in a run."""
    project = request.caller.project
    found = lookups.run(project, run)
    retried = retries.retry_run(found, timezone.now())
    return shapes.retried_of(project, _progress(found), retried)


@resource.post("/signals/{signal}/retry", response=Retried, operation_id="retry_signal")
def retry_signal(request: CallerRequest, signal: Path[SignalId]) -> Retried:
    """Judge again what failed or was refused under the live version, from wherever it came."""
    found = lookups.signal(request.caller.project, signal)
    return Retried(retried=retries.retry_failed(found, timezone.now()))


def _page(request: CallerRequest, query: SignalRunList, signal: Signal | None) -> Runs:
    project = request.caller.project
    older = cursors.read(request, query.cursor, PAGES.read)
    page = run_table.page_of(project, signal, query.state or "", older, query.limit)
    return Runs(
        items=[
            shapes.run_of(project, each) for each in run_progress.of_runs(page.rows, timezone.now())
        ],
        next_cursor=cursors.written(request, page.older),
    )


def _progress(run: Run) -> Progress:
    return run_progress.of_runs([run], timezone.now())[0]
