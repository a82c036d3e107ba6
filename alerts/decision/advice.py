"""What a signal's labels suggest to watch, and what a condition gets wrong. Pure.

A warning is not an error: people may know better. Sentiments say which way is bad.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from alerts.decision.rule import COOLDOWNS_MIN, TRUE, WINDOWS, Comparison, Metric, Operator, Rule
from alerts.text import wording
from signals_app.models import Sentiment, SignalVersion

Binary = SignalVersion.Type.BINARY

#: As the sentence of the form has them: what each way of changing or standing means.
DIRECTIONS = {
    "increases": (Comparison.PCT_CHANGE, Operator.GTE),
    "decreases": (Comparison.PCT_CHANGE, Operator.LTE),
    "above": (Comparison.ABSOLUTE, Operator.GTE),
    "below": (Comparison.ABSOLUTE, Operator.LTE),
}
DEFAULT_PERCENT = 20.0
#: A window with about as many labels can tell a change of a share from chance.
ENOUGH_LABELS = 100
#: A rule on changes with fewer labels a window is moved by single targets.
FEW_LABELS = 50
SHORTEST, LONGEST = timedelta(hours=1), timedelta(hours=24)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Warning:
    """field: of the form, at which the sentence stands."""

    field: str
    text: str


def metrics(version: SignalVersion) -> list[Metric]:
    """Return the metrics that the type of the signal has."""
    if version.type == Binary:
        return [Metric.TRUE_RATE, Metric.LABEL_VOLUME]
    return [Metric.VALUE_SHARE, Metric.VALUE_COUNT, Metric.LABEL_VOLUME]


def direction(comparison: str, operator: str) -> str:
    return next(name for name, both in DIRECTIONS.items() if both == (comparison, operator))


def default(version: SignalVersion, labels_a_day: float) -> Rule:
    """Watch a negative label for an increase, or where there is none a positive for a decrease."""
    label, is_bad = _worth_watching(version)
    window = window_for(labels_a_day)
    return Rule(
        metric=metrics(version)[0],
        comparison=Comparison.PCT_CHANGE,
        operator=Operator.GTE if is_bad else Operator.LTE,
        threshold=DEFAULT_PERCENT if is_bad else -DEFAULT_PERCENT,
        window=window,
        label="" if version.type == Binary else label,
        cooldown=cooldown_for(window),
        guard=True,
    )


def window_for(labels_a_day: float) -> timedelta:
    """Return the shortest window that holds enough labels on an average day, from 1 h to 24 h."""
    fit = (w for w in WINDOWS.values() if SHORTEST <= w <= LONGEST)
    return next((w for w in fit if labels_a_day * (w / DAY) >= ENOUGH_LABELS), LONGEST)


def cooldown_for(window: timedelta) -> timedelta:
    """Return the shortest cooldown that is not below the window: no second message about one
    event."""
    lengths = [timedelta(minutes=minutes) for minutes in COOLDOWNS_MIN]
    return next((length for length in lengths if length >= window), lengths[-1])


def warnings(rule: Rule, version: SignalVersion, labels_a_day: float) -> list[Warning]:
    """Return what speaks against a rule, worst first.

    labels_a_day: how many labels the signal gave of late, on average.
    """
    possible = [_against_sentiment(rule, version), _below_its_minimum(rule)]
    possible += [_no_guard(rule, labels_a_day * (rule.window / DAY)), _few(rule, labels_a_day)]
    return [each for each in possible if each]


def _worth_watching(version: SignalVersion) -> tuple[str, bool]:
    """Return the label to watch, and whether more of it is bad."""
    if version.type == Binary:
        return TRUE, version.sentiment_of(TRUE) != Sentiment.POSITIVE
    for wanted in (Sentiment.NEGATIVE, Sentiment.POSITIVE):
        for entry in version.labels:
            if entry["sentiment"] == wanted:
                return str(entry["name"]), wanted == Sentiment.NEGATIVE
    return version.label_names[0], True


def _against_sentiment(rule: Rule, version: SignalVersion) -> Warning | None:
    if rule.metric == Metric.LABEL_VOLUME:
        return None
    sentiment, name = version.sentiment_of(rule.watched), f"“{rule.watched}”"
    if sentiment == Sentiment.NEUTRAL:
        return Warning("label", f"{name} is neutral: the signal says neither way is bad.")
    is_more = rule.operator == Operator.GTE
    if sentiment == Sentiment.POSITIVE and is_more:
        return Warning("direction", f"{name} is positive: this tells you of good news.")
    if sentiment == Sentiment.NEGATIVE and not is_more:
        return Warning("direction", f"{name} is negative: this tells you of good news.")
    return None


def _below_its_minimum(rule: Rule) -> Warning | None:
    """Warn of a rule that asks for few: the fewer labels there are, the more they are what it asks
    for."""
    is_below = rule.operator == Operator.LTE and not rule.metric.is_share
    if not is_below or not rule.min_labels:
        return None
    text = f"A window with under {rule.min_labels:,} labels is never looked at: a drop hides there."
    return Warning("min_labels", text)


def _no_guard(rule: Rule, labels_a_window: float) -> Warning | None:
    if not rule.is_change or rule.guard or labels_a_window >= ENOUGH_LABELS:
        return None
    text = f"With {_about(labels_a_window)} labels a window, chance alone often fires this."
    return Warning("guard", text)


def _few(rule: Rule, labels_a_day: float) -> Warning | None:
    """Warn of a guard that has too little to go by: it holds back nearly all."""
    a_window = labels_a_day * (rule.window / DAY)
    if not (rule.is_change and rule.guard) or a_window >= FEW_LABELS:
        return None
    longer = next((w for w in WINDOWS.values() if labels_a_day * (w / DAY) >= FEW_LABELS), None)
    hint = f" Try {wording.span(longer)}." if longer and longer > rule.window else ""
    text = f"About {_about(a_window)} labels a window: only large changes will count.{hint}"
    return Warning("window", text)


def _about(labels: float) -> str:
    return "under 1" if labels < 1 else f"{round(labels):,}"
