"""Which factor a budget allows: values in, a decision out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals_app.spending.regulation import LADDER, Decision, Month, State, decide, step_below

NOON = datetime(2026, 11, 11, 12, tzinfo=UTC)  # 19.5 days are left
HOUR = timedelta(hours=1)
FULL = State(amount=100.0, spent=20.0, reserved=0.0, pace=4.0, factor=1.0, since=None, now=NOON)
LOWERED = replace(FULL, factor=0.5, since=NOON - 12 * HOUR)


@pytest.mark.parametrize(
    ("state", "decision"),
    [
        pytest.param(FULL, None, id="what the rest pays for is not lowered"),
        pytest.param(
            replace(FULL, pace=8.0), Decision(0.5, "forecast"), id="78 to use for 156: about half"
        ),
        pytest.param(
            replace(FULL, reserved=39.0), Decision(0.5, "forecast"), id="what waits is spent too"
        ),
        pytest.param(
            replace(FULL, spent=100.0), Decision(0.0, "spent"), id="a spent budget stops judging"
        ),
        pytest.param(
            replace(FULL, spent=99.9), Decision(0.01, "forecast"), id="a nearly spent one does not"
        ),
        pytest.param(replace(FULL, pace=None), None, id="nothing known, nothing changed"),
        pytest.param(
            replace(FULL, pace=None, spent=101.0), Decision(0.0, "spent"), id="but for a spent one"
        ),
        pytest.param(
            replace(LOWERED, pace=8.1), None, id="a little less than it takes is left as it is"
        ),
        pytest.param(
            replace(LOWERED, pace=10.0), Decision(0.4, "forecast"), id="lowered again when it must"
        ),
        pytest.param(
            replace(LOWERED, pace=4.0), Decision(0.8, "eased"), id="raised again when it may"
        ),
        pytest.param(
            replace(LOWERED, pace=4.0, since=NOON - 5 * HOUR), None, id="but not within hours"
        ),
        pytest.param(replace(LOWERED, pace=6.0), None, id="nor for a rest that barely pays for it"),
        pytest.param(
            replace(LOWERED, factor=0.0, since=NOON - HOUR, amount=200.0),
            Decision(1.0, "eased"),
            id="more budget starts what was stopped",
        ),
        pytest.param(
            replace(LOWERED, factor=0.0, since=NOON - 12 * 24 * HOUR, pace=None),
            Decision(1.0, "month"),
            id="and so does a new month",
        ),
        pytest.param(
            replace(LOWERED, since=NOON - 12 * 24 * HOUR, pace=4.0),
            Decision(1.0, "month"),
            id="a step of another month binds nobody",
        ),
    ],
)
def test_a_state_has_one_decision(state: State, decision: Decision | None) -> None:
    assert decide(state) == decision


@given(
    amount=st.floats(0.01, 1e6),
    spent=st.floats(0, 2e6),
    reserved=st.floats(0, 1e6),
    pace=st.none() | st.floats(0, 1e6),
    factor=st.sampled_from([0.0, *LADDER]),
    hours=st.integers(0, 2000),
    now=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
)
def test_no_factor_is_above_one_and_none_is_zero_before_all_is_spent(
    amount: float,
    spent: float,
    reserved: float,
    pace: float | None,
    factor: float,
    hours: int,
    now: datetime,
) -> None:
    state = State(amount, spent, reserved, pace, factor, now - hours * HOUR, now)
    decision = decide(state)
    if decision is not None:
        assert decision.factor in (0.0, *LADDER)
        assert decision.factor != factor
        assert (decision.factor == 0) == (spent >= amount)
    # What was decided holds: asked again, nothing else is said.
    if decision is not None:
        assert decide(replace(state, factor=decision.factor, since=now)) is None


def test_the_ladder_falls_and_ends_above_nothing() -> None:
    assert list(LADDER) == sorted(LADDER, reverse=True)
    assert (LADDER[0], LADDER[-1]) == (1.0, 0.01)
    assert [step_below(x) for x in (7.0, 0.99, 0.1, 0.0)] == [1.0, 0.8, 0.1, 0.01]


def test_a_month_is_one_of_the_calendar() -> None:
    assert Month.of(datetime(2026, 12, 31, 23, 59, tzinfo=UTC)) == Month(
        datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    )
