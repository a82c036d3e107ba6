"""Sends what is owed: claim, compose, send outside of any transaction, record.

Sent means that the server has said so. Whoever dies between that word and its record sends again:
a message may arrive twice, with the same Message-ID or webhook-id, and is never lost.
"""

from __future__ import annotations

import logging
import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from alerts.counted import DELIVERIES
from alerts.delivery import claiming, pausing
from alerts.delivery.failures import Disconnected, Permanent, Retryable, Unwanted
from alerts.delivery.message_building import Send, compose
from alerts.delivery.retrying import MAX_ATTEMPTS, again
from alerts.models import Delivery
from core.background import leases, long_tasks
from core.background.leases import HeldLease, SoleWork

log = logging.getLogger(__name__)

#: A thread for each of a batch: no lease runs while its message waits for another one.
BATCH = 8
BUDGET_S = 45.0
#: What a server puts off for a moment is waited for here, not for the next tick.
LINGER_S = 10.0
State = Delivery.State
Failure = Retryable | Permanent | Unwanted


@dataclass(frozen=True, slots=True)
class Outcome:
    """failure: None when it was sent."""

    delivery: Delivery
    failure: Failure | None


def deliver_for_a_while() -> None:
    """Send until nothing is due, one process at a time: whoever does not get the lease leaves.

    What is owed while the lease is being given back has called a task in vain, hence the second
    look.
    """
    while long_tasks.may_go_on():
        with leases.hold(SoleWork.DELIVERY) as lease:
            if not lease:
                return
            _drain(lease, time.monotonic() + BUDGET_S)
        if not Delivery.objects.due(timezone.now()).exists():
            return


def _drain(lease: HeldLease, ends_at: float) -> None:
    while not lease.is_lost and long_tasks.may_go_on() and time.monotonic() < ends_at:
        if send_due(timezone.now()):
            continue
        wait_s = _until_next(timezone.now())
        if wait_s is None or wait_s > min(LINGER_S, ends_at - time.monotonic()):
            return
        time.sleep(wait_s)


def send_due(now: datetime) -> int:
    """Send one batch of what is due, and return how many were looked at."""
    began = time.monotonic()
    claimed = claiming.claim(BATCH, now)
    prepared = [_prepare(delivery, now) for delivery in claimed]
    with ThreadPoolExecutor(BATCH) as threads:
        outcomes = threads.map(_try, prepared)
        for outcome in outcomes:
            _record(outcome, now, now + timedelta(seconds=time.monotonic() - began))
    return len(claimed)


def _prepare(delivery: Delivery, now: datetime) -> tuple[Delivery, Send | Failure]:
    if delivery.attempts > MAX_ATTEMPTS:
        words = f"The worker died {delivery.attempts - 1} times while sending this."
        return delivery, Permanent(words)
    try:
        return delivery, compose(delivery, now)
    except (Retryable, Permanent, Unwanted) as failure:
        return delivery, failure
    except Exception as error:
        return delivery, _unexpected(delivery, error)


def _try(prepared: tuple[Delivery, Send | Failure]) -> Outcome:
    """Try one message, in a thread: no database."""
    delivery, send = prepared
    if isinstance(send, Failure):
        return Outcome(delivery, send)
    try:
        send()
    except (Retryable, Permanent) as failure:
        return Outcome(delivery, failure)
    except Exception as error:
        return Outcome(delivery, _unexpected(delivery, error))
    return Outcome(delivery, None)


def _unexpected(delivery: Delivery, error: Exception) -> Retryable:
    log.exception("%s failed", delivery.key, exc_info=error)
    return Retryable(f"An error of ours ({type(error).__name__}); the server's log has it.")


@transaction.atomic
def _record(outcome: Outcome, claimed_at: datetime, now: datetime) -> None:
    delivery, failure = outcome.delivery, outcome.failure
    _count(delivery, failure)
    if failure is None:
        claiming.finish(delivery, State.SENT, now)
    elif isinstance(failure, Unwanted):
        claiming.finish(delivery, State.DROPPED, now, str(failure))
    elif isinstance(failure, Permanent):
        _fail(delivery, failure, claimed_at, now)
    else:
        _put_off(delivery, failure, now)


def _count(delivery: Delivery, failure: Failure | None) -> None:
    names = {Unwanted: "dropped", Permanent: "refused", Retryable: "failed"}
    found = (name for kind, name in names.items() if isinstance(failure, kind))
    DELIVERIES.add(channel=str(delivery.kind), outcome=next(found, "sent"))


def _fail(delivery: Delivery, failure: Permanent, claimed_at: datetime, now: datetime) -> None:
    if not claiming.finish(delivery, State.FAILED, now, str(failure)):
        return
    if isinstance(failure, Disconnected):
        pausing.break_connection(delivery, str(failure), claimed_at, now)
    elif failure.is_dead:
        pausing.pause(delivery, str(failure), now)


def _put_off(delivery: Delivery, failure: Retryable, now: datetime) -> None:
    next_try = again(delivery.attempts, delivery.tried_since, now, failure.after_s, random.random())
    if next_try is None:
        words = f"{failure} Given up after {delivery.attempts} tries."
        claiming.finish(delivery, State.FAILED, now, words)
    else:
        claiming.put_back(delivery, next_try.at, str(failure), next_try.is_refunded)


def _until_next(now: datetime) -> float | None:
    """Seconds until something that waits is due; None when nothing waits."""
    waiting = Delivery.objects.filter(state=State.WAITING).oldest_first()
    at = waiting.values_list("available_at", flat=True).first()
    return None if at is None else max(0.05, (at - now).total_seconds())
