"""Counts by minute are kept for MINUTES_KEPT; older minutes are counted from the labels themselves.

Counts by hour are kept for ever. Whoever asks for minutes asks `are_kept` first: a stretch that
begins earlier is counted from `classification`, which gives the same numbers and takes longer.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from signals_app.models import CountHorizon, LabelCount

MINUTES_KEPT = timedelta(days=60)

#: Minutes that are not kept go this much later, so that nobody reads what is being deleted.
SLACK = timedelta(hours=1)

BATCH = 10_000

DELETE = """
DELETE FROM label_count WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM label_count
    WHERE project_id = %s AND signal_id = %s AND grain = 'm' AND bucket < %s
    LIMIT %s FOR UPDATE SKIP LOCKED))
"""

#: One look-up by key for each pair, however many rows it has.
PAIRS = """
WITH RECURSIVE pair AS (
    (SELECT project_id, signal_id FROM label_count ORDER BY project_id, signal_id LIMIT 1)
    UNION ALL
    SELECT next.project_id, next.signal_id FROM pair CROSS JOIN LATERAL (
        SELECT project_id, signal_id FROM label_count
        WHERE (project_id, signal_id) > (pair.project_id, pair.signal_id)
        ORDER BY project_id, signal_id LIMIT 1) next)
SELECT project_id, signal_id FROM pair
"""


def are_kept(start: datetime) -> bool:
    """Say whether all minutes from `start` on have counts of their own."""
    since = kept_since()
    return since is None or start >= since


def kept_since() -> datetime | None:
    """Return the first moment whose minutes have counts of their own; None if all have."""
    count_horizons = CountHorizon.objects.filter(grain=LabelCount.Grain.MINUTE)
    return count_horizons.values_list("since", flat=True).first()


def fold(now: datetime) -> int:
    """Delete minutes that are kept no longer, since their hours are counted too; return how many.

    A manual run over the past counts by minute as well: what it leaves goes with the next call.
    """
    since = now - MINUTES_KEPT
    CountHorizon.objects.update_or_create(grain=LabelCount.Grain.MINUTE, defaults={"since": since})
    deleted = 0
    with connection.cursor() as cursor:
        cursor.execute(PAIRS)
        for pair in cursor.fetchall():
            values = [*pair, since - SLACK, BATCH]
            cursor.execute(DELETE, values)
            while cursor.rowcount:
                deleted += cursor.rowcount
                cursor.execute(DELETE, values)
    return deleted
