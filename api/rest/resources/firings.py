"""What alerts found, and what a rule would have found."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone
from ninja import Path, Query, Schema

from alerts.editing import CONDITION, Condition
from alerts.evaluation import backtesting
from alerts.models import Firing
from api import lookups
from api.rest import cursors, stretches
from api.rest.callers import CallerRequest
from api.rest.door import Resource, reads
from api.rest.resources.alerts import AlertId, GivenCondition
from api.rest.stretches import GivenStretch, Stretch
from api.rest.types import CursorText, Id, Limit
from api.shapes import alerts as shapes
from api.shapes.alerts import BacktestShape, FiringShape
from core.paging import Pager
from signals_app.models import Signal

resource = Resource(tags=["alerts"])

#: In the order of `FiringQuerySet.newest_first`.
PAGES = Pager("at", "-id", int)


class FiringPage(Schema):
    cursor: CursorText = ""
    limit: Limit = 50


class FiringList(Stretch, FiringPage):
    """Firings of a stretch of time."""


class Firings(Schema):
    """Firings, the newest first."""

    items: list[FiringShape]
    next_cursor: str | None


class Replay(GivenStretch):
    """Over which past; the last 7 days if nothing is said, at most 30. with_runs: count the labels
    of runs, too."""

    with_runs: bool = False


#: What a backtest without a body is over.
LAST_WEEK = Replay.model_validate({})


class NewBacktest(GivenCondition, Replay):
    """A rule that need not be saved, on the past of a signal."""

    signal: Id


@resource.get("/firings", response=Firings, operation_id="list_firings")
def list_firings(request: CallerRequest, query: Query[FiringList]) -> Firings:
    """Return the firings of all alerts of the project, the newest first."""
    start, end = stretches.bounds(query, timezone.now())
    rows = Firing.objects.of_project(request.caller.project.pk).filter(at__gte=start, at__lt=end)
    return _page(request, rows, query)


@resource.get("/alerts/{alert}/firings", response=Firings, operation_id="list_firings_of_alert")
def list_firings_of_alert(
    request: CallerRequest, alert: Path[AlertId], query: Query[FiringPage]
) -> Firings:
    """Return the firings of one alert, the newest first, each with its numbers."""
    known = lookups.alert(request.caller.project, alert)
    return _page(request, Firing.objects.filter(alert=known), query)


@resource.post("/alerts/backtest", response=BacktestShape, operation_id="backtest_rule")
@reads
def backtest_rule(request: CallerRequest, given: NewBacktest) -> BacktestShape:
    """Say when a rule would have fired on the stored counts, by the decision that alerts take."""
    signal = lookups.given("signal", lookups.signal, request.caller.project, given.signal)
    return _replayed(signal, given.condition, given)


@resource.post("/alerts/{alert}/backtest", response=BacktestShape, operation_id="backtest_alert")
@reads
def backtest_alert(
    request: CallerRequest, alert: Path[AlertId], given: Replay | None = None
) -> BacktestShape:
    """Say when an alert would have fired with its rule of now."""
    known = lookups.alert(request.caller.project, alert)
    condition = Condition(**{name: getattr(known, name) for name in CONDITION})
    return _replayed(known.signal, condition, given or LAST_WEEK)


def _replayed(signal: Signal, condition: Condition, given: Replay) -> BacktestShape:
    now = timezone.now()
    start, end = stretches.bounds(given, now)
    tried = backtesting.of_condition(signal, condition, start, end, now, given.with_runs)
    return shapes.backtest_of(tried.done, tried.warnings)


def _page(request: CallerRequest, rows: QuerySet[Firing], query: FiringPage) -> Firings:
    older = cursors.read(request, query.cursor, PAGES.read)
    page = PAGES.page(rows.select_related("alert"), older, size=query.limit)
    project = request.caller.project
    return Firings(
        items=[shapes.firing_of(project, firing) for firing in page.rows],
        next_cursor=cursors.written(request, page.older),
    )
