"""Alerts, what they found, and what a rule would have done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from ninja import Schema

from alerts.decision.advice import Warning
from alerts.decision.backtest import Event
from alerts.decision.decide import Verdict
from alerts.decision.rule import WINDOWS, Rule
from alerts.evaluation.backtesting import Replayed
from alerts.models import Alert, Destination, Firing
from alerts.text import wording
from api.shapes import links, signals
from api.shapes.signals import SignalRef
from teams.models import Project


class RuleShape(Schema):
    """What is watched for. threshold: percent for pct_change (20 is up by 20 %), a fraction for an
    absolute share, a number for a count. sentence: the same in words."""

    metric: str
    label: str
    comparison: str
    operator: str
    threshold: float
    window: str
    min_labels: int
    cooldown_min: int
    guard: bool
    sentence: str


class ChannelShape(Schema):
    """Whom an alert tells. address: of a webhook the host alone; paused_reason: why nothing is
    sent there."""

    kind: str
    address: str
    paused_reason: str


class AlertShape(Schema):
    """An alert. standing: what the last evaluation said; value and baseline are those that it
    saw."""

    id: UUID
    name: str
    signal: SignalRef
    rule: RuleShape
    state: str
    standing: str
    standing_reason: str
    evaluated_at: datetime | None
    value: float | None
    baseline: float | None
    labels: int | None
    labels_before: int | None
    fired_at: datetime | None
    firings_7d: int | None
    is_muted: bool | None
    channels: list[ChannelShape]
    created_at: datetime
    updated_at: datetime
    url: str


class AlertStateShape(Schema):
    """How an alert stands."""

    id: UUID
    state: str
    standing: str
    standing_reason: str
    evaluated_at: datetime | None
    value: float | None
    baseline: float | None
    labels: int | None
    fired_at: datetime | None
    firings_7d: int


class FiringShape(Schema):
    """A firing, with the rule as it was then. note: that a version began in its window."""

    id: UUID
    alert: UUID
    at: datetime
    metric: str
    label: str
    comparison: str
    operator: str
    threshold: float
    window: str
    value: float
    baseline: float | None
    change_pct: float | None
    labels: int
    labels_before: int | None
    note: str
    url: str
    traces_url: str


class EventShape(Schema):
    """A minute at which a rule would have fired."""

    at: datetime
    value: float | None
    baseline: float | None


class MissingShape(Schema):
    """Minutes that could not be evaluated, and why."""

    reason: str
    minutes: int


class BacktestShape(Schema):
    """A rule on the counts of the past, minute by minute. suppressed: by the cooldown; held: by the
    guard. warnings: what speaks against the rule."""

    rule: RuleShape
    start: datetime
    end: datetime
    minutes: int
    minutes_met: int
    firings: int
    fired: list[EventShape]
    suppressed: int
    held: int
    missing: list[MissingShape]
    warnings: list[str]


def rule_of(rule: Rule) -> RuleShape:
    names = {length: name for name, length in WINDOWS.items()}
    return RuleShape(
        metric=rule.metric.value,
        label=rule.label,
        comparison=rule.comparison.value,
        operator=rule.operator.value,
        threshold=rule.threshold,
        window=names[rule.window],
        min_labels=rule.min_labels,
        cooldown_min=rule.cooldown // timedelta(minutes=1),
        guard=rule.guard,
        sentence=wording.condition(rule),
    )


def alert_of(
    project: Project,
    alert: Alert,
    destinations: Sequence[Destination],
    firings_7d: int | None = None,
    is_muted: bool | None = None,
) -> AlertShape:
    """is_muted: by the person who asks; None where no person does."""
    return AlertShape(
        id=alert.uuid,
        name=alert.name,
        signal=signals.ref(alert.signal),
        rule=rule_of(alert.rule),
        state=alert.state,
        standing=alert.standing,
        standing_reason=alert.standing_reason,
        evaluated_at=alert.evaluated_at,
        value=alert.value,
        baseline=alert.baseline,
        labels=alert.labels,
        labels_before=alert.labels_before,
        fired_at=alert.fired_at,
        firings_7d=firings_7d,
        is_muted=is_muted,
        channels=[
            ChannelShape(
                kind=each.kind, address=each.shown_address, paused_reason=each.paused_reason
            )
            for each in destinations
        ],
        created_at=alert.created_at,
        updated_at=alert.updated_at,
        url=links.page("alert", project.slug, alert.uuid),
    )


def state_of(alert: Alert, firings_7d: int) -> AlertStateShape:
    return AlertStateShape(
        id=alert.uuid,
        state=alert.state,
        standing=alert.standing,
        standing_reason=alert.standing_reason,
        evaluated_at=alert.evaluated_at,
        value=alert.value,
        baseline=alert.baseline,
        labels=alert.labels,
        fired_at=alert.fired_at,
        firings_7d=firings_7d,
    )


def firing_of(project: Project, firing: Firing) -> FiringShape:
    alert = firing.alert
    return FiringShape(
        id=firing.uuid,
        alert=alert.uuid,
        at=firing.at,
        metric=firing.metric,
        label=firing.label,
        comparison=firing.comparison,
        operator=firing.operator,
        threshold=firing.threshold,
        window=firing.window,
        value=firing.value,
        baseline=firing.baseline,
        change_pct=firing.change_pct,
        labels=firing.labels,
        labels_before=firing.labels_before,
        note=firing.version_note,
        url=links.page("alert", project.slug, alert.uuid),
        traces_url=links.page("firing_traces", project.slug, alert.uuid, firing.uuid),
    )


def backtest_of(done: Replayed, warnings: Sequence[Warning]) -> BacktestShape:
    found = done.found
    return BacktestShape(
        rule=rule_of(done.rule),
        start=done.since,
        end=done.until,
        minutes=len(found.points),
        minutes_met=sum(point.verdict is Verdict.MET for point in found.points),
        firings=len(found.firings),
        fired=[_event_of(event) for event in found.firings],
        suppressed=len(found.suppressed),
        held=len(found.held),
        missing=[
            MissingShape(reason=wording.MISSING[reason], minutes=n)
            for reason, n in sorted(found.missing.items(), key=lambda item: -item[1])
        ],
        warnings=[each.text for each in warnings],
    )


def _event_of(event: Event) -> EventShape:
    return EventShape(at=event.at, value=event.reading.value, baseline=event.reading.baseline)
