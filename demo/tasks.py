"""The demo's background work: live traffic, a turn every 15 seconds."""

from __future__ import annotations

import logging
import time

from django.conf import settings
from django.utils import timezone

from core.background import long_tasks
from core.background.locks import alone
from demo import live
from demo.traffic import SLOT_S, slot_at

logger = logging.getLogger(__name__)

#: One tick plays this long; the next one is a minute after it.
PLAY_S = 50.0
LOOK_EVERY_S = 0.5


def tick() -> None:
    if not settings.DEMO:
        return
    with alone(live.LOCK) as is_alone:
        if is_alone:
            play(time.monotonic() + PLAY_S)


def play(deadline: float) -> None:
    """Until `deadline` (monotonic seconds) or until the worker wants to stop."""
    try:
        keep_posting(deadline)
    except live.Refused as error:
        logger.warning("The demo has no live traffic: %s", error)


def keep_posting(deadline: float) -> None:
    next_slot = 0
    while long_tasks.may_go_on() and time.monotonic() < deadline:
        now = timezone.now()
        if now.timestamp() >= next_slot * SLOT_S and live.post_missing(now, live.own_address()):
            next_slot = slot_at(now) + 1
        time.sleep(LOOK_EVERY_S)
