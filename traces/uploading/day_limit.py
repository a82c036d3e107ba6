"""The spans of files count among those that a team may send in a day (TEAM_SPANS_PER_DAY).

Only what was really stored counts, so that to send a file again costs nothing, in the day in which
the upload began.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings
from django.db import connection

from traces.models import TeamDay
from traces.receiving.day_limit import ADD, OVER, seconds_left

CUT = (
    "The team has sent its {limit:,} spans of this day, which is the limit of this installation: "
    "from here on nothing of the file is stored. Send it again after midnight UTC: what is there "
    "already changes nothing."
)


class OverDayLimit(Exception):
    """The team may send no more today, and nothing was stored; the text says so to a person.

    seconds_left: until it may again."""

    def __init__(self, limit: int, now: datetime) -> None:
        super().__init__(OVER.format(limit=limit))
        self.seconds_left = seconds_left(now)


class FileOfDay:
    """What one file adds to its team's day. limit: 0 is none."""

    def __init__(self, team_id: int, now: datetime) -> None:
        """Raise OverDayLimit where the team may send no more."""
        self._team_id, self._day = team_id, now.astimezone(UTC).date()
        self.limit = int(settings.TEAM_SPANS_PER_DAY)
        known = TeamDay.objects.filter(team_id=team_id, day=self._day)
        self._total = known.values_list("spans", flat=True).first() or 0
        if self.is_over:
            raise OverDayLimit(self.limit, now.astimezone(UTC))

    @property
    def is_over(self) -> bool:
        """Whether the team has sent all that it may, as far as this file knows."""
        return 0 < self.limit <= self._total

    @property
    def cut(self) -> str:
        """Why the rest of the file is not stored."""
        return CUT.format(limit=self.limit)

    def add(self, spans: int) -> None:
        """Count spans that were stored."""
        if spans:
            with connection.cursor() as cursor:
                cursor.execute(ADD, [[self._team_id], [self._day], [spans]])
                ((_team_id, self._total),) = cursor.fetchall()
