"""Signals that are watched: with a past, with labels at given minutes, with alerts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from alerts.models import Alert, Delivery, Firing
from core.time_range.windows import floor
from signals_app.labels import count_changes
from signals_app.labels.count_changes import Counted
from signals_app.models import Signal, SignalVersion, StateChange
from tests.signals_app.labelled import new_agent, new_signal
from tests.traces.arrivals import new_project


def signal_since(since: datetime, template: str = "user_frustration", **changes: Any) -> Signal:
    """A signal of a project of its own, active since then."""
    signal = new_signal(new_agent(new_project()), template, **changes)
    began(signal, since)
    return signal


def began(signal: Signal, since: datetime) -> None:
    """As if its first version had been made, and it had been activated, at that moment."""
    StateChange.objects.filter(signal=signal).update(at=since)
    SignalVersion.objects.filter(signal=signal).update(created_at=since)
    Signal.objects.filter(pk=signal.pk).update(activated_at=since, created_at=since)
    signal.refresh_from_db()


def alert_of(signal: Signal, **changes: Any) -> Alert:
    """Watches the true rate for a rise by 20 % over five minutes, without the guard."""
    given: dict[str, Any] = {
        "name": f"Alert {Alert.objects.count() + 1}",
        "metric": "true_rate",
        "comparison": "pct_change",
        "operator": "gte",
        "threshold": 20.0,
        "window": "5m",
        "guard": False,
    }
    return Alert.objects.create(project=signal.project, signal=signal, **(given | changes))


def count(signal: Signal, counts: Iterable[tuple[datetime, str, int]], **changes: Any) -> None:
    """Adds to the counts: moment, label and how many. Without classifications behind them."""
    assert signal.live_version is not None
    kind: dict[str, Any] = {
        "version_id": signal.live_version.pk,
        "source": "live",
        "outcome": "labelled",
        "sample_rate": signal.live_version.sample_rate,
    } | changes
    change: count_changes.Changes = Counter()
    for at, label, n in counts:
        one = Counted(
            project_id=signal.project_id, signal_id=signal.pk, label=label, counted_at=at, **kind
        )
        for key in count_changes.changes([one], 1):
            change[key] += n
    count_changes.apply(change)


def firing_of(alert: Alert, at: datetime | None = None, **changes: Any) -> Firing:
    """That it fired, under the condition that it has today."""
    at = at or floor(timezone.now(), timedelta(minutes=1))
    given: dict[str, Any] = {
        "metric": alert.metric,
        "label": alert.label,
        "comparison": alert.comparison,
        "operator": alert.operator,
        "threshold": alert.threshold,
        "window": alert.window,
        "value": 0.3,
        "baseline": 0.1,
        "change_pct": 200.0,
        "labels": 100,
        "labels_before": 90,
        "created_at": at,
    }
    return Firing.objects.create(project=alert.project, alert=alert, at=at, **(given | changes))


def delivery_of(firing: Firing, kind: str = "email", **changes: Any) -> Delivery:
    given: dict[str, Any] = {
        "address": "ada@example.org",
        "key": f"firing:{firing.pk}:{kind}:{Delivery.objects.count()}",
        "state": "sent",
        "created_at": firing.at,
        "available_at": firing.at,
    }
    return Delivery.objects.create(
        project=firing.project, firing=firing, kind=kind, **(given | changes)
    )
