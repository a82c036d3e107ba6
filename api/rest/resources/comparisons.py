"""Comparisons: two versions of a signal on the very same targets."""

from __future__ import annotations

from typing import Annotated, Literal

from django.http import Http404
from django.utils import timezone
from ninja import Path, Query, Schema
from pydantic import Field

from api import lookups
from api.rest import stretches
from api.rest.callers import CallerRequest
from api.rest.door import Resource
from api.rest.resources.signals.given import VersionNumber
from api.rest.resources.trials import Targets
from api.rest.stretches import GivenStretch
from api.rest.types import Id
from api.shapes import trials as shapes
from api.shapes.trials import ComparisonShape
from signals_app.models import Trial
from signals_app.trials import comparisons
from signals_app.trials.comparison_figures import ALL, shown
from signals_app.trials.trials import USUAL_TARGETS
from teams.models import Project

resource = Resource(tags=["comparisons"])
of_signal = Resource(tags=["comparisons"])

ComparisonId = Annotated[Id, Field(description="A comparison's id: that of its second trial.")]


class NewComparison(GivenStretch):
    """Two versions by their numbers, and on which targets."""

    before: VersionNumber
    after: VersionNumber
    targets: Targets = USUAL_TARGETS


class ComparisonView(Schema):
    show: Literal["flips", "unpaired", "all"] = Field(
        "all", description="Which rows: other labels, without a label under either, or all."
    )


@of_signal.post(
    "/{signal}/comparisons", response={201: ComparisonShape}, operation_id="create_comparison"
)
def create_comparison(
    request: CallerRequest,
    signal: Path[Annotated[Id, Field(description="A signal's id.")]],
    given: NewComparison,
) -> ComparisonShape:
    """Try two versions on the newest targets of a stretch of time; ask until it is not running."""
    project, now = request.caller.project, timezone.now()
    known = lookups.signal(project, signal)
    start, end = stretches.bounds(given, now)
    before = lookups.given("before", lookups.version, known, given.before)
    after = lookups.given("after", lookups.version, known, given.after)
    user = request.caller.user
    made = comparisons.start(known, before, after, start, min(end, now), given.targets, user, now)
    return shapes.comparison_of(project, shown(made, project, ALL))


@resource.get("/{comparison}", response=ComparisonShape, operation_id="get_comparison")
def get_comparison(
    request: CallerRequest, comparison: Path[ComparisonId], query: Query[ComparisonView]
) -> ComparisonShape:
    """Return how far the two agree, and where not."""
    project = request.caller.project
    return shapes.comparison_of(project, shown(_known(project, comparison), project, query.show))


@resource.post("/{comparison}/cancel", response=ComparisonShape, operation_id="cancel_comparison")
def cancel_comparison(request: CallerRequest, comparison: Path[ComparisonId]) -> ComparisonShape:
    """Ask nothing more under either version; what was answered stays."""
    project = request.caller.project
    comparisons.cancel(_known(project, comparison), timezone.now())
    return shapes.comparison_of(project, shown(_known(project, comparison), project, ALL))


def _known(project: Project, key: Id) -> Trial:
    trial = lookups.trial(project, key)
    if trial.before is None or trial.signal is None:
        raise Http404
    return trial
