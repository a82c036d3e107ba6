"""What a run would find, before it starts: the same targets by the same conditions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from signals_app.models import Signal, SignalVersion
from signals_app.runs import targets as run_targets

#: Targets that are looked at for a preview; of a larger window it says "or more".
MOST = 250_000

_COUNT = """
WITH page AS ({page}),
sampled AS MATERIALIZED (
    SELECT page.*, {is_sampled} AS is_in FROM page WHERE revision IS NOT NULL
),
judged AS MATERIALIZED (
    SELECT s.is_in, s.revision, s.target, s.span_id, c.outcome
    FROM sampled s
    LEFT JOIN classification c ON s.is_in AND c.project_id = %(project)s
        AND c.version_id = %(version)s AND c.target = s.target AND c.span_id = s.span_id
        AND c.is_current
)
SELECT count(*), count(*) FILTER (WHERE is_in),
    count(*) FILTER (WHERE outcome = 'labelled'),
    count(*) FILTER (WHERE outcome <> 'labelled'),
    count(*) FILTER (WHERE is_in AND outcome IS NULL AND EXISTS (
        SELECT 1 FROM judge_job q WHERE q.project_id = %(project)s AND q.version_id = %(version)s
            AND q.target = judged.target AND q.span_id = judged.span_id
            AND q.revision = judged.revision))
FROM judged
"""


@dataclass(frozen=True, slots=True)
class Found:
    """Targets of a window. matched: all of them; sampled: those below the rate, of which
    labelled have a label under the version, unlabelled were judged without one (failed,
    refused, skipped), and waiting are in the queue already."""

    matched: int
    sampled: int
    labelled: int
    unlabelled: int
    waiting: int

    @property
    def to_judge(self) -> int:
        return self.sampled - self.labelled - self.unlabelled - self.waiting

    @property
    def is_cut(self) -> bool:
        """There are more than were looked at."""
        return self.matched >= MOST


def count(
    signal: Signal, version: SignalVersion, start: datetime, end: datetime, rate: float
) -> Found:
    """Settled targets whose time lies in [start, end). rate: above 0 and at most 1."""
    scope = signal.scope
    statement = _COUNT.format(
        page=run_targets.page_sql(scope), is_sampled=run_targets.sampled_sql(scope)
    )
    values = run_targets.page_values(signal, start, end, "", MOST)
    with connection.cursor() as cursor:
        cursor.execute(statement, values | {"version": version.pk, "rate": rate})
        return Found(*cursor.fetchone())
