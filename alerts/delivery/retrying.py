"""When a message that did not go out is tried again, and when no more. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.background.backoff import LONGEST_S, backoff_s

#: The waits between eight tries, doubling from a minute, are two hours together.
MAX_ATTEMPTS = 8
BASE_S = 60.0
#: How long a server may put us off by naming a time, which no attempt is counted for.
PATIENCE = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Again:
    """is_refunded: the attempt does not count."""

    at: datetime
    is_refunded: bool = False


def again(
    attempts: int, first_at: datetime, now: datetime, after_s: float | None, random_share: float
) -> Again | None:
    """Return when to try again, None for no more. attempts: this one included. first_at: since when
    it is tried; after_s: the server's wish; random_share: in [0, 1), which spreads what failed
    together."""
    if after_s is not None and now - first_at < PATIENCE:
        return Again(now + timedelta(seconds=min(max(after_s, 1.0), LONGEST_S)), True)
    if attempts >= MAX_ATTEMPTS:
        return None
    return Again(now + timedelta(seconds=backoff_s(attempts, BASE_S, random_share)))
