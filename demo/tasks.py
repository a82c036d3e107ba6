"""The demo's background work: live traffic, a turn every 15 seconds."""

from __future__ import annotations

import logging
import time

from django.conf import settings
from django.utils import timezone

from core.background import leases, long_tasks
from core.background.leases import HeldLease, SoleWork
from demo import live
from demo.traffic import SLOT_S, slot_at

logger = logging.getLogger(__name__)

#: One tick plays this long; the next one is a minute after it.
PLAY_S = 50.0
LOOK_EVERY_S = 0.5


def tick() -> None:
    if not settings.DEMO:
        return
    with leases.hold(SoleWork.DEMO_TRAFFIC) as lease:
        if lease:
            play(lease, time.monotonic() + PLAY_S)


def play(lease: HeldLease, deadline: float) -> None:
    """Post live turns until `deadline` (monotonic seconds), a stop or the loss of the lease."""
    try:
        keep_posting(lease, deadline)
    except live.Refused as error:
        logger.warning("The demo has no live traffic: %s", error)


def keep_posting(lease: HeldLease, deadline: float) -> None:
    next_slot = 0
    while not lease.is_lost and long_tasks.may_go_on() and time.monotonic() < deadline:
        now = timezone.now()
        if now.timestamp() >= next_slot * SLOT_S and live.post_missing(now, live.own_address()):
            next_slot = slot_at(now) + 1
        time.sleep(LOOK_EVERY_S)
