"""Old labels go, with what they count; old explanations go, and their labels stay
(traces/retaining)."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from signals_app.labels import count_changes
from signals_app.labels.count_changes import Counted
from traces.retaining import steps
from traces.retaining.periods import Kept
from traces.retaining.steps import Old, Step
from traces.store.reading import fetch

LABELS_AT_ONCE = 2_000

OLD = (
    "SELECT count(*), min(counted_at) FROM classification WHERE project_id = %s AND counted_at < %s"
)
HAS_WORDS = "(explanation <> '' OR reason <> '')"
#: In the order of the key, from where a step before ended.
NEXT = f"""
SELECT id FROM classification
WHERE project_id = %s AND id > %s AND counted_at < %s AND {{which}}
ORDER BY id LIMIT {LABELS_AT_ONCE} FOR UPDATE
"""
DELETE = """
DELETE FROM classification WHERE project_id = %s AND id = ANY(%s)
RETURNING is_current, project_id, signal_id, version_id, source, outcome,
    coalesce(label, reason_code), counted_at, sample_rate
"""
DELETE_REMARKS = "DELETE FROM remark WHERE project_id = %s AND at < %s"
EMPTY = """
UPDATE classification SET explanation = '', reason = '' WHERE project_id = %s AND id = ANY(%s)
"""
EMPTY_REMARKS = "UPDATE remark SET comment = '' WHERE project_id = %s AND at < %s AND comment <> ''"


class OldLabels:
    """Labels and remarks, by the time under which they count."""

    def old(self, project_id: int, cutoff: datetime) -> Old:
        return Old(*fetch(OLD, [project_id, cutoff])[0])

    @transaction.atomic
    def step(self, project_id: int, cutoff: datetime, cursor: str, now: datetime) -> Step:
        ids, cursor = _next(project_id, cutoff, cursor, "true")
        with connection.cursor() as database:
            database.execute(DELETE, [project_id, ids])
            counted = [Counted(*row[1:]) for row in database.fetchall() if row[0]]
            if not cursor:
                database.execute(DELETE_REMARKS, [project_id, cutoff])
        count_changes.apply(count_changes.changes(counted, -1))
        return Step(len(ids), cursor)


class OldExplanations:
    """What a judge said beside its label, and why there is none."""

    def old(self, project_id: int, cutoff: datetime) -> Old:
        return Old(*fetch(f"{OLD} AND {HAS_WORDS}", [project_id, cutoff])[0])

    @transaction.atomic
    def step(self, project_id: int, cutoff: datetime, cursor: str, now: datetime) -> Step:
        ids, cursor = _next(project_id, cutoff, cursor, HAS_WORDS)
        with connection.cursor() as database:
            database.execute(EMPTY, [project_id, ids])
            if not cursor:
                database.execute(EMPTY_REMARKS, [project_id, cutoff])
        return Step(len(ids), cursor)


def _next(project_id: int, cutoff: datetime, cursor: str, which: str) -> tuple[list[int], str]:
    """Lock some labels; return their ids, and the cursor after them, "" where there are no more."""
    values = [project_id, int(cursor or -1), cutoff]
    ids = [row[0] for row in fetch(NEXT.format(which=which), values)]
    return ids, str(ids[-1]) if len(ids) == LABELS_AT_ONCE else ""


steps.register(Kept.LABELS, OldLabels())
steps.register(Kept.EXPLANATIONS, OldExplanations())
