"""Who is owed an overview now: one row for the day, one for its message, together or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db import IntegrityError, transaction

from alerts.delivery.enqueueing import DELIVER
from alerts.models import Delivery, Kind, Overview, OverviewSubscription
from alerts.overview import due_times
from alerts.overview.due_times import Day
from core.background.queue import enqueue
from core.time_range.zones import zone_named


def owe_due(now: datetime) -> int:
    """Writes the overviews that are due and were not yet; returns how many.

    May run at the same time on many machines, be killed anywhere, and be given a `now` that goes
    back: a subscription's day has one row, by a constraint, and its delivery is written with it.
    """
    due = list(_due(now))
    done = _done(due)
    owed = sum(
        _owe(subscription, day, now)
        for subscription, day in due
        if (subscription.pk, day.date) not in done
    )
    if owed:
        enqueue(DELIVER)  # were it lost here, the tick of the next minute would send them
    return owed


def _due(now: datetime) -> Iterable[tuple[OverviewSubscription, Day]]:
    for each in OverviewSubscription.objects.wanted():
        zone = zone_named(each.user.time_zone)
        if day := due_times.due(each.hour, zone, each.created_at, now):
            yield each, day


def _done(due: Iterable[tuple[OverviewSubscription, Day]]) -> set[tuple[int, date]]:
    """Return the subscriptions that are done: all day long one is due, and most are done."""
    days = {day.date for _one, day in due}
    overviews = Overview.objects.filter(
        subscription__in=[subscription.pk for subscription, _day in due], day__in=days
    )
    return set(overviews.values_list("subscription_id", "day"))


def _owe(subscription: OverviewSubscription, day: Day, now: datetime) -> bool:
    """False when another worker was first, or the subscription is gone."""
    try:
        with transaction.atomic():
            overview = Overview.objects.create(
                subscription=subscription,
                day=day.date,
                start=day.start,
                end=day.end,
                created_at=now,
            )
            _delivery(subscription, overview, now).save(force_insert=True)
    except IntegrityError:
        return False
    return True


def _delivery(subscription: OverviewSubscription, overview: Overview, now: datetime) -> Delivery:
    is_email = subscription.kind == Kind.EMAIL
    return Delivery(
        project=subscription.project,
        overview=overview,
        kind=subscription.kind,
        user=subscription.user if is_email else None,
        address=subscription.user.email if is_email else subscription.address,
        address_name="" if is_email else subscription.address_name,
        key=f"overview:{overview.pk}:{subscription.kind}",
        created_at=now,
        available_at=now,
    )
