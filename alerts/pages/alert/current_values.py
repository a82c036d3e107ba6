"""What the last evaluation saw, in the words of the alert's page. Pure but for the alert given."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.models import Alert
from alerts.pages import status_text as standing
from alerts.pages.status_text import Standing
from alerts.text import wording
from core.ui import wording as words


@dataclass(frozen=True, slots=True)
class Figure:
    """One tile. value: "" where it is unknown, and then `note` is the reason."""

    title: str
    value: str
    note: str
    labels: int | None = None  # that it rests on


@dataclass(frozen=True, slots=True)
class Now:
    standing: Standing
    figures: list[Figure]


def of(alert: Alert) -> Now:
    figures = [_value(alert)]
    if alert.rule.is_change:
        figures += [_baseline(alert), _change(alert)]
    return Now(standing.of(alert), [*figures, _limit(alert)])


def _value(alert: Alert) -> Figure:
    title = wording.metric_name(alert.metric, alert.label)
    span = wording.span(alert.rule.window)
    if alert.value is None:
        return Figure(title, "", "nothing seen yet" if alert.labels is None else "no labels")
    return Figure(
        title,
        wording.value(alert.metric, alert.value),
        _of(alert.labels, f"the last {span}"),
        alert.labels,
    )


def _baseline(alert: Alert) -> Figure:
    span = f"the {wording.span(alert.rule.window)} before"
    title = span[0].upper() + span[1:]
    if alert.baseline is None:
        return Figure(title, "", "no labels" if alert.labels_before == 0 else "nothing seen yet")
    return Figure(
        title,
        wording.value(alert.metric, alert.baseline),
        _of(alert.labels_before, "it"),
        alert.labels_before,
    )


def _change(alert: Alert) -> Figure:
    value, before = alert.value, alert.baseline
    if value is None or not before:
        return Figure("Change", "", "needs both windows, and more than zero before")
    return Figure("Change", wording.change(100 * (value - before) / before), "")


def _limit(alert: Alert) -> Figure:
    """Say what it takes to fire, for a change also in the metric's own unit."""
    rule = alert.rule
    text, note = wording.threshold(rule), ""
    if rule.is_change and alert.baseline:
        reached = alert.baseline * (1 + rule.threshold / 100)
        note = f"that is {wording.value(alert.metric, reached)} now"
    return Figure("Fires at", text, note)


def _of(labels: int | None, where: str) -> str:
    if labels is None:
        return ""
    few = ", few" if labels < words.FEW else ""
    return f"of {words.number(labels)} label{'' if labels == 1 else 's'} in {where}{few}"
