"""Alerts, their firings, and where they would have fired."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alerts.decision.backtest import Event
from alerts.evaluation.backtesting import Replayed
from alerts.models import Alert, Firing, Kind
from api.inf import words
from api.shapes import links
from teams.models import Project

Row = dict[str, Any]
MOST_EVENTS = 500


def rows_of(project: Project, alerts: Sequence[Alert]) -> list[Row]:
    return [alert_of(project, alert) for alert in alerts]


def alert_of(project: Project, alert: Alert) -> Row:
    """Return an alert. When it was archived is not kept: it stands at its last change."""
    slack = next((d for d in alert.destinations.all() if d.kind == Kind.SLACK), None)
    is_archived = alert.state == Alert.State.ARCHIVED
    return {
        "id": str(alert.uuid),
        "signalId": str(alert.signal.uuid),
        "teamId": str(project.team.uuid),
        "projectId": str(project.uuid),
        "name": alert.name,
        "metric": alert.metric,
        "comparison": alert.comparison,
        "operator": alert.operator,
        "threshold": alert.threshold,
        "window": alert.window,
        "stringLabel": alert.label or None,
        "minLabelCount": alert.min_labels,
        "cooldownMinutes": alert.cooldown_min,
        "enabled": alert.state == Alert.State.ON,
        "slackChannelId": slack.address if slack else None,
        "slackChannelName": slack.address_name if slack else None,
        "lastEvaluatedAt": words.moment(alert.evaluated_at),
        "createdBy": alert.created_by.email if alert.created_by else None,
        "createdAt": words.moment(alert.created_at),
        "updatedAt": words.moment(alert.updated_at),
        "archivedAt": words.moment(alert.updated_at) if is_archived else None,
        "url": links.page("alert", project.slug, alert.uuid),
    }


def firing_of(firing: Firing, alert: Alert) -> Row:
    return {
        "id": str(firing.uuid),
        "alertId": str(alert.uuid),
        "signalId": str(alert.signal.uuid),
        "metric": firing.metric,
        "stringLabel": firing.label or None,
        "comparison": firing.comparison,
        "operator": firing.operator,
        "observedValue": firing.value,
        "baselineValue": firing.baseline,
        "changePercent": firing.change_pct,
        "threshold": firing.threshold,
        "window": firing.window,
        "labelCount": firing.labels,
        "firedAt": words.moment(firing.at),
    }


def backtest_of(replayed: Replayed, window: str) -> Row:
    """Return when a rule would have fired, the newest first."""
    found, rule = replayed.found, replayed.rule
    newest = sorted(found.firings, key=lambda event: event.at, reverse=True)
    return {
        "from": words.moment(replayed.since),
        "to": words.moment(replayed.until),
        "metric": str(rule.metric),
        "comparison": str(rule.comparison),
        "operator": str(rule.operator),
        "threshold": rule.threshold,
        "window": window,
        "firingCount": len(found.firings),
        "suppressedByCooldownCount": len(found.suppressed),
        "heldByGuardCount": len(found.held),
        "evaluatedMinutes": len(found.points),
        "notEvaluableMinutes": {str(reason): n for reason, n in found.missing.items()},
        "firings": [_event(event) for event in newest[:MOST_EVENTS]],
        "leftOut": max(0, len(newest) - MOST_EVENTS),
    }


def _event(event: Event) -> Row:
    reading = event.reading
    return {
        "firedAt": words.moment(event.at),
        "observedValue": reading.value,
        "baselineValue": reading.baseline,
    }
