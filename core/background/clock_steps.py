"""Whether the machine's clock was set, found by the clock that nobody can set.

Durations within a process are measured by `time.monotonic()`. What lies in the database is compared
with the time of day, since other machines read it too; when that jumps, whoever depends on it must
hear of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

#: Smaller differences are the slow corrections of NTP, or a machine that stood still.
STEP_S = 2.0


class StepWatch:
    """`look` tells of steps since the last look; one for each place that asks."""

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall, self._steady = wall, steady
        self._offset = self._now()

    def look(self) -> float:
        """Return by how many seconds the clock was set forward (above zero) or back; else 0."""
        before, self._offset = self._offset, self._now()
        step = self._offset - before
        return step if abs(step) >= STEP_S else 0.0

    def _now(self) -> float:
        return self._wall() - self._steady()
