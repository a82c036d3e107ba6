"""How counts change: with the classifications they count, in the same transaction, never else.

A count is a sum over current classifications by minute and by hour of `counted_at`; so what
is inserted as current adds one to two rows, and what stops being current takes one away.
`recount` builds the same table from nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from core.time_range.windows import FIRST
from signals_app.labels import minutes
from signals_app.models import LabelCount

Grain = LabelCount.Grain

#: In the order of the primary key, so that sorted keys are locked in one order everywhere.
Key = tuple[int, int, str, datetime, int, str, str, str, float]
Changes = Counter[Key]

CHANGE = """
INSERT INTO label_count
    (project_id, signal_id, grain, bucket, version_id, source, outcome, label, sample_rate, n)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[], %s::bigint[],
    %s::text[], %s::text[], %s::text[], %s::float8[], %s::bigint[])
ON CONFLICT (project_id, signal_id, grain, bucket, version_id, source, outcome, label, sample_rate)
DO UPDATE SET n = label_count.n + EXCLUDED.n
"""

COUNT_ALL = """
INSERT INTO label_count
    (project_id, signal_id, grain, bucket, version_id, source, outcome, label, sample_rate, n)
SELECT project_id, signal_id, %s, date_trunc(%s, counted_at, 'UTC'), version_id, source, outcome,
    coalesce(label, reason_code), sample_rate, count(*)
FROM classification
WHERE is_current AND counted_at >= %s
GROUP BY 1, 2, 4, 5, 6, 7, 8, 9
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """What counting needs to know of one classification."""

    project_id: int
    signal_id: int
    version_id: int
    source: str
    outcome: str
    label: str | None  # or, where there is none, the reason's code
    counted_at: datetime
    sample_rate: float  # under which it was included


def minute_of(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def changes(counted: Iterable[Counted], by: int) -> Changes:
    """Return what these classifications add (`by` 1) or take away (-1)."""
    deltas: Changes = Counter()
    for each in counted:
        for grain, bucket in (
            (Grain.MINUTE, minute_of(each.counted_at)),
            (Grain.HOUR, hour_of(each.counted_at)),
        ):
            tail = (each.version_id, each.source, each.outcome, each.label or "", each.sample_rate)
            deltas[(each.project_id, each.signal_id, str(grain.value), bucket, *tail)] += by
    return deltas


def apply(change: Changes) -> None:
    """Change the table; the caller's transaction is the one that changed what is counted."""
    rows = [(*key, n) for key, n in sorted(change.items()) if n]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(CHANGE, [list(column) for column in zip(*rows, strict=True)])


def recount() -> int:
    """Build all counts anew from the classifications; return how many rows there are.

    The lock makes completions wait: what they insert is then counted by them, not here.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE label_count IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("DELETE FROM label_count")
        written = 0
        for grain, unit, since in (
            (Grain.MINUTE, "minute", minutes.kept_since() or FIRST),
            (Grain.HOUR, "hour", FIRST),
        ):
            cursor.execute(COUNT_ALL, [grain.value, unit, since])
            written += cursor.rowcount
    return written
