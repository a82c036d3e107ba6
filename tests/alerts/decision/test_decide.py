"""Each row is a sentence: what an alert sees, and what it makes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.decision.decide import Action, Missing, Reading, State, Verdict, Windows, read, step
from alerts.decision.rule import Comparison, Metric, Operator, Rule
from alerts.decision.tally import Part, Tally

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def rule(**changes: Any) -> Rule:
    given: dict[str, Any] = {
        "metric": Metric.TRUE_RATE,
        "comparison": Comparison.PCT_CHANGE,
        "operator": Operator.GTE,
        "threshold": 20.0,
        "window": timedelta(hours=1),
        "guard": False,
    }
    return Rule(**(given | changes))


def tally(hits: int, labels: int, rate: float = 1.0, version: int = 1) -> Tally:
    return Tally.of([Part(version, rate, labels, hits)])


@pytest.mark.parametrize(
    ("given", "now", "before", "verdict", "missing"),
    [
        pytest.param({}, (12, 100), (10, 100), "met", None, id="up by just the threshold is met"),
        pytest.param({}, (11, 100), (10, 100), "not_met", None, id="up by less is not"),
        pytest.param({}, (0, 0), (10, 100), "not_evaluable", "no_labels", id="no labels: no rate"),
        pytest.param(
            {}, (5, 50), (0, 0), "not_evaluable", "no_labels_before", id="none before: no change"
        ),
        pytest.param(
            {}, (5, 50), (0, 50), "not_evaluable", "zero_before", id="from zero: no percentage"
        ),
        pytest.param(
            {"min_labels": 50},
            (9, 49),
            (5, 50),
            "not_evaluable",
            "few_labels",
            id="one label short of the minimum",
        ),
        pytest.param(
            {"min_labels": 50},
            (9, 50),
            (5, 49),
            "not_evaluable",
            "few_labels_before",
            id="the minimum holds for the window before, too",
        ),
        pytest.param(
            {"guard": True}, (8, 50), (5, 50), "held", None, id="8 against 5 of 50 may be chance"
        ),
        pytest.param(
            {"guard": True}, (25, 50), (5, 50), "met", None, id="25 against 5 of 50 is not chance"
        ),
        pytest.param(
            {"operator": Operator.LTE, "threshold": -20.0},
            (8, 100),
            (10, 100),
            "met",
            None,
            id="down by just the threshold is met",
        ),
        pytest.param(
            {"comparison": Comparison.ABSOLUTE, "threshold": 0.3},
            (3, 10),
            None,
            "met",
            None,
            id="an absolute share reaches its threshold",
        ),
        pytest.param(
            {"comparison": Comparison.ABSOLUTE, "threshold": 0.3, "guard": True},
            (4, 10),
            None,
            "held",
            None,
            id="4 of 10 is not clearly above 30 %",
        ),
        pytest.param(
            {
                "metric": Metric.LABEL_VOLUME,
                "comparison": Comparison.ABSOLUTE,
                "operator": Operator.LTE,
                "threshold": 0.0,
            },
            (0, 0),
            None,
            "met",
            None,
            id="a volume of zero is a value",
        ),
        pytest.param(
            {"metric": Metric.VALUE_COUNT, "label": "failed", "guard": True},
            (3, 400),
            (2, 400),
            "held",
            None,
            id="3 after 2 may be chance",
        ),
        pytest.param(
            {"metric": Metric.VALUE_COUNT, "label": "failed", "guard": True},
            (60, 400),
            (20, 400),
            "met",
            None,
            id="60 after 20 is not chance",
        ),
    ],
)
def test_a_reading(
    given: dict[str, Any],
    now: tuple[int, int],
    before: tuple[int, int] | None,
    verdict: str,
    missing: str | None,
) -> None:
    seen = Windows(tally(*now), tally(*before) if before else None)
    found = read(rule(**given), seen)
    assert (found.verdict, found.missing) == (verdict, missing)


def test_a_new_sample_rate_alone_changes_no_volume() -> None:
    volume = rule(metric=Metric.LABEL_VOLUME, threshold=5.0)
    seen = Windows(tally(0, 200, rate=1.0, version=2), tally(0, 20, rate=0.1, version=1))
    found = read(volume, seen)
    assert (found.verdict, found.value, found.change_pct) == (Verdict.NOT_MET, 200, 0)


def test_a_window_of_two_rates_counts_each_label_at_its_own() -> None:
    mixed = Tally.of([Part(1, 0.1, 10, 5), Part(2, 1.0, 100, 10)])
    assert (mixed.volume, mixed.count, mixed.labels) == (200, 60, 110)
    assert mixed.share == pytest.approx(0.3)
    assert mixed.effective == pytest.approx(200**2 / 1100)  # less than 110: the rates are mixed


@pytest.mark.parametrize(
    ("given", "seen", "missing"),
    [
        pytest.param(
            {"metric": Metric.LABEL_VOLUME, "operator": Operator.LTE, "threshold": -50.0},
            Windows(tally(0, 5), tally(0, 50), is_covered=False),
            Missing.NOT_ACTIVE,
            id="a count is not small where the signal slept",
        ),
        pytest.param(
            {"metric": Metric.LABEL_VOLUME},
            Windows(tally(0, 50), tally(0, 5), was_covered=False),
            Missing.NOT_ACTIVE_BEFORE,
            id="it did not grow where the signal slept before",
        ),
        pytest.param(
            {
                "metric": Metric.LABEL_VOLUME,
                "comparison": Comparison.ABSOLUTE,
                "threshold": 1.0,
            },
            Windows(tally(0, 2), is_covered=False),
            None,
            id="what is above in half a window is above in the whole",
        ),
        pytest.param(
            {}, Windows(tally(12, 100), tally(10, 100), False, False), None, id="shares do not care"
        ),
    ],
)
def test_a_window_that_the_signal_slept_through_in_part(
    given: dict[str, Any], seen: Windows, missing: Missing | None
) -> None:
    assert read(rule(**given), seen).missing == missing


MET, NOT, HELD, UNKNOWN = (
    Reading(verdict)
    for verdict in (Verdict.MET, Verdict.NOT_MET, Verdict.HELD, Verdict.NOT_EVALUABLE)
)
F, S, _ = Action.FIRE, Action.SUPPRESS, Action.NOTHING


@pytest.mark.parametrize(
    ("cooldown_min", "window_min", "readings", "actions"),
    [
        pytest.param(0, 5, [NOT, MET, MET], [_, F, _], id="fires once while it stays true"),
        pytest.param(0, 5, [MET, NOT, MET], [F, _, F], id="fires again when it is true again"),
        pytest.param(
            60, 5, [MET, NOT, MET, MET], [F, _, S, _], id="is suppressed within the cooldown, once"
        ),
        pytest.param(
            2, 5, [MET, MET, MET, MET, MET], [F, _, F, _, F], id="says it again after each cooldown"
        ),
        pytest.param(
            2, 5, [MET, NOT, NOT, NOT, MET], [F, _, _, _, F], id="fires after the cooldown"
        ),
        pytest.param(
            0, 5, [MET, HELD, UNKNOWN, MET], [F, _, _, _], id="a doubtful minute ends nothing"
        ),
        pytest.param(
            0,
            2,
            [MET, *[UNKNOWN] * 3, MET],
            [F, _, _, _, F],
            id="after a window of doubt it is news",
        ),
        pytest.param(0, 5, [HELD, UNKNOWN], [_, _], id="doubt never fires"),
    ],
)
def test_readings_of_one_minute_after_another(
    cooldown_min: int, window_min: int, readings: list[Reading], actions: list[Action]
) -> None:
    watched = rule(cooldown=timedelta(minutes=cooldown_min), window=timedelta(minutes=window_min))
    state, found = State(), []
    for index, reading in enumerate(readings):
        state, action = step(watched, state, reading, NOON + index * MINUTE)
        found.append(action)
    assert found == actions
