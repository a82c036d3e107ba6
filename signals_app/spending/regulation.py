"""How far sample rates are lowered so that a month's budget lasts. Pure.

All versions of a project are lowered by one factor, out of a ladder of twenty steps for each
factor of a hundred, so that signals of an agent still look at the same targets, a smaller share of
them. What is asked each time: at the pace of full rates, how much of what is left of the month can
the rest of the budget pay for?
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

#: Renard's series R10, down to a hundredth: each step is about four fifths of the one before.
LADDER: Final = (
    *(1.0, 0.8, 0.63, 0.5, 0.4, 0.32, 0.25, 0.2, 0.16, 0.125),
    *(0.1, 0.08, 0.063, 0.05, 0.04, 0.032, 0.025, 0.02, 0.016, 0.0125, 0.01),
)
NOTICE_AT: Final = 0.8
#: A factor that the rest cannot pay for is lowered at once, but for what the pace is off anyway.
SLACK: Final = 0.97
#: It is raised only where the rest pays for a fifth more than the next step takes, and not often:
#: each step is one more row of counts, and one more thing to explain.
ROOM: Final = 1.2
RAISED_AFTER: Final = timedelta(hours=6)
#: What is kept back, so that the last hours of a month still have their share of the sample.
KEPT_BACK: Final = 0.02
#: The last hour of a month pays for itself: what is left is divided by this at least.
LEAST_LEFT: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month of UTC, [start, end)."""

    start: datetime
    end: datetime

    @classmethod
    def of(cls, now: datetime) -> Month:
        start = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return cls(start, (start + timedelta(days=32)).replace(day=1))


@dataclass(frozen=True, slots=True)
class State:
    """What a decision goes by; amounts are in the budget's unit.

    reserved: what waits to be judged, and what runs have still to queue. pace: what a day takes at
    full rates, None where nothing is known of it. factor, since: as it is now and since when; it
    is one of an earlier month where `since` lies before the month.
    """

    amount: float
    spent: float
    reserved: float
    pace: float | None
    factor: float
    since: datetime | None
    now: datetime

    @property
    def month(self) -> Month:
        return Month.of(self.now)

    @property
    def is_spent(self) -> bool:
        return self.spent >= self.amount

    @property
    def affordable(self) -> float | None:
        """The factor that would use up the rest by the end of the month, but for what is kept back.

        It may be above 1; None where nothing is known of the pace.
        """
        if not self.pace:
            return None
        left = max(self.month.end - self.now, LEAST_LEFT) / timedelta(days=1)
        rest = self.amount * (1 - KEPT_BACK) - self.spent - self.reserved
        return max(0.0, rest) / (self.pace * left)


@dataclass(frozen=True, slots=True)
class Decision:
    """why: a value of `RateStep.Why`."""

    factor: float
    why: str


def decide(state: State) -> Decision | None:
    """Say which factor holds from now on; None where it stays as it is.

    It is 0 only when the budget is spent, and never above 1.
    """
    if state.is_spent:
        return _unless_same(state, 0.0, "spent")
    began_earlier = state.since is None or state.since < state.month.start
    affordable = state.affordable
    if affordable is None:
        # Nothing is known, so nothing speaks against the full rate of a new month.
        return _unless_same(state, 1.0, "month") if began_earlier else None
    if began_earlier or state.factor == 0:
        why = "month" if began_earlier else "eased"
        wanted = step_below(affordable)
        return _unless_same(state, wanted, "forecast" if wanted < state.factor else why)
    if affordable < state.factor * SLACK:
        return _unless_same(state, step_below(affordable), "forecast")
    if state.since is not None and state.now - state.since < RAISED_AFTER:
        return None
    raised = step_below(affordable / ROOM)
    return Decision(raised, "eased") if raised > state.factor else None


def step_below(factor: float) -> float:
    """Return the highest step of the ladder that is not above the factor; the lowest one for less:
    only a spent budget stops judging."""
    return next((step for step in LADDER if step <= factor), LADDER[-1])


def _unless_same(state: State, factor: float, why: str) -> Decision | None:
    return None if factor == state.factor else Decision(factor, why)
