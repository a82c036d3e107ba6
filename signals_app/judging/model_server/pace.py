"""How many questions one pump keeps at an endpoint: grown while that brings more answers, halved
when the endpoint is overloaded. Pure: time comes in from outside, in seconds of any one clock.

A round is as many answers as there are lanes, all to questions that began after the last change.
After each round in which the lanes were full:

1. At first the lanes are doubled. A provider with room for all is at its ceiling after few rounds.
2. Where a quarter more lanes brought hardly more answers a second, they only made a queue at the
   server: a laptop with four slots. The pace stays there, and looks again after `HOLD_S`.
3. A time-out or a 429 halves it, once for all questions that were under way together. A time-out
   of one target among answers that take a fraction of the limit is that target's own.
"""

from __future__ import annotations

from typing import Final

#: What a pump begins with at an endpoint that nobody knows: as many as a small server has slots.
START: Final = 4.0
#: More lanes by this factor must bring more answers a second by the other one.
MORE_LANES: Final = 1.25
MORE_ANSWERS: Final = 1.1
#: For so long no more is tried after it brought nothing.
HOLD_S: Final = 600.0
#: Answers that take this part of the time limit are near to being cut off by it.
NEAR_LIMIT: Final = 1 / 3
#: No more lanes where they might make answers take more of the time limit than this.
LONGEST_QUEUE: Final = 0.9
#: A question that has waited this many times the usual is stuck, and after so long in any case.
STUCK_TIMES, STUCK_S = 5.0, 10.0


class Pace:
    """most: lanes that are allowed at all; timeout_s: when a question is given up."""

    def __init__(self, most: int, timeout_s: float, remembered: float | None = None) -> None:
        self.most = float(most)
        self.timeout_s = timeout_s
        self._lanes = min(self.most, remembered or START)
        self._is_starting = remembered is None
        self._changed_at = float("-inf")
        self._held_until = float("-inf")
        self._seconds: list[float] = []  # of this round's answers
        self._reference: tuple[float, float] | None = None  # lanes, answers a second
        self.usual_s: float | None = None  # how long an answer takes

    @property
    def lanes(self) -> int:
        return max(1, int(self._lanes))

    @property
    def exact(self) -> float:
        """To be remembered for the next pump."""
        return self._lanes

    def answered(self, began: float, now: float, is_full: bool) -> None:
        """Count an answer. is_full: whether all lanes were in use."""
        took = now - began
        self.usual_s = took if self.usual_s is None else 0.8 * self.usual_s + 0.2 * took
        if began < self._changed_at:
            return
        self._seconds.append(took)
        if len(self._seconds) >= self.lanes:
            self._end_round(now, is_full)

    def _end_round(self, now: float, is_full: bool) -> None:
        mean_s = max(sum(self._seconds) / len(self._seconds), 1e-6)
        self._seconds = []
        if not is_full or now < self._held_until:
            return
        rate = self._lanes / mean_s
        if self._reference and self._lanes >= MORE_LANES * self._reference[0]:
            lanes, before = self._reference
            if rate < MORE_ANSWERS * before:
                self._hold(lanes * MORE_LANES, now)
                return
        if self._reference is None or self._lanes >= MORE_LANES * self._reference[0]:
            self._reference = (self._lanes, rate)
        self._grow(mean_s, now)

    def _grow(self, mean_s: float, now: float) -> None:
        """Add lanes, which may only make a longer queue: never so long that questions are given
        up."""
        most_s = self.timeout_s * LONGEST_QUEUE
        may_double = self._is_starting and 2 * mean_s < most_s
        self._is_starting = may_double
        grown = self._lanes * 2 if may_double else self._lanes + 1
        if mean_s * grown / self._lanes < most_s:
            self._set(min(self.most, grown), now)

    def _hold(self, lanes: float, now: float) -> None:
        self._is_starting = False
        self._reference = None
        self._held_until = now + HOLD_S
        self._set(min(self.most, self._lanes, float(round(lanes))), now)

    def overloaded(self, began: float, now: float, hold_s: float = HOLD_S / 10) -> None:
        """Halve, because the endpoint asked for less (429). hold_s: before more is tried again."""
        self._is_starting = False
        if began < self._changed_at:
            return  # under way together with what halved it already
        self._reference = None
        self._held_until = now + hold_s
        self._set(max(1.0, self._lanes / 2), now)

    def timed_out(self, began: float, now: float) -> None:
        """Take a question that was given up for overload, unless all others are answered
        quickly."""
        if self.usual_s is None or self.usual_s > self.timeout_s * NEAR_LIMIT:
            self.overloaded(began, now, HOLD_S)

    def is_stuck(self, began: float, now: float) -> bool:
        """Say whether a question has waited so long that it need not keep others from starting."""
        return now - began > max(STUCK_S, STUCK_TIMES * (self.usual_s or 0.0))

    def _set(self, lanes: float, now: float) -> None:
        self._lanes = lanes
        self._changed_at = now
        self._seconds = []
