"""Places for pumps: leases, so that on all machines together no more than
JUDGE_PUMPS judge at once, and their shares of an endpoint's concurrency add up to it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings

from core.background import holders, leases
from core.models import Lease

LEASE_S = leases.LEASE_S
NAME = "pump "


def count() -> int:
    """Return how many pumps may judge at once."""
    return int(min(settings.JUDGE_PUMPS, settings.JUDGE_CONCURRENCY))


def share(number: int, concurrency: int | None = None) -> int:
    """Return how many requests the holder of the slot of that number may have under way.

    concurrency: of the endpoint, None for the one of the environment. It is 0 in slots from that
    number on.
    """
    whole, rest = divmod(concurrency or settings.JUDGE_CONCURRENCY, count())
    return int(whole + (number < rest))


def free(now: datetime) -> list[int]:
    """Return the slots that nobody holds, or a process of this machine that is gone."""
    names = {_name(number): number for number in range(count())}
    held = Lease.objects.filter(name__in=names, until__gte=now).values_list("name", "holder")
    taken = {names[name] for name, holder in held if not holders.is_dead(holder)}
    return sorted(set(names.values()) - taken)


def take(holder: UUID, now: datetime) -> int | None:
    """Give the holder a slot until its lease ends, and return its number; None if none is free."""
    for number in range(count()):
        if leases.take(_name(number), holder, now):
            return number
    return None


def renew(number: int, holder: UUID, now: datetime) -> bool:
    """Renew the lease of a slot, and say whether it still was the holder's."""
    return leases.renew(_name(number), holder, now)


def give_back(number: int, holder: UUID) -> None:
    """Free a slot if it still is the holder's."""
    leases.give_back(_name(number), holder)


def _name(number: int) -> str:
    return f"{NAME}{number}"
