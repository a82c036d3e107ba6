"""The chart of an alert, and the words beside it. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts import charts
from alerts.decision.backtest import Backtest, Event, Point
from alerts.decision.decide import Missing, Reading, Verdict
from alerts.decision.rule import Comparison, Metric, Operator, Rule
from alerts.pages.form import preview
from core.ui.charts import Figure

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RISE = Rule(
    metric=Metric.TRUE_RATE,
    comparison=Comparison.PCT_CHANGE,
    operator=Operator.GTE,
    threshold=20.0,
    window=timedelta(hours=1),
)
FALL = replace(RISE, operator=Operator.LTE, threshold=-20.0)


def point(n: int, value: float | None, line: float | None = 0.5) -> Point:
    verdict = Verdict.NOT_MET if value is not None else Verdict.NOT_EVALUABLE
    missing = None if value is not None else Missing.NO_LABELS
    return Point(NOON + n * MINUTE, value, 0.4, line, verdict, missing)


def event(n: int, value: float = 0.6) -> Event:
    return Event(NOON + n * MINUTE, Reading(Verdict.MET, value=value))


def found(points: list[Point], fired: int = 0, suppressed: int = 0, held: int = 0) -> Backtest:
    events = [tuple(event(n) for n in range(many)) for many in (fired, suppressed, held)]
    n = sum(each.missing is not None for each in points)
    missing = {Missing.NO_LABELS: n} if n else {}
    return Backtest(tuple(points), events[0], events[1], events[2], missing)


def drawn(rule: Rule, done: Backtest) -> Figure:
    return charts.figure(rule, done.points, charts.spots(done), "negative-1", UTC)


def test_a_share_is_drawn_in_percent_beside_what_it_has_to_reach() -> None:
    figure = drawn(RISE, found([point(0, 0.2), point(1, 0.6)]))
    limit, line = figure["data"]
    assert (limit["name"], list(limit["y"])) == ("fires at", [50.0, 50.0])
    assert (line["name"], list(line["y"])) == ("True rate", [20.0, 60.0])
    assert figure["layout"]["yaxis"]["ticksuffix"] == " %"


def test_a_count_is_drawn_as_it_is() -> None:
    rule = replace(RISE, metric=Metric.LABEL_VOLUME)
    line = drawn(rule, found([point(0, 12.0), point(1, 15.0)]))["data"][1]
    assert list(line["y"]) == [12.0, 15.0]


def test_what_happened_has_a_shape_of_its_own_and_the_firings_stand_on_top() -> None:
    done = found([point(0, 0.2), point(1, 0.6)], fired=2, suppressed=1, held=3)
    marks = [trace for trace in drawn(RISE, done)["data"] if trace["mode"] == "markers"]
    assert [(mark["name"], mark["marker"]["symbol"], len(mark["x"])) for mark in marks] == [
        ("suppressed by the cooldown", "diamond-open", 1),
        ("held back by the guard", "circle-open", 3),
        ("would have fired", "diamond", 2),
    ]


def test_what_cannot_be_evaluated_is_shaded_and_a_gap() -> None:
    figure = drawn(RISE, found([point(0, 0.2), point(1, None), point(2, 0.2)]))
    shade, _limit, line = figure["data"]
    assert list(shade["y"]) == [0, 1, 0]
    assert list(line["y"]) == [20.0, None, 20.0]
    assert line["connectgaps"] is False


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        pytest.param(RISE, 0.9, id="the highest of a rise"),
        pytest.param(FALL, 0.1, id="the lowest of a fall"),
    ],
)
def test_thinning_keeps_the_minute_that_is_nearest_to_firing(rule: Rule, kept: float) -> None:
    """30 days are 43,200 minutes; one of 90 stands out."""
    values = [0.5] * 43_200
    values[20_000] = kept
    points, blank = charts.thinned(rule, [point(n, value) for n, value in enumerate(values)])
    assert len(points) == len(blank) == 480
    assert kept in {each.value for each in points}


def test_a_few_wild_limits_do_not_flatten_the_line() -> None:
    points = [point(n, 0.1, line=0.2) for n in range(95)] + [
        point(95 + n, 0.1, line=9.0) for n in range(5)
    ]
    top = drawn(RISE, found(points))["layout"]["yaxis"]["range"][1]
    assert top == pytest.approx(1.15 * 20)


@pytest.mark.parametrize(
    ("done", "said"),
    [
        (
            found([], fired=3, suppressed=2, held=5),
            "Would have fired 3 times; 2 more suppressed by the cooldown; "
            "5 held back by the guard.",
        ),
        (found([], fired=1), "Would have fired once."),
        (found([], held=2), "Would not have fired; 2 held back by the guard."),
    ],
)
def test_the_outcome_is_one_sentence(done: Backtest, said: str) -> None:
    assert preview.outcome(done) == said


def test_the_shares_of_what_is_missing_are_of_all_minutes() -> None:
    done = found([point(0, None), point(1, 0.2), point(2, 0.2), point(3, 0.2)])
    assert [share for _reason, share in preview.missing(done)] == ["25.0 %"]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (RISE, "the 1 h before plus 20 %: what it takes to fire"),
        (FALL, "the 1 h before less 20 %: what it takes to fire"),
        (replace(RISE, comparison=Comparison.ABSOLUTE, threshold=0.3), "the threshold, 30 %"),
    ],
)
def test_the_dashed_line_is_explained(rule: Rule, said: str) -> None:
    assert preview.line(rule) == said
