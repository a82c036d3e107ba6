"""Whether an endpoint rests, whether it answers anybody, and how hard a pump may press it.
No database.

A failure is the endpoint's own when nobody can be reached there, or when many *different* targets
failed and none was answered since. Anything else is held against the target that failed: one
transcript that a server cannot stand must not stop the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping
from datetime import datetime, timedelta
from typing import Final

from signals_app.judging.model_server.pace import Pace

#: So many different targets without an answer in between say something about the endpoint.
OUTAGE_TARGETS: Final = 8
#: Short, because a rest keeps fresh targets waiting, and one question tells whether it is over.
SHORTEST_REST_S: Final = 5.0
LONGEST_REST_S: Final = 15.0
#: For so long after it was queued a target does not pay for an endpoint that answers nobody.
PATIENCE: Final = timedelta(hours=24)
#: An answer to another target within this time says that the endpoint was at work meanwhile.
RECENT: Final = timedelta(minutes=5)
SUCCESS_NOTED_EVERY: Final = timedelta(seconds=10)


class Health:
    """share: the most questions that may be under way at a time; timeout_s: for how long."""

    def __init__(self, share: int, timeout_s: float) -> None:
        self.share = share
        self.timeout_s = timeout_s
        self.paces: dict[str, Pace] = {}
        self._remembered: Mapping[str, float] = {}
        self._resting: dict[str, datetime] = {}
        self._last_success: dict[str, datetime] = {}
        self._noted: dict[str, datetime] = {}
        self._failing: defaultdict[str, set[Hashable]] = defaultdict(set)
        self._out: set[str] = set()  # models that rested because they answered nobody

    def start(
        self,
        resting: Mapping[str, datetime],
        last_success: Mapping[str, datetime],
        lanes: Mapping[str, float],
    ) -> None:
        """Begin with what other pumps have learned. An endpoint that has not answered since its
        rest is asked once, and rests again when that fails."""
        self._remembered = lanes
        self._out = set(resting)
        self.hear(resting, last_success)

    def hear(self, resting: Mapping[str, datetime], last_success: Mapping[str, datetime]) -> None:
        """Take what other pumps have found since."""
        for model, until in resting.items():
            self._resting[model] = max(until, self._resting.get(model, until))
        for model, at in last_success.items():
            self._last_success[model] = max(at, self._last_success.get(model, at))

    def pace(self, model: str) -> Pace:
        if model not in self.paces:
            remembered = self._remembered.get(model)
            self.paces[model] = Pace(self.share, self.timeout_s, remembered)
        return self.paces[model]

    def is_resting(self, model: str, now: datetime) -> bool:
        until = self._resting.get(model)
        return until is not None and until > now

    def is_back_within(self, seconds: float, now: datetime) -> bool:
        """Say whether some endpoint rests now, but not for longer than that."""
        end = now + timedelta(seconds=seconds)
        return any(now < until < end for until in self._resting.values())

    def rest(self, model: str, now: datetime, after_s: float) -> datetime:
        """Ask nothing of the endpoint for so long; returns until when."""
        until = max(self._resting.get(model, now), now + timedelta(seconds=after_s))
        self._resting[model] = until
        return until

    def succeeded(self, model: str, now: datetime) -> bool:
        """Returns whether this is worth writing down."""
        self._failing[model].clear()
        self._out.discard(model)
        was_resting = self._resting.pop(model, None) is not None
        self._last_success[model] = now
        noted = self._noted.get(model)
        if not was_resting and noted is not None and now - noted < SUCCESS_NOTED_EVERY:
            return False
        self._noted[model] = now
        return True

    def failed(self, model: str, target: Hashable, is_unreachable: bool) -> bool:
        """Returns whether this is the endpoint's failure and no longer a matter of one target."""
        self._failing[model].add(target)
        is_out = is_unreachable or len(self._failing[model]) >= OUTAGE_TARGETS
        if is_out:
            self._out.add(model)
        return model in self._out

    def outage_rest_s(self, model: str, now: datetime) -> float:
        """Return a quarter of the time since it last answered, within bounds, in seconds."""
        last = self._last_success.get(model)
        since_s = (now - last).total_seconds() if last else 0.0
        return min(max(since_s / 4, SHORTEST_REST_S), LONGEST_REST_S)

    def may_be_the_endpoint(self, model: str, queued_at: datetime, now: datetime) -> bool:
        """Say whether it cannot be told yet that a target's failures are its own: nobody was
        answered of late, or since it was queued, and that is not too long ago."""
        since = max(queued_at, now - RECENT)
        return not self.has_answered(model, since) and now - queued_at < PATIENCE

    def has_answered(self, model: str, since: datetime) -> bool:
        last = self._last_success.get(model)
        return last is not None and last > since
