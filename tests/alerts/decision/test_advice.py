"""What a signal's labels suggest to watch, and which conditions get a warning."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.decision import advice
from alerts.decision.rule import Comparison, Metric, Operator, Rule
from alerts.text import wording
from signals_app.definition.versions import binary_labels
from signals_app.models import SignalVersion

BUSY = 24 * 1000.0  # labels a day


def binary(sentiment: str) -> SignalVersion:
    return SignalVersion(type="binary", labels=binary_labels(sentiment))


def string(**sentiments: str) -> SignalVersion:
    labels = [{"name": name, "sentiment": one} for name, one in sentiments.items()]
    return SignalVersion(type="string", labels=labels)


OUTCOME = string(completed="positive", partial="neutral", failed="negative")


@pytest.mark.parametrize(
    ("version", "suggested"),
    [
        pytest.param(
            binary("negative"), "True rate up by 20 % over 1h", id="more of a bad true is bad"
        ),
        pytest.param(
            binary("positive"), "True rate down by 20 % over 1h", id="less of a good true is bad"
        ),
        pytest.param(
            binary("neutral"), "True rate up by 20 % over 1h", id="a neutral true is watched too"
        ),
        pytest.param(
            OUTCOME, "Share of “failed” up by 20 % over 1h", id="the negative label, wherever it is"
        ),
        pytest.param(
            string(so="neutral", well="positive"),
            "Share of “well” down by 20 % over 1h",
            id="without a negative label the positive one, for a fall",
        ),
    ],
)
def test_sentiments_choose_the_default(version: SignalVersion, suggested: str) -> None:
    rule = advice.default(version, BUSY)
    assert wording.headline(rule) == suggested
    assert rule.guard
    assert all("is neutral" in warning.text for warning in advice.warnings(rule, version, BUSY))


@pytest.mark.parametrize(
    ("labels_a_day", "window"),
    [(24_000, "1h"), (1000, "3h"), (500, "6h"), (120, "24h"), (1, "24h"), (0, "24h")],
)
def test_little_traffic_gets_a_longer_window(labels_a_day: float, window: str) -> None:
    assert wording.NAMES[advice.window_for(labels_a_day)] == window


def test_a_cooldown_covers_the_window() -> None:
    hours = {w: advice.cooldown_for(timedelta(hours=w)) / timedelta(hours=1) for w in (1, 3, 48)}
    assert hours == {1: 1, 3: 6, 48: 24}


RISE = Rule(
    metric=Metric.VALUE_SHARE,
    comparison=Comparison.PCT_CHANGE,
    operator=Operator.GTE,
    threshold=20.0,
    window=timedelta(hours=1),
    label="failed",
)
FALL = replace(RISE, operator=Operator.LTE, threshold=-20.0)
FEWER = replace(
    RISE,
    metric=Metric.LABEL_VOLUME,
    comparison=Comparison.ABSOLUTE,
    operator=Operator.LTE,
    threshold=10,
    label="",
)


@pytest.mark.parametrize(
    ("rule", "labels_a_day", "field", "text"),
    [
        pytest.param(RISE, BUSY, None, "", id="a bad label that rises needs no warning"),
        pytest.param(
            FALL, BUSY, "direction", "good news", id="a bad label that falls is good news"
        ),
        pytest.param(
            replace(RISE, label="completed"),
            BUSY,
            "direction",
            "good news",
            id="a good label that rises is good news",
        ),
        pytest.param(
            replace(FALL, label="completed"), BUSY, None, "", id="a good label that falls is fine"
        ),
        pytest.param(
            replace(RISE, label="partial"), BUSY, "label", "neutral", id="a neutral label"
        ),
        pytest.param(FEWER, BUSY, None, "", id="too few labels in all have no sentiment"),
        pytest.param(
            replace(FEWER, min_labels=20),
            BUSY,
            "min_labels",
            "never looked at",
            id="a minimum hides what a below rule of volume looks for",
        ),
        pytest.param(
            replace(FEWER, min_labels=20, operator=Operator.GTE),
            BUSY,
            None,
            "",
            id="an above rule of volume may have a minimum",
        ),
        pytest.param(
            replace(RISE, guard=False),
            24 * 50,
            "guard",
            "chance alone",
            id="50 labels a window without the guard",
        ),
        pytest.param(replace(RISE, guard=False), BUSY, None, "", id="1,000 a window need no guard"),
        pytest.param(
            RISE, 24 * 10, "window", "Try 6 h", id="10 labels a window: a longer one is named"
        ),
        pytest.param(
            replace(RISE, comparison=Comparison.ABSOLUTE, threshold=0.5, guard=False),
            24 * 10,
            None,
            "",
            id="an absolute share has no window before it to be unsure of",
        ),
    ],
)
def test_a_condition_is_warned_of_where_the_person_looks(
    rule: Rule, labels_a_day: float, field: str | None, text: str
) -> None:
    found = advice.warnings(rule, OUTCOME, labels_a_day)
    assert [each.field for each in found] == ([field] if field else [])
    assert all(text in each.text for each in found)


def test_the_type_of_the_signal_decides_which_metrics_there_are() -> None:
    assert advice.metrics(binary("negative")) == ["true_rate", "label_volume"]
    assert advice.metrics(OUTCOME) == ["value_share", "value_count", "label_volume"]
