"""Is a difference more than chance? Intervals of 95 %, unless `z` is another one's. Pure.

Wilson: E. B. Wilson, J. Am. Stat. Assoc. 22 (1927), the score interval of one share.
Newcombe: R. G. Newcombe, Stat. Med. 17 (1998), method 10, the difference of two shares.
"""

from __future__ import annotations

from math import sqrt

Z = 1.959963984540054
Interval = tuple[float, float]


def wilson(share: float, n: float, z: float = Z) -> Interval:
    """Return where the true share lies when `share` of `n` was seen; n above 0, fractions
    allowed."""
    spread = z * z / n
    middle = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def newcombe(now: float, n_now: float, before: float, n_before: float, z: float = Z) -> Interval:
    """Return where the true difference `now` - `before` of two shares lies."""
    low, high = wilson(now, n_now, z)
    low_before, high_before = wilson(before, n_before, z)
    difference = now - before
    down = sqrt((now - low) ** 2 + (high_before - before) ** 2)
    up = sqrt((high - now) ** 2 + (before - low_before) ** 2)
    return difference - down, difference + up
