"""What the worker does from minute to minute: a sweep that looks for work, and pumps that do it.

Both are tasks of minutes at most that queue themselves again, and that leave at once when the
worker is asked to stop.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from django_q.models import OrmQ

from core import log_lines
from core.background import heartbeats, holders, leases, long_tasks
from core.background.clock_steps import StepWatch
from core.background.leases import SoleWork
from core.background.queue import enqueue
from signals_app.judging.questions import failed
from signals_app.queue import (
    avoiding,
    completing,
    jobs,
    queueing,
    slots,
)
from signals_app.queue.completing import Done
from signals_app.queue.jobs import Release
from signals_app.queue.pumping import endpoint_tests
from signals_app.queue.pumping.pump import Pump
from signals_app.runs import runs

log = logging.getLogger(__name__)

SWEEP = "signals_app.tasks.sweep"
PUMP = "signals_app.tasks.pump"
JUDGE_CLUSTER = "judge"
SWEEP_BUDGET_S = 50.0
SWEEP_STEP_S = 1.0
BEAT_EVERY_S = 10.0

_clock = StepWatch()
_reaps_from = 0.0


def sweep_for_a_while() -> None:
    """Settle, queue, reap, feed runs and arm pumps, again and again, for less than a minute.

    One sweep is enough for all machines: whoever does not get the lease leaves.
    """
    with leases.hold(SoleWork.SWEEP) as lease:
        if not lease:
            return
        ends_at, next_beat = time.monotonic() + SWEEP_BUDGET_S, 0.0
        while not lease.is_lost and long_tasks.may_go_on() and time.monotonic() < ends_at:
            if time.monotonic() >= next_beat:
                heartbeats.write("sweep", timezone.now())
                next_beat = time.monotonic() + BEAT_EVERY_S
            if not sweep_once(timezone.now()):
                time.sleep(SWEEP_STEP_S)
    if long_tasks.may_go_on():
        enqueue(SWEEP)


def sweep_once(now: datetime) -> int:
    """Look at everything once, and return how much was found (0: nothing to hurry for).

    A trace that cannot be settled must not keep dead workers' jobs from being reaped, so one
    part that fails does not stop the others; without a database all of them stop.
    """
    handled = 0
    for part in (queueing.settle_and_queue, reap, runs.feed):
        try:
            handled += part(now)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("%s failed", part.__name__)
    arm(now)
    return handled


def reap(now: datetime) -> int:
    """Jobs whose worker died: waiting again, or failed after too many deaths.

    After the clock was set forward all leases seem to have run out: those who live renew theirs
    first.
    """
    global _reaps_from
    if _clock.look() > 0:
        _reaps_from = time.monotonic() + settings.JUDGE_LEASE_S / 2
    return _reap(now) if time.monotonic() >= _reaps_from else 0


def _reap(now: datetime) -> int:
    """Take what nobody holds any more.

    The wait grows with every death and is spread, so that those that only stood beside the
    one that kills its worker meet it less and less.
    """
    with transaction.atomic():
        lost = jobs.expired(now)
        dead = [job for job in lost if job.attempts >= settings.JUDGE_MAX_ATTEMPTS]
        alive = [job for job in lost if job.attempts < settings.JUDGE_MAX_ATTEMPTS]
        again = [Release(job, _after_death(job, now), _died(job), is_behind=True) for job in alive]
        jobs.release(again)
        completing.complete([Done(job, failed(_died(job))) for job in dead], now)
        for job in lost:
            ids = {"project": job.project_id, "signal": job.signal_id, job.scope: job.target.hex}
            attempts = job.attempts
            log_lines.note(log, logging.WARNING, "lease of a target lost", **ids, attempts=attempts)
    return len(lost)


def end_leases_of_dead(now: datetime) -> None:
    """Let the next `reap` take the jobs of pumps that died on this machine."""
    dead = [token for token in jobs.tokens_held(now) if holders.is_dead(token)]
    jobs.end_leases(dead, now)


def _died(job: jobs.Job) -> str:
    times = "once" if job.attempts == 1 else f"{job.attempts} times"
    return f"The worker died {times} while judging this."


def _after_death(job: jobs.Job, now: datetime) -> datetime:
    most_s = settings.JUDGE_RETRY_BASE_S * (2.0 ** (job.attempts - 1) - 1)
    return now + timedelta(seconds=most_s * (job.id * 7919 % 1000) / 1000)


def arm(now: datetime) -> int:
    """Queue a pump for every free slot, less those that are queued, while there is work."""
    free = slots.free(now)
    if not free or not (jobs.has_work(now, avoiding.always(now, free[0])) or endpoint_tests.wait()):
        return 0
    queued = OrmQ.objects.filter(key=JUDGE_CLUSTER, lock__lte=now).count()
    wanted: int = max(0, len(free) - queued)
    for _ in range(wanted):
        enqueue(PUMP, cluster=JUDGE_CLUSTER)
    return wanted


def pump_for_a_while(budget_s: float | None = None) -> int:
    """Judge what waits, if there is a free slot; returns how many classifications it wrote.

    Without a budget that of the settings; that of each slot ends at another time, so that pumps
    never all wait for their last questions at once.
    """
    holder = holders.new_token()
    slot = slots.take(holder, timezone.now())
    if slot is None:
        return 0
    if budget_s is None:
        budget_s = settings.JUDGE_PUMP_S * (1 + slot / slots.count()) / 2
    # The loop must not wait long for the thread that unpacks and reads the traces.
    sys.setswitchinterval(0.001)
    try:
        written = asyncio.run(Pump(slot, holder, budget_s).run())
    finally:
        slots.give_back(slot, holder)
    if long_tasks.may_go_on():
        arm(timezone.now())
    return written
