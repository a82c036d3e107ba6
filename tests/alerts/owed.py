"""Firings with somebody to tell, for tests of deliveries."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from alerts.delivery.enqueueing import owe
from alerts.models import Alert, Delivery, Destination, Firing, Kind, SlackConnection
from core import sealing
from teams.models import Project, Team
from tests.alerts.watched import alert_of
from tests.fake_slack import TOKEN
from tests.signals_app.labelled import new_agent, new_signal
from tests.traces.arrivals import member, new_project

AT = datetime.fromisoformat("2026-11-25T14:05:00+00:00")
RULE: dict[str, Any] = {
    "metric": "true_rate",
    "comparison": "pct_change",
    "operator": "gte",
    "threshold": 20.0,
    "window": "1h",
}
FOUND: dict[str, Any] = {
    "value": 0.182,
    "baseline": 0.121,
    "change_pct": 50.4,
    "labels": 371,
    "labels_before": 402,
}


def new_alert(project: Project | None = None, **changes: Any) -> Alert:
    """Nobody is told yet. Without a project, in a new one with one member."""
    project = project or with_reader(new_project())
    signal = new_signal(new_agent(project, f"support {uuid4().hex[:4]}"))
    return alert_of(signal, **{"name": "Refunds go wrong", "guard": True, **RULE, **changes})


def with_reader(project: Project, email: str = "ada@example.org") -> Project:
    member(project, email=email)
    return project


def tell(alert: Alert, kind: Kind, address: str = "", **more: Any) -> Destination:
    return Destination.objects.create(alert=alert, kind=kind, address=address, **more)


def connected(team: Team, token: str = TOKEN) -> SlackConnection:
    return SlackConnection.objects.create(
        team=team,
        workspace_id="T1",
        workspace="Acme",
        token_sealed=sealing.seal(token),
        connected_at=timezone.now() - timedelta(days=1),
    )


def fire(alert: Alert, at: datetime = AT, **changes: Any) -> Firing:
    """Stored, with nothing owed yet."""
    rule = {name: getattr(alert, name) for name in (*RULE, "label")}
    given = {**rule, **FOUND, "created_at": at, **changes}
    return Firing.objects.create(project=alert.project, alert=alert, at=at, **given)


def owed(alert: Alert, now: datetime, at: datetime = AT) -> list[Delivery]:
    """The deliveries of a new firing."""
    firing = fire(alert, at)
    owe([firing], now)
    return list(Delivery.objects.filter(firing=firing).order_by("pk"))


def by_kind(alert: Alert) -> dict[str, Delivery]:
    """The message to each channel, without notices."""
    deliveries = Delivery.objects.filter(firing__alert=alert, notice="").order_by("pk")
    return {each.kind: each for each in deliveries}


def notices() -> list[Delivery]:
    return list(Delivery.objects.exclude(notice="").order_by("pk"))
