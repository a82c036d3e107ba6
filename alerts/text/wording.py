"""Alerts in words, the same on pages, in e-mails and in Slack. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from alerts.decision.decide import Missing
from alerts.decision.rule import WINDOWS, Metric, Operator, Rule
from core.ui import wording

MINUS = "\N{MINUS SIGN}"
NAMES = {window: name for name, window in WINDOWS.items()}

MISSING = {
    Missing.NO_LABELS: "No labels in the window, so there is no share.",
    Missing.NO_LABELS_BEFORE: "No labels in the window before: there is nothing to compare with.",
    Missing.ZERO_BEFORE: "It was zero in the window before: a change from zero has no percentage.",
    Missing.FEW_LABELS: "Fewer labels in the window than the alert asks for.",
    Missing.FEW_LABELS_BEFORE: "Fewer labels in the window before than the alert asks for.",
    Missing.NOT_ACTIVE: "The signal was not active for the whole window.",
    Missing.NOT_ACTIVE_BEFORE: "The signal was not active for the whole window before.",
}
HELD = "The number is there, but chance alone could have made it: too few labels to be sure."
BROKEN = "It could not be evaluated ({error}); the worker's log says more."


def metric_name(metric: str, label: str) -> str:
    """ "True rate", "Label volume", "Share of “failed”", "Count of “failed”"."""
    if metric == Metric.LABEL_VOLUME:
        return "Label volume"
    if metric == Metric.TRUE_RATE:
        return "True rate"
    return f"{'Share' if metric == Metric.VALUE_SHARE else 'Count'} of “{label}”"


def headline(rule: Rule) -> str:
    """Say the rule in a line for a subject or a title: "Label volume above 1 over 5m"."""
    what = metric_name(rule.metric, rule.label)
    return f"{what} {_predicate(rule)} over {NAMES[rule.window]}"


def condition(rule: Rule) -> str:
    """Say the rule in a sentence: "Label volume is above 1 over 5 min." """
    verb = "goes" if rule.is_change and _is_plain(rule) else "is"
    what = metric_name(rule.metric, rule.label)
    compared = f", compared with the {span(rule.window)} before" if rule.is_change else ""
    return f"{what} {verb} {_predicate(rule)} over {span(rule.window)}{compared}."


def value(metric: str, number: float) -> str:
    """Say a share as "12.4 %"; counts at equal sampling are whole or "≈ 1,234"."""
    if Metric(metric).is_share:
        return wording.percent(number, 1)
    if abs(number - round(number)) < 1e-6:
        return wording.number(round(number))
    return f"≈ {wording.number(round(number))}"


def threshold(rule: Rule) -> str:
    if rule.is_change:
        return change(rule.threshold)
    if rule.metric.is_share:
        return f"{_trimmed(100 * rule.threshold)} %"
    return _trimmed(rule.threshold)


def change(percentage: float) -> str:
    """Signed, with a real minus: "+20 %"."""
    sign = MINUS if percentage < 0 else "+"
    return f"{sign}{_trimmed(abs(round(percentage, 1)))} %"


def span(length: timedelta) -> str:
    return wording.duration(length / timedelta(milliseconds=1))


def _predicate(rule: Rule) -> str:
    if not rule.is_change:
        return f"{'above' if rule.operator == Operator.GTE else 'below'} {threshold(rule)}"
    if _is_plain(rule):
        way = "up" if rule.operator == Operator.GTE else "down"
        return f"{way} by {_trimmed(abs(rule.threshold))} %"
    way = "above" if rule.operator == Operator.GTE else "below"
    return f"changed by {way} {change(rule.threshold)}"


def _is_plain(rule: Rule) -> bool:
    """Say whether it is a rise by a positive percentage, or a fall by a negative one."""
    return rule.threshold >= 0 if rule.operator == Operator.GTE else rule.threshold <= 0


def _trimmed(number: float) -> str:
    return wording.number(round(number, 4) if number % 1 else int(number))


def asleep(state: str) -> str:
    """Why an alert sleeps: the state of its signal."""
    if state == "active":
        return "The signal was not active at the last look."
    return f"The signal is {'a draft' if state == 'draft' else state}."


def without_rate(number: int) -> str:
    return f"Version {number} of the signal is not binary, so there is no true rate to watch."


def without_label(number: int, label: str) -> str:
    return f"Version {number} of the signal has no label “{label}” to watch."


def version_note(rule: Rule, at: datetime, began: Iterable[tuple[int, datetime]]) -> str:
    """began: numbers and times of versions. "Version 3 began at 12:04 UTC inside the window." """
    return " ".join(
        f"Version {number} began at {_time(moment, at)} {_place(rule, at - moment)}."
        for number, moment in began
        if at - rule.reach < moment < at
    )


def _place(rule: Rule, age: timedelta) -> str:
    return "inside the window" if age < rule.window else "inside the window before"


def _time(moment: datetime, at: datetime) -> str:
    """Say a time, with its day where that is another one."""
    moment, at = moment.astimezone(UTC), at.astimezone(UTC)
    day = "" if moment.date() == at.date() else f" on {moment.day} {moment:%b}"
    return f"{moment:%H:%M} UTC{day}"
