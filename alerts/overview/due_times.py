"""Which day an overview reports, and when it is due. Pure.

A member gets at most one overview for each of their local days: it is sent during one local day
(from their hour on, for as long as that day lasts) and reports the local day before it, midnight to
midnight in their zone. So a day has 23 or 25 hours when the clocks change, and two days may differ.
What was missed for a whole day is not sent later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MOMENT = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Day:
    """A local day [start, end), and the one that it is compared with, [before, start); in UTC."""

    date: date
    before: datetime
    start: datetime
    end: datetime

    @property
    def hours(self) -> float:
        return (self.end - self.start) / HOUR

    @property
    def hours_before(self) -> float:
        return (self.start - self.before) / HOUR


def reported(now: datetime, zone: ZoneInfo) -> Day:
    """Return the local day before the one of `now`."""
    end = moment_of(_local_date(now, zone), time(0), zone)
    # Samoa had no 30 December 2011: the day before is the one that really was.
    day = _local_date(end - MOMENT, zone)
    start = moment_of(day, time(0), zone)
    return Day(day, day_before(start, zone), start, end)


def day_before(start: datetime, zone: ZoneInfo) -> datetime:
    """Return when the local day began that ends at `start`, in UTC."""
    return moment_of(_local_date(start - MOMENT, zone), time(0), zone)


def send_at(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """Return when the overview that is sent on this local day is due, in UTC: at the next moment
    that exists where the hour does not, at the first of two where it exists twice."""
    moment = moment_of(day, time(hour), zone)
    # In Nuuk the clocks go from 23:00 to 00:00: an hour earlier, then, is still that day.
    return min(moment, moment_of(day + DAY, time(0), zone) - HOUR)


def due(hour: int, zone: ZoneInfo, since: datetime, now: datetime) -> Day | None:
    """Return the day to report now. None before the hour, and on the local day on which the member
    subscribed (`since`) after it.

    Answers the same all day long: that it is sent once is for the table of overviews to see to.
    """
    at = send_at(_local_date(now, zone), hour, zone)
    return reported(now, zone) if since <= at <= now else None


def next_at(hour: int, zone: ZoneInfo, since: datetime, now: datetime, is_done: bool) -> datetime:
    """Return when the next one is sent, in UTC; `is_done`: that of the local day of `now` was."""
    today = _local_date(now, zone)
    at = send_at(today, hour, zone)
    if not is_done and since <= at:
        return max(at, now)
    tomorrow = _local_date(moment_of(today + DAY, time(0), zone), zone)
    return send_at(tomorrow, hour, zone)


def moment_of(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Return when the clocks of the zone show this, in UTC: the first time, or the next that
    exists."""
    local = datetime.combine(day, clock, zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    return _change_between(local.replace(fold=1).astimezone(UTC), moment, zone)


def _change_between(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """Return when the clocks were changed: after `low`, at the latest at `high`, to the second."""
    after = high.astimezone(zone).utcoffset()
    while (between := (high - low) // SECOND) > 1:
        middle = low + between // 2 * SECOND
        if middle.astimezone(zone).utcoffset() == after:
            high = middle
        else:
            low = middle
    return high


def _local_date(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()
