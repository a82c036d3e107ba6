"""What is done when the clock of the machine is set back: nothing may wait for a time that was
written by a clock that was ahead.

A step forward needs little: what waits is due early, once. (Leases that seem to have run out are
renewed by their holders within seconds, and reaping waits for that: `queue.working`.) After a step
back everything that was due within seconds would be due after the step: schedules, tasks, traces to
settle, targets to judge, messages, rests of a judge, and alerts that were looked at in a minute
that is yet to come. These are moved along, or brought back to the longest that they may wait.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction

from core import log_lines
from core.background import leases
from signals_app.queue.jobs import HELD_UNTIL

logger = logging.getLogger(__name__)

#: Clocks of several machines differ by less.
SKEW = timedelta(seconds=5)
#: Schedules run at least so often (runner/clusters/ticks.py), and each knows its own minutes.
SLACK = timedelta(minutes=1)

#: What waits for a moment, and was written by a clock that was ahead: due as much earlier as the
#: clock went back. To do this twice makes it due sooner, at worst at once.
MOVED: Final = (
    """UPDATE trace SET due_at = greatest(%(now)s, due_at - %(back)s)
    WHERE due_at > %(now)s AND last_received_at > %(now)s""",
    """UPDATE session SET due_at = greatest(%(now)s, due_at - %(back)s)
    WHERE due_at > %(now)s AND last_received_at > %(now)s""",
    """UPDATE judge_job SET available_at = greatest(%(now)s, available_at - %(back)s)
    WHERE lease_until IS NULL AND available_at > %(now)s AND available_at < %(held)s""",
    """UPDATE django_q_ormq SET lock = greatest(%(now)s, lock - %(back)s) WHERE lock > %(now)s""",
    """UPDATE alerts_delivery SET available_at = greatest(%(now)s, available_at - %(back)s)
    WHERE state IN ('waiting', 'sending') AND available_at > %(now)s""",
    """UPDATE signals_app_judgestate SET paused_until = greatest(%(now)s, paused_until - %(back)s)
    WHERE paused_until > %(now)s""",
)

#: What is further ahead than it can be, however often this is done.
CLAMPED: Final = (
    """UPDATE core_heartbeat SET beat_at = %(now)s WHERE beat_at > %(ahead)s""",
    """UPDATE core_lease SET until = %(lease)s WHERE until > %(lease)s""",
    """UPDATE judge_job SET lease_until = %(job_lease)s WHERE lease_until > %(job_lease)s""",
    """UPDATE alerts_delivery SET lease_until = %(sending)s WHERE lease_until > %(sending)s""",
    """UPDATE django_q_ormq SET lock = %(retry)s WHERE lock > %(retry)s""",
    """UPDATE alerts_alert SET evaluated_at = NULL, met_at = least(met_at, %(now)s),
        fired_at = least(fired_at, %(now)s)
    WHERE evaluated_at > %(ahead)s""",
    # At the second of the minute that each has, in the past: due now.
    """UPDATE django_q_schedule
    SET next_run = date_trunc('minute', %(now)s::timestamptz) - interval '1 minute'
        + extract(second FROM next_run) * interval '1 second'
    WHERE next_run > %(now)s + minutes * interval '1 minute' + %(slack)s""",
)


def set_back(back_s: float, now: datetime) -> None:
    """Move along what would wait for the clock to catch up again. back_s: by how much it was."""
    log_lines.write(logger, logging.WARNING, "clock set back", seconds=round(back_s, 1))
    values = _values(now) | {"back": timedelta(seconds=back_s)}
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in (*MOVED, *CLAMPED):
            cursor.execute(statement, values)


def clamp(now: datetime) -> None:
    """Bring back what is further ahead than it can be, after a step that nobody here has seen."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in CLAMPED:
            cursor.execute(statement, _values(now))


def _values(now: datetime) -> dict[str, Any]:
    given: Any = settings.Q_CLUSTER
    retries = [each["retry"] for each in (given, *given["ALT_CLUSTERS"].values())]
    return {
        "now": now,
        "ahead": now + SKEW,
        "held": HELD_UNTIL - timedelta(days=1),
        "lease": now + timedelta(seconds=leases.LEASE_S) + SKEW,
        "job_lease": now + timedelta(seconds=settings.JUDGE_LEASE_S) + SKEW,
        "sending": now + timedelta(seconds=settings.DELIVERY_LEASE_S) + SKEW,
        "retry": now + timedelta(seconds=max(retries)) + SKEW,
        "slack": SLACK,
    }
