"""What a month will have taken by its end, and how sure that is. Pure.

What is left of the month is thought to go on as the last whole days did: their mean a day, and
around it the interval of 80 % of Student's t for the sum of so many further days, of which each
varies as those did and the mean is not known exactly. Days of other traffic than the last ones, a
run that is yet to come, or a weekend in a month of three days behind it, it cannot know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev
from typing import Final

#: Fewer days than these say nothing of how much days differ.
LEAST_DAYS: Final = 3
#: The 90 % quantile of Student's t, by degrees of freedom from 2 on (for at most seven days).
_T90: Final = {2: 1.886, 3: 1.638, 4: 1.533, 5: 1.476, 6: 1.440}


@dataclass(frozen=True, slots=True)
class Forecast:
    """total, and low to high around it, None with fewer than three days behind it. days: how many
    it rests on; left: how many of the month are left."""

    total: float
    low: float | None
    high: float | None
    days: int
    left: float


def forecast(spent: float, by_day: Sequence[float], left: float) -> Forecast | None:
    """Add what is left to what is spent; None without a whole day.

    by_day: what each of the last whole days took, at most seven. left: days until the end.
    """
    if not by_day:
        return None
    days = by_day[-7:]
    mean = fmean(days)
    total = spent + mean * left
    if len(days) < LEAST_DAYS:
        return Forecast(total, None, None, len(days), left)
    spread = _T90[len(days) - 1] * stdev(days) * sqrt(left + left * left / len(days))
    return Forecast(total, max(spent, total - spread), total + spread, len(days), left)
