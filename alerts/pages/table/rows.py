"""The rows of the alerts page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts import listing
from alerts.listing import AlertQuery
from alerts.models import Alert
from alerts.pages import status_text as standing
from alerts.text import wording
from core.paging import KeyPage
from core.ui import wording as words
from teams.models import Project, User


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
    """Read a page of the table. chosen: what the form says."""
    muted = chosen.get("muted")
    query = AlertQuery(
        text=chosen.get("q") or "",
        signal=chosen.get("signal"),
        state=chosen.get("state") or "",
        standing=chosen.get("standing") or "",
        is_muted=muted == "yes" if muted else None,
        sort=chosen.get("sort") or "standing",
    )
    page = listing.page_of(project, query, now, user, chosen.get("older"), chosen.get("newer"))
    return TablePage([row_of(alert) for alert in page.alerts], page.place, page.count)


def row_of(alert: Any) -> Row:
    """Return the row of an alert as `listing.page_of` reads it."""
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
