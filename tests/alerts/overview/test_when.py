"""Which day an overview reports and when, in zones whose clocks do odd things."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.overview import due_times
from core.time_range.zones import zone_named

LONG_AGO = datetime(1990, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "hour", "at"),
    [
        pytest.param("UTC", "2026-11-25", 8, "2026-11-25T08:00", id="UTC as it stands"),
        pytest.param("Europe/Berlin", "2026-11-25", 8, "2026-11-25T07:00", id="Berlin in winter"),
        pytest.param("Europe/Berlin", "2026-07-01", 8, "2026-07-01T06:00", id="Berlin in summer"),
        pytest.param(
            "Europe/Berlin", "2026-03-29", 2, "2026-03-29T01:00",
            id="an hour that does not exist: the next moment that does, 03:00",
        ),
        pytest.param(
            "Europe/Berlin", "2026-10-25", 2, "2026-10-25T00:00",
            id="an hour that exists twice: the first",
        ),
        pytest.param("America/New_York", "2026-03-08", 2, "2026-03-08T07:00", id="New York: gap"),
        pytest.param("America/New_York", "2026-11-01", 1, "2026-11-01T05:00", id="New York: twice"),
        pytest.param(
            "Australia/Lord_Howe", "2026-10-04", 2, "2026-10-03T15:30",
            id="Lord Howe skips half an hour: 02:30",
        ),
        pytest.param(
            "Australia/Lord_Howe", "2026-04-05", 1, "2026-04-04T14:00",
            id="Lord Howe has 01:30 to 02:00 twice, and 01:00 once",
        ),
        pytest.param("Asia/Kathmandu", "2026-11-25", 8, "2026-11-25T02:15", id="Kathmandu"),
        pytest.param(
            "Africa/Cairo", "2026-04-24", 0, "2026-04-23T22:00",
            id="a midnight that does not exist: 01:00",
        ),
        pytest.param(
            "America/Nuuk", "2026-03-28", 23, "2026-03-29T00:00",
            id="no 23:00 and then it is tomorrow: an hour before the day ends, 22:00",
        ),
    ],
)  # fmt: skip
def test_the_hour_is_that_of_the_members_zone(zone: str, day: str, hour: int, at: str) -> None:
    assert due_times.send_at(date.fromisoformat(day), hour, ZoneInfo(zone)) == utc(at)


@pytest.mark.parametrize(
    ("zone", "now", "day", "start", "end", "hours", "hours_before"),
    [
        pytest.param(
            "Asia/Kathmandu", "2026-11-25T02:15", "2026-11-24",
            "2026-11-23T18:15", "2026-11-24T18:15", 24, 24,
            id="a day of Kathmandu begins at a quarter past",
        ),
        pytest.param(
            "Europe/Berlin", "2026-03-30T06:00", "2026-03-29",
            "2026-03-28T23:00", "2026-03-29T22:00", 23, 24,
            id="the day of 23 hours against one of 24",
        ),
        pytest.param(
            "Europe/Berlin", "2026-10-26T07:00", "2026-10-25",
            "2026-10-24T22:00", "2026-10-25T23:00", 25, 24,
            id="the day of 25 hours against one of 24",
        ),
        pytest.param(
            "America/New_York", "2026-11-03T13:00", "2026-11-02",
            "2026-11-02T05:00", "2026-11-03T05:00", 24, 25,
            id="the day after it against the 25",
        ),
        pytest.param(
            "Australia/Lord_Howe", "2026-10-05T00:00", "2026-10-04",
            "2026-10-03T13:30", "2026-10-04T13:00", 23.5, 24,
            id="Lord Howe has a day of 23 and a half",
        ),
        pytest.param(
            "Pacific/Apia", "2011-12-30T18:00", "2011-12-29",
            "2011-12-29T10:00", "2011-12-30T10:00", 24, 24,
            id="Samoa had no 30 December 2011: on the 31st the 29th is reported",
        ),
    ],
)  # fmt: skip
def test_the_day_before_is_reported(
    zone: str, now: str, day: str, start: str, end: str, hours: float, hours_before: float
) -> None:
    found = due_times.reported(utc(now), ZoneInfo(zone))
    assert (found.date, found.start, found.end) == (date.fromisoformat(day), utc(start), utc(end))
    assert (found.hours, found.hours_before) == (hours, hours_before)


@pytest.mark.parametrize(
    ("now", "since", "is_due"),
    [
        pytest.param("2026-11-25T06:59", "2026-11-01T00:00", False, id="before the hour"),
        pytest.param("2026-11-25T07:00", "2026-11-01T00:00", True, id="at the hour"),
        pytest.param("2026-11-25T22:59", "2026-11-01T00:00", True, id="late, but still that day"),
        pytest.param("2026-11-25T23:00", "2026-11-01T00:00", False, id="the next day has begun"),
        pytest.param("2026-11-25T09:00", "2026-11-25T07:00", True, id="subscribed at the hour"),
        pytest.param("2026-11-25T09:00", "2026-11-25T07:01", False, id="subscribed after it"),
        pytest.param("2026-11-26T07:00", "2026-11-25T07:01", True, id="so the next day is first"),
    ],
)
def test_it_is_due_from_its_hour_until_the_local_day_ends(
    now: str, since: str, is_due: bool
) -> None:
    found = due_times.due(8, ZoneInfo("Europe/Berlin"), utc(since), utc(now))
    assert (found is not None) == is_due


@pytest.mark.parametrize("name", ["", "Atlantis/Capital", "../../etc/passwd", "Europe"])
def test_a_zone_that_is_none_means_utc(name: str) -> None:
    assert zone_named(name) == ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("now", "since", "is_done", "at"),
    [
        pytest.param("2026-11-25T05:00", "2026-11-01T00:00", False, "2026-11-25T07:00", id="today"),
        pytest.param(
            "2026-11-25T09:00", "2026-11-01T00:00", True, "2026-11-26T07:00", id="tomorrow"
        ),
        pytest.param(
            "2026-11-25T09:00", "2026-11-01T00:00", False, "2026-11-25T09:00", id="overdue: now"
        ),
        pytest.param(
            "2026-11-25T09:00", "2026-11-25T08:30", False, "2026-11-26T07:00",
            id="newly subscribed after the hour: tomorrow",
        ),
    ],
)  # fmt: skip
def test_the_next_one_can_be_told_ahead(now: str, since: str, is_done: bool, at: str) -> None:
    found = due_times.next_at(8, ZoneInfo("Europe/Berlin"), utc(since), utc(now), is_done)
    assert found == utc(at)


def test_the_day_after_a_day_that_does_not_exist_is_next() -> None:
    now = utc("2011-12-30T02:00")  # the 29th, 16:00
    found = due_times.next_at(8, ZoneInfo("Pacific/Apia"), LONG_AGO, now, is_done=True)
    assert found.astimezone(ZoneInfo("Pacific/Apia")).isoformat() == "2011-12-31T08:00:00+14:00"


ODD = [
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu",
    "America/Nuuk", "Africa/Cairo", "America/Havana", "America/Asuncion", "Asia/Beirut",
    "Africa/Casablanca", "Antarctica/Troll", "America/St_Johns", "Pacific/Chatham",
]  # fmt: skip
ALL = sorted(zoneinfo.available_timezones() - {"localtime", "Factory"})
zones = st.one_of(st.sampled_from(ODD), st.sampled_from(ALL)).map(ZoneInfo)
years = st.sampled_from([2006, 2011, 2026])  # St John's changed at 00:01, Samoa lost a day


def sent_on_a_walk(hour: int, zone: ZoneInfo, moments: list[datetime]) -> list[due_times.Day]:
    """As the tick sends: whatever is due and not in the table yet."""
    sent: dict[date, due_times.Day] = {}
    for now in moments:
        day = due_times.due(hour, zone, LONG_AGO, now)
        if day is not None and day.date not in sent:
            sent[day.date] = day
    return list(sent.values())


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(zone=zones, hour=st.integers(0, 23), year=years, first=st.integers(0, 59))
def test_each_local_day_of_a_year_is_reported_once_and_in_order(
    zone: ZoneInfo, hour: int, year: int, first: int
) -> None:
    """A tick an hour: every day follows on the one before, without gap or overlap."""
    start = datetime(year, 1, 1, tzinfo=UTC) + first * MINUTE
    moments = [start + step * HOUR for step in range(366 * 24)]
    sent = sent_on_a_walk(hour, zone, moments)
    for earlier, later in pairwise(sent):
        assert later.start == earlier.end
        assert later.before == earlier.start
        assert later.date > earlier.date
    real = {moment.astimezone(zone).date() for moment in moments}
    assert len(sent) >= len(real) - 2  # the first day may be over, the last not come to its hour


jumps = st.lists(st.integers(-3 * 1440, 3 * 1440), min_size=1, max_size=120)


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(zone=zones, hour=st.integers(0, 23), year=years, minutes=jumps)
def test_any_walk_sends_exactly_the_days_that_it_met_after_their_hour(
    zone: ZoneInfo, hour: int, year: int, minutes: list[int]
) -> None:
    """Ticks may be missed for days, and the clock of the machine may be moved back."""
    now = datetime(year, 6, 1, tzinfo=UTC)
    moments = [now := now + step * MINUTE for step in minutes]
    sent = sent_on_a_walk(hour, zone, moments)
    owed = {
        due_times.reported(moment, zone).date
        for moment in moments
        if due_times.send_at(moment.astimezone(zone).date(), hour, zone) <= moment
    }
    assert len(sent) == len({day.date for day in sent})
    assert {day.date for day in sent} == owed


@settings(deadline=None, max_examples=300)
@given(
    zone=zones,
    hour=st.integers(0, 23),
    day=st.dates(date(2005, 1, 1), date(2030, 12, 31)),
)
def test_the_moment_lies_in_its_own_day(zone: ZoneInfo, hour: int, day: date) -> None:
    """And no later than an hour before its end, so that a worker has time for it."""
    start = due_times.moment_of(day, time(0), zone)
    at = due_times.send_at(day, hour, zone)
    if start.astimezone(zone).date() != day:
        return  # a day that does not exist
    assert at.astimezone(zone).date() == day
    assert start <= at <= due_times.moment_of(day + DAY, time(0), zone) - HOUR
