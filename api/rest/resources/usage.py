"""What judging came to and what it cost."""

from __future__ import annotations

from typing import Annotated

from django.utils import timezone
from ninja import Query
from pydantic import Field

from api import lookups
from api.rest import stretches
from api.rest.callers import CallerRequest
from api.rest.door import Resource
from api.rest.problems import invalid
from api.rest.stretches import Stretch
from api.rest.types import NOT_GIVEN, Id, Text
from api.shapes import usage as shapes
from api.shapes.usage import BudgetAnswer, UsageShape
from core.time_range.zones import known_zone
from signals_app.models import Signal
from signals_app.spending import budgets
from signals_app.spending.usage import usage
from traces.search.statement_timeout import TookTooLong

resource = Resource(tags=["usage"])


class UsageAsked(Stretch):
    """The stretch of time, and whose days they are."""

    signal: Annotated[Id, Field(description="Of this signal alone.")] = NOT_GIVEN
    time_zone: Text = Field("UTC", description="Whose midnights part the days, by its IANA name.")


@resource.get("/usage", response=UsageShape, operation_id="get_usage")
def get_usage(request: CallerRequest, query: Query[UsageAsked]) -> UsageShape:
    """Sum up labels, tokens and money by day, signal and source. A target counts on the day on
    which the judge was done with it, also in a run."""
    project = request.caller.project
    start, end = stretches.bounds(query, timezone.now())
    zone = known_zone(query.time_zone)
    if zone is None:
        raise invalid([("time_zone", "Name a time zone such as Europe/Berlin.")])
    one = lookups.given("signal", lookups.signal, project, query.signal) if query.signal else None
    found = usage(project, start, end, zone, [one.pk] if one else None)
    if found.took_too_long:
        raise TookTooLong
    ids = {day.signal_id for day in found.days if day.signal_id is not None}
    known = Signal.objects.filter(project=project).in_bulk(ids)
    return UsageShape(
        start=start,
        end=end,
        time_zone=zone.key,
        days=shapes.days_of(found.days, known),
        totals=shapes.totals_of(found.days),
    )


@resource.get("/budget", response=BudgetAnswer, operation_id="get_budget")
def get_budget(request: CallerRequest) -> BudgetAnswer:
    """Return the budget of the project and how this month stands. Owners and admins set it, on the
    project's page Spend: no key may."""
    standing = budgets.of_project(request.caller.project, timezone.now())
    return BudgetAnswer(budget=shapes.budget_of(standing) if standing else None)
