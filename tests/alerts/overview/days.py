"""Labels, failures and firings on the local day before, for tests of the overview."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.models import Alert, Firing, OverviewSubscription
from signals_app.models import Signal
from teams.models import Project, User
from tests.signals_app.labelled import label, new_agent, new_signal
from tests.traces.arrivals import member, new_project
from traces.models import Agent

#: A Wednesday, 08:00 in Berlin. The day before is Tuesday the 24th, [23:00, 23:00) in UTC.
NOW = datetime(2026, 11, 25, 7, tzinfo=UTC)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LONG_AGO = NOW - 30 * DAY


def a_project(name: str = "Support") -> Project:
    return new_project(name)


def a_signal(project: Project, template: str = "user_frustration", **changes: Any) -> Signal:
    agent = Agent.objects.filter(project=project).first() or new_agent(project)
    return new_signal(agent, template, **changes)


def labelled(signal: Signal, now: dict[str, int], before: dict[str, int] | None = None) -> None:
    """On the day that is reported, and on the one before it; around noon."""
    for name, n in now.items():
        label(signal, name, n, at=NOON)
    for name, n in (before or {}).items():
        label(signal, name, n, at=NOON - DAY)


def subscribed(
    project: Project,
    user: User | None = None,
    zone: str = "Europe/Berlin",
    since: datetime = LONG_AGO,
    **changes: Any,
) -> OverviewSubscription:
    user = user or member(project)
    user.time_zone = zone
    user.save()
    one = OverviewSubscription.objects.create(project=project, user=user, **changes)
    OverviewSubscription.objects.filter(pk=one.pk).update(created_at=since)
    one.refresh_from_db()
    return one


def fired(signal: Signal, at: datetime = NOON, name: str = "Too many") -> Firing:
    alert, _made = Alert.objects.get_or_create(
        project=signal.project,
        signal=signal,
        name=name,
        defaults={
            "metric": "label_volume",
            "comparison": "absolute",
            "operator": "gte",
            "threshold": 1.0,
            "window": "5m",
        },
    )
    return Firing.objects.create(
        project=signal.project,
        alert=alert,
        at=at,
        metric=alert.metric,
        comparison=alert.comparison,
        operator=alert.operator,
        threshold=alert.threshold,
        window=alert.window,
        value=2.0,
        labels=2,
        created_at=at,
    )
