"""The rows of the alerts page, in a fixed number of queries whatever their number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, F, IntegerField, Prefetch, Q, Value, When

from alerts.models import Alert, AlertQuerySet, Destination
from alerts.pages import status_text as standing
from alerts.text import wording
from core.paging import KeyPage, page_of_keys
from core.ui import wording as words
from teams.models import Project, User

PAGE_SIZE = 50
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
ATTENTION = "attention"


@dataclass(frozen=True, slots=True)
class Row:
    alert: Alert
    condition: str
    standing: standing.Standing
    value: str  # what the last evaluation saw, "" for nothing
    last_fired: datetime | None
    firings: int
    is_muted: bool
    troubles: list[str]

    @property
    def shown(self) -> tuple[object, ...]:
        """Plain values: when they differ, the row looks different."""
        changed = (self.alert.pk, self.alert.updated_at, self.alert.state, self.alert.evaluated_at)
        seen = (self.standing, self.value, self.last_fired, self.firings)
        return (*changed, *seen, self.is_muted, *self.troubles)


@dataclass(frozen=True, slots=True)
class TablePage:
    """One page of the table. place: of its rows in the list; count: of all alerts that match."""

    rows: list[Row]
    place: KeyPage
    count: int

    @property
    def last(self) -> int:
        return self.place.first + len(self.rows) - 1


def page_of_rows(project: Project, user: User, chosen: dict[str, Any], now: datetime) -> TablePage:
    """Read a page in three queries: which alerts match and in which order, those of the page, and
    their channels in trouble. A project has at most MOST_ALERTS."""
    alerts_that_match = matching(project, user, chosen).with_firings(now - LATELY)
    in_order = _sorted(alerts_that_match, chosen.get("sort") or "standing")
    keys = list(in_order.values_list("uuid", flat=True))
    place = page_of_keys(keys, chosen.get("older"), chosen.get("newer"), PAGE_SIZE)
    alerts = {alert.uuid: alert for alert in in_order.filter(uuid__in=place.keys)}
    rows = [row_of(alerts[key]) for key in place.keys if key in alerts]
    return TablePage(rows, place, len(keys))


def matching(project: Project, user: User, chosen: dict[str, Any]) -> AlertQuerySet:
    """Return the alerts that the filters leave; archived ones only when asked for."""
    alerts = Alert.objects.of_project(project.pk).muted_by(user)
    if state := chosen.get("state"):
        alerts = alerts.filter(state=state)
    else:
        alerts = alerts.exclude(state=Alert.State.ARCHIVED)
    if signal := chosen.get("signal"):
        alerts = alerts.filter(signal=signal)
    if stands := chosen.get("standing"):
        alerts = alerts.in_trouble() if stands == ATTENTION else _standing(alerts, stands)
    if muted := chosen.get("muted"):
        alerts = alerts.only_muted(user, muted == "yes")
    if text := chosen.get("q"):
        alerts = alerts.filter(Q(name__icontains=text) | Q(signal__name__icontains=text))
    return alerts


def row_of(alert: Any) -> Row:
    """Return the row of an alert as `page_of_rows` reads it."""
    troubles = [
        f"{dead_channel.get_kind_display()}: {dead_channel.paused_reason}"
        for dead_channel in alert.dead_channels
    ]
    if alert.failed_since:
        many = "message was" if alert.failed_since == 1 else "messages were"
        troubles.append(f"{alert.failed_since:,} {many} not delivered in the last 7 days.")
    return Row(
        alert=alert,
        condition=wording.headline(alert.rule),
        standing=standing.of(alert),
        value=_seen(alert),
        last_fired=alert.last_fired,
        firings=alert.firings_since,
        is_muted=alert.is_muted,
        troubles=troubles,
    )


def _seen(alert: Alert) -> str:
    """Say a share with the labels that it rests on."""
    if alert.value is None:
        return ""
    said = wording.value(alert.metric, alert.value)
    return f"{said} of {words.number(alert.labels or 0)}" if alert.rule.metric.is_share else said


def _standing(alerts: AlertQuerySet, stands: str) -> AlertQuerySet:
    """Narrow to a standing; a paused alert stands nowhere."""
    return alerts.filter(standing=stands, state=Alert.State.ON)


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
