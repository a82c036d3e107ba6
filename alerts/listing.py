"""The alerts that somebody looks for, in an order, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Case, F, IntegerField, Prefetch, Q, Value, When

from alerts.models import Alert, AlertQuerySet, Destination
from core.paging import PAGE_SIZE, KeyPage, page_of_keys
from signals_app.models import Signal
from teams.models import Project, User

LATELY = timedelta(days=7)
#: What wants a look comes first.
URGENCY = (
    Alert.Standing.MET,
    Alert.Standing.BROKEN,
    Alert.Standing.HELD,
    Alert.Standing.NOT_EVALUABLE,
    Alert.Standing.NOT_MET,
    Alert.Standing.NEW,
    Alert.Standing.ASLEEP,
)
SORTS: dict[str, Any] = {
    "name": F("name"),
    "signal": F("signal__name"),
    "standing": F("urgency"),
    "evaluated": F("evaluated_at"),
    "fired": F("last_fired"),
    "firings": F("firings_since"),
}
#: Shown as "5 min ago": the smallest age comes first.
NEWEST_FIRST = {"evaluated", "fired"}
#: What `standing` may be beside those of an alert: in trouble that somebody must mend.
ATTENTION = "attention"


@dataclass(frozen=True, slots=True)
class AlertQuery:
    """Which alerts are asked for, and in which order.

    text: part of the alert's or its signal's name. state: "" leaves out the archived. standing: of
    alerts that are on, or ATTENTION. is_muted: by the person who asks. sort: a name of `SORTS`,
    with "-" before it for the other way.
    """

    text: str = ""
    signal: Signal | None = None
    state: str = ""
    standing: str = ""
    is_muted: bool | None = None
    sort: str = "standing"

    def __post_init__(self) -> None:
        """Raise ValidationError with messages by field: state, standing, sort."""
        known = {
            "state": ["", *Alert.State.values],
            "standing": ["", ATTENTION, *Alert.Standing.values],
            "sort": [f"{sign}{name}" for name in SORTS for sign in ("", "-")],
        }
        errors = {
            field: [f"Choose one of {', '.join(filter(None, values))}."]
            for field, values in known.items()
            if getattr(self, field) not in values
        }
        if errors:
            raise ValidationError(errors)


@dataclass(frozen=True, slots=True)
class AlertPage:
    """Alerts of one page, each with `last_fired`, `firings_since` and `failed_since` of the last 7
    days, `dead_channels`, and `is_muted` where a person asks. count: of all that match."""

    alerts: list[Any]
    place: KeyPage
    count: int


def page_of(
    project: Project,
    query: AlertQuery,
    now: datetime,
    user: User | None = None,
    older: UUID | None = None,
    newer: UUID | None = None,
    size: int = PAGE_SIZE,
) -> AlertPage:
    """Read a page in three queries: which alerts match and in which order, those of the page, and
    their channels in trouble. A project has at most MOST_ALERTS."""
    in_order = _sorted(matching(project, query, user).with_firings(now - LATELY), query.sort)
    keys = list(in_order.values_list("uuid", flat=True))
    place = page_of_keys(keys, older, newer, size)
    alerts = {alert.uuid: alert for alert in in_order.filter(uuid__in=place.keys)}
    return AlertPage([alerts[key] for key in place.keys if key in alerts], place, len(keys))


def matching(project: Project, query: AlertQuery, user: User | None = None) -> AlertQuerySet:
    """Return the alerts that the query names; archived ones only when asked for."""
    alerts = Alert.objects.of_project(project.pk)
    if user is not None:
        alerts = alerts.muted_by(user)
        if query.is_muted is not None:
            alerts = alerts.only_muted(user, query.is_muted)
    if query.state:
        alerts = alerts.filter(state=query.state)
    else:
        alerts = alerts.exclude(state=Alert.State.ARCHIVED)
    if query.signal:
        alerts = alerts.filter(signal=query.signal)
    if query.standing == ATTENTION:
        alerts = alerts.in_trouble()
    elif query.standing:  # a paused alert stands nowhere
        alerts = alerts.filter(standing=query.standing, state=Alert.State.ON)
    if query.text:
        named = Q(name__icontains=query.text) | Q(signal__name__icontains=query.text)
        alerts = alerts.filter(named)
    return alerts


def _sorted(alerts: AlertQuerySet, sort: str) -> AlertQuerySet:
    dead = Destination.objects.filter(paused_at__isnull=False)
    alerts = alerts.select_related("signal__agent").prefetch_related(
        Prefetch("destinations", queryset=dead, to_attr="dead_channels")
    )
    urgency = [
        When(standing=standing_name, state=Alert.State.ON, then=Value(rank))
        for rank, standing_name in enumerate(URGENCY)
    ]
    last = Value(len(URGENCY))
    alerts = alerts.annotate(urgency=Case(*urgency, default=last, output_field=IntegerField()))
    name = sort.removeprefix("-")
    is_falling = sort.startswith("-") != (name in NEWEST_FIRST)
    key = SORTS[name]
    order = key.desc(nulls_last=True) if is_falling else key.asc(nulls_last=True)
    return alerts.order_by(order, "name", "pk")
