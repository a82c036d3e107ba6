"""How hard a pump may press each endpoint: fewer questions at a time after it asked for a
rest, none while it rests, and a rest of our own making when it answers nobody. No database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

#: So many failures in a row, of different targets, say something about the judge.
OUTAGE_FAILURES = 8
SHORTEST_REST_S, LONGEST_REST_S = 5.0, 300.0
#: For so long after it was queued a target does not pay for the judge's outages.
PATIENCE = timedelta(hours=6)
SUCCESS_NOTED_EVERY = timedelta(seconds=10)


class Health:
    """share: the most questions that may be under way at a time."""

    def __init__(self, share: int) -> None:
        self.share = share
        self._limit = float(share)
        self._resting: dict[str, datetime] = {}
        self._last_success: dict[str, datetime] = {}
        self._failures: Counter[str] = Counter()
        self._successes: Counter[str] = Counter()

    def start(self, resting: Mapping[str, datetime], last_success: Mapping[str, datetime]) -> None:
        """What other pumps have learned. After a rest the first failure means another rest."""
        self._resting, self._last_success = dict(resting), dict(last_success)
        for model in resting:
            self._failures[model] = OUTAGE_FAILURES - 1

    @property
    def limit(self) -> int:
        return max(1, int(self._limit))

    def is_resting(self, model: str, now: datetime) -> bool:
        until = self._resting.get(model)
        return until is not None and until > now

    def is_back_within(self, seconds: float, now: datetime) -> bool:
        """Whether some endpoint rests now, but not for longer than that."""
        end = now + timedelta(seconds=seconds)
        return any(now < until < end for until in self._resting.values())

    def rest(self, model: str, now: datetime, after_s: float) -> datetime:
        """Until when; the window is halved once for each rest, not for each answer."""
        if not self.is_resting(model, now):
            self._limit = max(1.0, self._limit / 2)
        until = max(self._resting.get(model, now), now + timedelta(seconds=after_s))
        self._resting[model] = until
        return until

    def succeeded(self, model: str) -> bool:
        """Widens the window again. Whether this is worth writing down."""
        self._limit = min(float(self.share), self._limit + 0.25)
        self._failures[model] = 0
        self._successes[model] += 1
        was_resting = self._resting.pop(model, None) is not None
        return was_resting or self._successes[model] % 200 == 1

    def failed(self, model: str) -> bool:
        """Whether this is an outage of the judge and no longer a matter of one target."""
        self._failures[model] += 1
        return self._failures[model] >= OUTAGE_FAILURES

    def outage_rest_s(self, model: str, now: datetime) -> float:
        """A quarter of the time since it last answered."""
        last = self._last_success.get(model)
        since_s = (now - last).total_seconds() if last else 4 * SHORTEST_REST_S
        return min(max(since_s / 4, SHORTEST_REST_S), LONGEST_REST_S)

    def is_patient(self, queued_at: datetime, now: datetime) -> bool:
        return now - queued_at < PATIENCE
