"""Places for pumps: rows with a lease, so that on all machines together no more than
JUDGE_PUMPS judge at once, and their shares of JUDGE_CONCURRENCY add up to it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from core.background import holders
from signals_app.models import PumpSlot

LEASE_S = 30.0

#: One statement, so that two pumps never get the same slot.
TAKE = """
UPDATE signals_app_pumpslot SET holder = %(holder)s, lease_until = %(until)s
WHERE number = (
    SELECT number FROM signals_app_pumpslot
    WHERE number < %(count)s AND (lease_until IS NULL OR lease_until < %(now)s)
    ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING number
"""


def count() -> int:
    return int(min(settings.JUDGE_PUMPS, settings.JUDGE_CONCURRENCY))


def share(number: int) -> int:
    """How many requests the holder of this slot may have under way."""
    whole, rest = divmod(settings.JUDGE_CONCURRENCY, count())
    return int(whole + (number < rest))


def free(now: datetime) -> int:
    taken = PumpSlot.objects.filter(number__lt=count(), lease_until__gte=now).count()
    return count() - taken


def take(holder: UUID, now: datetime) -> int | None:
    """The number of a slot that is the holder's until its lease ends; None if all are taken."""
    rows = [PumpSlot(number=number) for number in range(count())]
    PumpSlot.objects.bulk_create(rows, ignore_conflicts=True)
    values: dict[str, Any] = {"holder": holder, "until": _lease_end(now), "now": now}
    values["count"] = count()
    with connection.cursor() as cursor:
        cursor.execute(TAKE, values)
        row = cursor.fetchone()
    return row[0] if row else None


def renew(number: int, holder: UUID, now: datetime) -> bool:
    """Whether the slot still was the holder's."""
    mine = PumpSlot.objects.filter(number=number, holder=holder)
    return mine.update(lease_until=_lease_end(now)) == 1


def free_dead() -> int:
    """Free the slots whose holders died on this machine, and return how many."""
    held = PumpSlot.objects.exclude(holder=None).values_list("holder", flat=True)
    dead = [holder for holder in held if holder and holders.is_dead(holder)]
    return PumpSlot.objects.filter(holder__in=dead).update(holder=None, lease_until=None)


def give_back(number: int, holder: UUID) -> None:
    PumpSlot.objects.filter(number=number, holder=holder).update(holder=None, lease_until=None)


def _lease_end(now: datetime) -> datetime:
    return now + timedelta(seconds=LEASE_S)
