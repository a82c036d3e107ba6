"""How often somebody may call: so many calls in a minute of the clock, over all processes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection

from api.rest.problems import Refused

TOO_OFTEN = "More than {n:,} calls in a minute. Try again in {s} s."

#: The table is not logged: a crash forgets the counts, and no call waits for the disk.
_COUNT = """
INSERT INTO api_callcount AS c (caller, minute, calls) VALUES (%s, %s, 1)
ON CONFLICT (caller) DO UPDATE SET
    calls = CASE WHEN c.minute = excluded.minute THEN c.calls + 1 ELSE 1 END,
    minute = excluded.minute
RETURNING calls
"""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of this minute. seconds: until the next one."""

    limit: int
    left: int
    seconds: int

    @property
    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(0, self.left)),
            "RateLimit-Reset": str(self.seconds),
        }


def count(caller: str, now: datetime) -> Allowance:
    """Count a call, and return what is left."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [caller, now.replace(second=0, microsecond=0)])
        (calls,) = cursor.fetchone()
    limit = settings.API_CALLS_PER_MINUTE
    return Allowance(limit, limit - calls, 60 - now.second)


def check(allowance: Allowance) -> None:
    """Raise Refused where more was called than is allowed."""
    if allowance.left < 0:
        words = TOO_OFTEN.format(n=allowance.limit, s=allowance.seconds)
        headers = {"Retry-After": str(allowance.seconds)} | allowance.headers
        raise Refused(429, "rate_limited", words, headers=headers)
