"""A stored firing as the messages need it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse

from alerts.decision.rule import WINDOWS, Comparison, Metric, Operator, Rule
from alerts.models import Alert, Firing
from alerts.text.messages import Fired


def describe(firing: Firing) -> Fired:
    """Say a stored firing as messages need it; its alert, signal, agent and project are read."""
    alert, project = firing.alert, firing.project
    return Fired(
        uuid=firing.uuid,
        at=firing.at,
        start=firing.start,
        rule=rule_of(firing),
        value=firing.value,
        baseline=firing.baseline,
        change_pct=firing.change_pct,
        labels=firing.labels,
        labels_before=firing.labels_before,
        version_note=firing.version_note,
        alert=alert.name,
        alert_uuid=alert.uuid,
        signal=alert.signal.name,
        signal_uuid=alert.signal.uuid,
        agent=alert.signal.agent.name,
        project=project.name,
        project_slug=project.slug,
        alert_url=alert_url(alert, project.slug),
        traces_url=absolute("firing_traces", project.slug, alert.uuid, firing.uuid),
    )


def rule_of(firing: Firing) -> Rule:
    """Return the condition as it was when it fired."""
    return Rule(
        metric=Metric(firing.metric),
        comparison=Comparison(firing.comparison),
        operator=Operator(firing.operator),
        threshold=firing.threshold,
        window=WINDOWS[firing.window],
        label=firing.label,
    )


def alert_url(alert: Alert, slug: str) -> str:
    return absolute("alert", slug, alert.uuid)


def absolute(name: str, *args: Any) -> str:
    return str(settings.BASE_URL) + reverse(name, args=args)
