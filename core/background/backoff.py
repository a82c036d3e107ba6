"""How long to wait before the next attempt of what failed. Pure."""

from __future__ import annotations

from typing import Final

LONGEST_S: Final = 3600.0
#: What failed together is not tried together again: waits differ by this share either way.
SPREAD: Final = 0.2


def backoff_s(attempts: int, base_s: float, random_share: float) -> float:
    """Return the seconds before the next attempt: doubling from `base_s`, at most an hour.

    attempts: those so far, at least 1. random_share: in [0, 1), which spreads the waits.
    """
    plain = min(base_s * 2.0 ** max(0, attempts - 1), LONGEST_S)
    return float(plain * (1 - SPREAD + 2 * SPREAD * random_share))
