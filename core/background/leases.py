"""Work that one process at a time does, on all machines that share the database.

A lease is a row with an end. A thread renews it while the work goes on, so it may go on for hours;
a holder that is killed stops renewing. Whoever comes next takes the lease at once when the dead
holder was on the same machine (`holders`), and when the lease has run out otherwise. No connection
and no transaction is held in between.

    with leases.hold(SoleWork.SWEEP) as lease:
        while lease and not lease.is_lost and …:
            …  # one round

A holder that was stopped for longer than a lease lasts has lost it, and may be in the middle of a
round when it hears of it: what it writes must stand that somebody else does the same.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection
from django.utils import timezone

from core import log_lines
from core.background import holders
from core.models import Lease

logger = logging.getLogger(__name__)

LEASE_S = 30.0
RENEW_EVERY_S = LEASE_S / 3
LOOK_EVERY_S = 0.1

#: One statement, so that of two who come at once one gets it.
TAKE = """
INSERT INTO core_lease AS held (name, holder, until) VALUES (%(name)s, %(holder)s, %(until)s)
ON CONFLICT (name) DO UPDATE SET holder = EXCLUDED.holder, until = EXCLUDED.until
WHERE held.until < %(now)s OR held.holder = %(dead)s
RETURNING name
"""


class SoleWork(StrEnum):
    """Everything that is done under a lease, but for the pumps' (`signals_app.queue.slots`)."""

    MIGRATIONS = "migrations"
    SWEEP = "sweep"
    AGENTS = "agents"
    DELIVERY = "delivery"
    INCIDENTS = "incidents"
    IMPORTS = "imports"
    BACKUPS = "backups"
    ERASURES = "erasures"
    RETENTION = "retention"
    DEMO_LOAD = "demo load"
    DEMO_TRAFFIC = "demo traffic"


class HeldLease:
    """A lease of this process, renewed by `keep` until `close`."""

    def __init__(self, name: str, holder: UUID) -> None:
        self.name, self.holder = name, holder
        self._renewed_at = time.monotonic()
        self._was_taken = False
        self._is_over = threading.Event()

    @property
    def is_lost(self) -> bool:
        """Whether somebody else has the lease, or may have it because it was not renewed."""
        return self._was_taken or time.monotonic() - self._renewed_at > LEASE_S

    def keep(self) -> None:
        """Renew the lease in time, again and again, until it is lost or closed."""
        while not (self._was_taken or self._is_over.wait(RENEW_EVERY_S)):
            try:
                self._renew()
            except DatabaseError as error:
                facts = {"name": self.name, "reason": error}
                log_lines.write(logger, logging.WARNING, "lease not renewed", **facts)
            finally:
                connection.close()

    def close(self) -> None:
        """End the renewing."""
        self._is_over.set()

    def _renew(self) -> None:
        began = time.monotonic()
        if renew(self.name, self.holder, timezone.now()):
            self._renewed_at = began
        elif not self._is_over.is_set():
            self._was_taken = True
            log_lines.write(logger, logging.WARNING, "lease lost", name=self.name)


@contextmanager
def hold(name: SoleWork) -> Iterator[HeldLease | None]:
    """Hold the lease of that name until the block ends; None if somebody else does."""
    holder = holders.new_token()
    if not take(name, holder, timezone.now()):
        yield None
        return
    lease = HeldLease(name, holder)
    threading.Thread(target=lease.keep, name=f"lease {name}", daemon=True).start()
    try:
        yield lease
    finally:
        lease.close()
        give_back(name, holder)


@contextmanager
def wait_and_hold(name: SoleWork) -> Iterator[HeldLease]:
    """Hold the lease of that name until the block ends, after whoever holds it now."""
    while True:
        with hold(name) as lease:
            if lease:
                yield lease
                return
        time.sleep(LOOK_EVERY_S)


def take(name: str, holder: UUID, now: datetime) -> bool:
    """Make the lease the holder's for LEASE_S if it is free, ran out, or its holder is dead."""
    lease = Lease.objects.filter(name=name, until__gte=now).first()
    if lease and not holders.is_dead(lease.holder):
        return False
    dead = lease.holder if lease else None
    if lease:
        log_lines.write(logger, logging.INFO, "lease of a dead process taken over", name=name)
    values: dict[str, Any] = {
        "name": name,
        "holder": holder,
        "until": _end(now),
        "now": now,
        "dead": dead,
    }
    with connection.cursor() as cursor:
        cursor.execute(TAKE, values)
        return cursor.fetchone() is not None


def renew(name: str, holder: UUID, now: datetime) -> bool:
    """Let the lease last LEASE_S from `now`, and say whether it still was the holder's."""
    return Lease.objects.filter(name=name, holder=holder).update(until=_end(now)) == 1


def give_back(name: str, holder: UUID) -> None:
    """Free the lease if it still is the holder's."""
    Lease.objects.filter(name=name, holder=holder).delete()


def _end(now: datetime) -> datetime:
    return now + timedelta(seconds=LEASE_S)
