"""The overview is owed once a day, whatever happens to workers and clocks: with real rows."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django_q.models import OrmQ

from alerts.models import Delivery, Overview
from alerts.overview import due_overviews, subscribing
from alerts.overview.due_overviews import owe_due
from teams.models import Membership
from tests.alerts.overview.days import DAY, NOW, a_project, subscribed
from tests.traces.arrivals import member

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def days() -> list[str]:
    return [f"{o.day}" for o in Overview.objects.order_by("day")]


def test_at_the_hour_of_the_member_it_is_owed_by_e_mail() -> None:
    one = subscribed(a_project())
    assert owe_due(NOW - MINUTE) == 0
    assert owe_due(NOW) == 1
    overview, delivery = Overview.objects.get(), Delivery.objects.get()
    assert overview.day.isoformat() == "2026-11-24"
    assert (overview.start, overview.end) == (
        datetime(2026, 11, 23, 23, tzinfo=UTC),
        datetime(2026, 11, 24, 23, tzinfo=UTC),
    )
    assert (delivery.overview, delivery.project) == (overview, one.project)
    assert (delivery.kind, delivery.address, delivery.user) == ("email", one.user.email, one.user)
    assert (delivery.state, delivery.available_at) == ("waiting", NOW)


def test_it_is_handed_to_the_queue_in_the_same_pass() -> None:
    subscribed(a_project())
    owe_due(NOW)
    assert OrmQ.objects.get().func() == "alerts.tasks.deliver"


def test_nothing_due_queues_nothing() -> None:
    owe_due(NOW)
    assert not OrmQ.objects.exists()


def test_a_slack_channel_is_told_instead() -> None:
    subscribed(a_project(), kind="slack", address="C17", address_name="#support")
    owe_due(NOW)
    delivery = Delivery.objects.get()
    assert (delivery.kind, delivery.address, delivery.address_name) == ("slack", "C17", "#support")
    assert delivery.user is None


def test_every_minute_of_a_day_owes_it_once() -> None:
    subscribed(a_project())
    assert sum(owe_due(NOW + step * MINUTE) for step in range(0, 15 * 60, 7)) == 1
    assert days() == ["2026-11-24"]


def test_a_worker_that_was_down_for_hours_still_owes_todays() -> None:
    subscribed(a_project())
    assert owe_due(NOW + 15 * HOUR + 59 * MINUTE) == 1
    assert days() == ["2026-11-24"]


def test_days_that_were_missed_entirely_are_not_owed_later() -> None:
    subscribed(a_project())
    owe_due(NOW)
    owe_due(NOW + 4 * DAY)
    assert days() == ["2026-11-24", "2026-11-28"]


def test_a_clock_that_is_moved_back_owes_nothing_twice() -> None:
    subscribed(a_project())
    for moment in (NOW, NOW + DAY, NOW, NOW - HOUR, NOW + DAY + HOUR, NOW + HOUR):
        owe_due(moment)
    assert days() == ["2026-11-24", "2026-11-25"]
    assert Delivery.objects.count() == 2


def test_a_member_who_travels_gets_no_day_twice() -> None:
    one = subscribed(a_project(), zone="Pacific/Auckland")
    owe_due(NOW - 36 * HOUR)  # 08:00 of the 24th in Auckland
    owe_due(NOW - 12 * HOUR)  # and of the 25th
    one.user.time_zone = "America/Los_Angeles"
    one.user.save()
    for step in range(48):
        owe_due(NOW - 12 * HOUR + step * HOUR)
    assert days() == ["2026-11-23", "2026-11-24", "2026-11-25"]


def test_an_hour_moved_ahead_of_now_still_has_todays() -> None:
    one = subscribed(a_project(), hour=20)
    now = NOW + 2 * HOUR
    assert owe_due(now) == 0
    subscribing.subscribe(
        one.project, one.user, hour=8, kind="email", address="", address_name="", now=now
    )
    assert owe_due(now) == 1


def test_an_hour_moved_behind_it_has_no_second_one() -> None:
    one = subscribed(a_project())
    owe_due(NOW)
    now = NOW + 2 * HOUR
    subscribing.subscribe(
        one.project, one.user, hour=20, kind="email", address="", address_name="", now=now
    )
    assert owe_due(NOW + 13 * HOUR) == 0


@pytest.mark.parametrize("was_off", [False, True], ids=["for the first time", "anew"])
def test_who_subscribes_after_the_hour_begins_with_the_next_day(was_off: bool) -> None:
    project = a_project()
    user = member(project)
    if was_off:
        subscribed(project, user, is_on=False)
    user.time_zone = "Europe/Berlin"
    user.save()
    now = NOW + MINUTE
    subscribing.subscribe(project, user, hour=8, kind="email", address="", address_name="", now=now)
    assert owe_due(NOW + 5 * MINUTE) == 0
    assert owe_due(NOW + DAY) == 1
    assert days() == ["2026-11-25"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("zone", "hour", "day", "minutes"),
    [
        pytest.param("Europe/Berlin", 2, "2026-03-29", 180, id="no 02:00 in spring: at 03:00"),
        pytest.param("Europe/Berlin", 2, "2026-10-25", 120, id="02:00 twice: at the first"),
        pytest.param("America/New_York", 2, "2026-03-08", 180, id="New York: at 03:00"),
        pytest.param("Australia/Lord_Howe", 2, "2026-10-04", 150, id="Lord Howe: at 02:30"),
    ],
)
def test_when_the_clocks_change_it_is_owed_once(
    zone: str, hour: int, day: str, minutes: int
) -> None:
    """minutes: since midnight as the clock on the wall shows them."""
    subscribed(a_project(), zone=zone, hour=hour, since=datetime(2026, 1, 1, tzinfo=UTC))
    midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    owed = [at for m in range(0, 23 * 60, 5) if owe_due(at := midnight + m * MINUTE)]
    assert len(owed) == 1
    local = owed[0].astimezone(ZoneInfo(zone))
    assert (local.hour * 60 + local.minute, local.fold) == (minutes, 0)


def test_who_turned_it_off_left_or_may_not_sign_in_is_owed_nothing() -> None:
    project = a_project()
    subscribed(project, member(project, email="off@example.org"), is_on=False)
    gone = subscribed(project, member(project, email="gone@example.org"))
    Membership.objects.filter(user=gone.user).delete()
    locked = subscribed(project, member(project, email="locked@example.org"))
    locked.user.is_active = False
    locked.user.save()
    assert owe_due(NOW) == 0


def test_readers_have_it_too() -> None:
    project = a_project()
    subscribed(project, member(project, "viewer"))
    assert owe_due(NOW) == 1


def test_turning_it_off_drops_what_waits() -> None:
    one = subscribed(a_project())
    owe_due(NOW)
    subscribing.stop(one, NOW + MINUTE)
    delivery = Delivery.objects.get()
    assert delivery.state == "dropped"
    assert "turned off" in delivery.error


def test_what_is_sent_already_stays_sent_when_it_is_turned_off() -> None:
    one = subscribed(a_project())
    owe_due(NOW)
    Delivery.objects.update(state="sent")
    subscribing.stop(one, NOW + MINUTE)
    assert Delivery.objects.get().state == "sent"


def test_a_worker_killed_between_the_two_rows_owes_it_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The day is not spent by half a write."""
    subscribed(a_project())

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(due_overviews, "_delivery", killed)
        with pytest.raises(KeyboardInterrupt):
            owe_due(NOW)
    assert not Overview.objects.exists()
    assert owe_due(NOW + MINUTE) == 1


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_owe_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them have looked before any of them writes."""
    project = a_project()
    for number in range(3):
        subscribed(project, member(project, email=f"{number}@example.org"))
    together = threading.Barrier(4)
    look = due_overviews._done

    def look_and_wait(due: list) -> set:  # type: ignore[type-arg]
        found = look(due)
        together.wait(10)
        return found

    monkeypatch.setattr(due_overviews, "_done", look_and_wait)
    owed: list[int] = []

    def work() -> None:
        owed.append(owe_due(NOW))
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(owed) == 3
    assert Overview.objects.count() == Delivery.objects.count() == 3


def test_a_pass_costs_the_same_whatever_the_number_of_subscriptions_that_are_done(
    django_assert_num_queries: object,
) -> None:
    project = a_project()
    for number in range(5):
        subscribed(project, member(project, email=f"{number}@example.org"))
    owe_due(NOW)
    with django_assert_num_queries(2):  # type: ignore[operator]
        assert owe_due(NOW + MINUTE) == 0
