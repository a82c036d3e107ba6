"""What judging took is written down with the answer, in the transaction that takes the job.

Nothing takes it away again: a label that is taken back, erased or kept no longer has cost what it
cost. `rebuild` makes the table from what is kept, for an installation that has none yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db import connection, transaction

from core.time_range.windows import floor
from signals_app.labels import outcomes

QUARTER: Final = timedelta(minutes=15)  # every time zone's midnight begins one
TRIAL: Final = "trial"

_ADD = """
INSERT INTO judge_spend AS spend (project_id, bucket, signal_id, source, kind, n, priced, told,
    told_cached, input_tokens, cached_tokens, output_tokens, cost_usd)
SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::bigint[], %s::text[], %s::text[],
    %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
    %s::bigint[], %s::float8[])
ON CONFLICT (project_id, bucket, signal_id, source, kind) DO UPDATE SET
    n = spend.n + EXCLUDED.n, priced = spend.priced + EXCLUDED.priced,
    told = spend.told + EXCLUDED.told, told_cached = spend.told_cached + EXCLUDED.told_cached,
    input_tokens = spend.input_tokens + EXCLUDED.input_tokens,
    cached_tokens = spend.cached_tokens + EXCLUDED.cached_tokens,
    output_tokens = spend.output_tokens + EXCLUDED.output_tokens,
    cost_usd = spend.cost_usd + EXCLUDED.cost_usd
"""

FROM_LABELS = """
INSERT INTO judge_spend (project_id, bucket, signal_id, source, kind, n, priced, told,
    told_cached, input_tokens, cached_tokens, output_tokens, cost_usd)
SELECT project_id, date_bin('15 minutes', created_at, '2000-01-01 00:00+00'), signal_id, source,
    CASE WHEN outcome = 'skipped' AND reason_code = 'cannot_tell' THEN reason_code
        ELSE outcome END,
    count(*), count(cost_usd), count(input_tokens), count(cached_tokens),
    coalesce(sum(input_tokens), 0), coalesce(sum(cached_tokens), 0),
    coalesce(sum(output_tokens), 0), coalesce(sum(cost_usd), 0)
FROM classification GROUP BY 1, 2, 3, 4, 5
"""
FROM_TRIALS = """
INSERT INTO judge_spend (project_id, bucket, signal_id, source, kind, n, priced, told,
    input_tokens, output_tokens, cost_usd, told_cached, cached_tokens)
SELECT trial.project_id,
    date_bin('15 minutes', coalesce(trial.finished_at, trial.created_at), '2000-01-01 00:00+00'),
    coalesce(trial.signal_id, 0), 'trial',
    CASE WHEN outcome = 'skipped' AND reason_code = 'cannot_tell' THEN reason_code
        ELSE outcome END,
    count(*), count(cost_usd), count(input_tokens), coalesce(sum(input_tokens), 0),
    coalesce(sum(output_tokens), 0), coalesce(sum(cost_usd), 0), 0, 0
FROM signals_app_trialresult AS result
JOIN signals_app_trial AS trial ON trial.id = result.trial_id
WHERE outcome <> '' GROUP BY 1, 2, 3, 4, 5
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one answer of a judge took; None where that is unknown.

    signal_id: 0 for a trial of a question that was never saved. source: live, run or trial.
    """

    project_id: int
    signal_id: int
    source: str
    outcome: str
    reason_code: str
    input_tokens: int | None
    cached_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None


@dataclass(slots=True)
class _Sums:
    """In the order of the columns of `_ADD`."""

    n: int = 0
    priced: int = 0
    told: int = 0
    told_cached: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0

    def add(self, answer: Answer) -> None:
        self.n += 1
        self.priced += answer.cost_usd is not None
        self.told += answer.input_tokens is not None
        self.told_cached += answer.cached_tokens is not None
        self.input_tokens += answer.input_tokens or 0
        self.cached_tokens += answer.cached_tokens or 0
        self.output_tokens += answer.output_tokens or 0
        self.cost_usd += answer.cost_usd or 0.0


def bucket_of(moment: datetime) -> datetime:
    """Return the beginning of the quarter of an hour that a moment lies in."""
    return floor(moment.astimezone(UTC), QUARTER)


def add(answers: Iterable[Answer], now: datetime) -> None:
    """Write down what answers took; the caller's transaction is the one that takes their jobs.

    Rows are locked in the order of their key, so that of two pumps none waits for the other.
    """
    sums: dict[tuple[int, datetime, int, str, str], _Sums] = defaultdict(_Sums)
    for answer in answers:
        kind = outcomes.kind(answer.outcome, answer.reason_code)
        key = (answer.project_id, bucket_of(now), answer.signal_id, answer.source, kind)
        sums[key].add(answer)
    rows = [(*key, *astuple(each)) for key, each in sorted(sums.items(), key=lambda row: row[0])]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_ADD, [list(column) for column in zip(*rows, strict=True)])


def rebuild() -> None:
    """Make the table anew from the answers that are kept; what was taken back is lost by that."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE judge_spend IN SHARE ROW EXCLUSIVE MODE")
        for statement in ("DELETE FROM judge_spend", FROM_LABELS, FROM_TRIALS):
            cursor.execute(statement)
