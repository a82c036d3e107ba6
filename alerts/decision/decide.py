"""When an alert fires: counts and a moment in, a decision out. Pure.

`read` says what the windows that end at a moment say about a rule; `step` turns the readings of
one moment after another into firings. The live evaluation and the backtest call both, with the
same counts (alerts/evaluation/evaluating.py, alerts/decision/backtest.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alerts.decision.evidence import newcombe, wilson
from alerts.decision.rule import Metric, Operator, Rule
from alerts.decision.tally import Tally

#: Shares and changes are quotients: 0.07 * 100 is a hair more than 7, and "at least" includes it.
TOLERANCE = 1e-9


class Verdict(StrEnum):
    MET = "met"
    NOT_MET = "not_met"
    HELD = "held"  # met as a number, but chance alone might have made it
    NOT_EVALUABLE = "not_evaluable"


class Missing(StrEnum):
    """Why a rule cannot be evaluated at a moment."""

    NO_LABELS = "no_labels"
    NO_LABELS_BEFORE = "no_labels_before"
    ZERO_BEFORE = "zero_before"
    FEW_LABELS = "few_labels"
    FEW_LABELS_BEFORE = "few_labels_before"
    NOT_ACTIVE = "not_active"  # all through the window
    NOT_ACTIVE_BEFORE = "not_active_before"


@dataclass(frozen=True, slots=True)
class Windows:
    """What there is to look at: `now` is the window that ends at the moment, `before` the one of
    the same length that ends where it begins (None unless the rule compares with it).

    is_covered, was_covered: the signal was active all through that window.
    """

    now: Tally
    before: Tally | None = None
    is_covered: bool = True
    was_covered: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """value, baseline: the metric in either window, a fraction or a count at equal sampling;
    change_pct: from the one to the other. labels: as they were given, unweighted."""

    verdict: Verdict
    missing: Missing | None = None
    value: float | None = None
    baseline: float | None = None
    change_pct: float | None = None
    labels: int = 0
    labels_before: int | None = None

    @property
    def compared(self) -> float | None:
        """What stands against the threshold."""
        return self.value if self.change_pct is None else self.change_pct


@dataclass(frozen=True, slots=True)
class State:
    """What one evaluation hands to the next.

    met_at: when the rule was last seen to be true; None once it was seen to be false.
    """

    met_at: datetime | None = None
    fired_at: datetime | None = None


class Action(StrEnum):
    FIRE = "fire"
    SUPPRESS = "suppress"  # it became true within the cooldown of an earlier firing
    NOTHING = "nothing"


def read(rule: Rule, seen: Windows) -> Reading:
    """Say what the windows mean for the rule."""
    before = seen.before if rule.is_change else None
    value = metric(rule, seen.now)
    baseline = metric(rule, before) if before is not None else None
    labels, labels_before = seen.now.labels, before.labels if before is not None else None
    if missing := _missing(rule, seen, value, baseline):
        verdict = Verdict.NOT_EVALUABLE
        return Reading(verdict, missing, value, baseline, None, labels, labels_before)
    assert value is not None, "_missing has seen to it"
    change = 100 * (value - baseline) / baseline if baseline else None
    verdict = Verdict.NOT_MET
    if _reaches(rule, value if change is None else change):
        is_clear = not (rule.guard and rule.can_guard) or _is_clear(rule, seen.now, before)
        verdict = Verdict.MET if is_clear else Verdict.HELD
    return Reading(verdict, None, value, baseline, change, labels, labels_before)


def step(rule: Rule, state: State, reading: Reading, at: datetime) -> tuple[State, Action]:
    """Fires when the rule becomes true, and again while it stays true whenever the cooldown is
    over (with a cooldown of 0 once only). What cannot be evaluated, or is held back, changes
    nothing; but what was not seen to be true for a whole window is news when it is true again."""
    if reading.verdict is Verdict.NOT_MET:
        return State(None, state.fired_at) if state.met_at else state, Action.NOTHING
    if reading.verdict is not Verdict.MET:
        return state, Action.NOTHING
    became_true = state.met_at is None or at - state.met_at > rule.window
    if state.fired_at is not None and at < state.fired_at + rule.cooldown:
        return State(at, state.fired_at), Action.SUPPRESS if became_true else Action.NOTHING
    if became_true or rule.cooldown:
        return State(at, at), Action.FIRE
    return State(at, state.fired_at), Action.NOTHING


def metric(rule: Rule, tally: Tally) -> float | None:
    """Return the rule's metric in one window; None for a share without labels."""
    if rule.metric.is_share:
        return tally.share
    return tally.volume if rule.metric == Metric.LABEL_VOLUME else tally.count


def _missing(
    rule: Rule, seen: Windows, value: float | None, baseline: float | None
) -> Missing | None:
    if value is None:
        return Missing.NO_LABELS
    if seen.now.labels < rule.min_labels:
        return Missing.FEW_LABELS
    # A count in a window that the signal slept through in part is too low, not small.
    if not rule.metric.is_share and not seen.is_covered and not _can_only_understate(rule):
        return Missing.NOT_ACTIVE
    return _missing_before(rule, seen, baseline) if rule.is_change else None


def _missing_before(rule: Rule, seen: Windows, baseline: float | None) -> Missing | None:
    if not rule.metric.is_share and not seen.was_covered:
        return Missing.NOT_ACTIVE_BEFORE
    if baseline is None or not seen.before or not seen.before.labels:
        return Missing.NO_LABELS_BEFORE
    if seen.before.labels < rule.min_labels:
        return Missing.FEW_LABELS_BEFORE
    return Missing.ZERO_BEFORE if baseline == 0 else None


def _can_only_understate(rule: Rule) -> bool:
    return rule.operator == Operator.GTE and not rule.is_change


def _reaches(rule: Rule, compared: float) -> bool:
    slack = TOLERANCE * max(1.0, abs(rule.threshold))
    if rule.operator == Operator.GTE:
        return compared >= rule.threshold - slack
    return compared <= rule.threshold + slack


def _is_clear(rule: Rule, now: Tally, before: Tally | None) -> bool:
    """Say whether the interval of 95 % excludes "no change", or for an absolute share the
    threshold."""
    low, high = _interval(rule, now, before)
    return low > 0 if rule.operator == Operator.GTE else high < 0


def _interval(rule: Rule, now: Tally, before: Tally | None) -> tuple[float, float]:
    """Return the interval of the distance from what would be no news."""
    share = now.share or 0.0
    if before is None:
        low, high = wilson(share, now.effective)
        return low - rule.threshold, high - rule.threshold
    if rule.metric.is_share:
        return newcombe(share, now.effective, before.share or 0.0, before.effective)
    return _interval_of_counts(rule, now, before)


def _interval_of_counts(rule: Rule, now: Tally, before: Tally) -> tuple[float, float]:
    """Compare two Poisson counts as one binomial: of all hits, how many fall into the later window,
    and is that more than the half that equal windows would give at equal sampling?"""
    is_volume = rule.metric == Metric.LABEL_VOLUME
    seen, earlier = (t.labels if is_volume else t.hits for t in (now, before))
    low, high = wilson(seen / (seen + earlier), seen + earlier)
    half = _even_share(now, before)
    return low - half, high - half


def _even_share(now: Tally, before: Tally) -> float:
    """Return the later window's part of all labels, were the traffic of both the same."""
    rate, rate_before = (t.labels / t.volume if t.volume else 0.0 for t in (now, before))
    rate = rate or rate_before
    return rate / (rate + rate_before)
