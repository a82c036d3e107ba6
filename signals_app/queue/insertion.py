"""The one way into the queue: every INSERT INTO judge_job is made here, with one list of columns.

Rows that are at hand come in by `insert`; rows that a statement finds come in by `statement`,
which makes the INSERT around its SELECT. A target that waits already under a version is left as
it is: it waits once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection

from signals_app.labels.taking_back import TakenBack


@dataclass(frozen=True, slots=True)
class TargetToJudge:
    """A target to be judged under a version: what a job holds from its beginning to its end."""

    project_id: int
    team_id: int
    signal_id: int
    version_id: int
    agent_id: int
    scope: str
    target: UUID
    span_id: int
    revision: int
    target_time: datetime
    sample_rate: float
    source: str
    run_id: int | None


@dataclass(frozen=True, slots=True)
class NewJob(TargetToJudge):
    """A target before it is in line. available_at: when it may be judged, "now" for most."""

    priority: int
    available_at: datetime

    @classmethod
    def again(
        cls,
        taken: TakenBack,
        *,
        team_id: int,
        run_id: int | None,
        priority: int,
        available_at: datetime,
    ) -> NewJob:
        """Return the job that judges anew, under its own version, what was taken back."""
        return cls(
            project_id=taken.counted.project_id,
            team_id=team_id,
            signal_id=taken.counted.signal_id,
            version_id=taken.counted.version_id,
            agent_id=taken.agent_id,
            scope=taken.scope,
            target=taken.target,
            span_id=taken.span_id,
            revision=taken.revision,
            target_time=taken.target_time,
            sample_rate=taken.counted.sample_rate,
            source=taken.counted.source,
            run_id=run_id,
            priority=priority,
            available_at=available_at,
        )


COLUMNS: Final = tuple(field.name for field in fields(NewJob))

TYPES: Final = (
    *("bigint", "bigint", "bigint", "bigint", "bigint", "text", "uuid", "bigint", "int"),
    *("timestamptz", "float8", "text", "bigint", "int", "timestamptz"),
)


def statement(rows: str, /, **given: str) -> str:
    """Return the INSERT of a job for each of some rows: what stands in a SELECT from its FROM on.

    given: SQL for each column that the rows do not have under its own name. The
    statement wants the value `now`.

        statement("FROM page ORDER BY at", project_id="%(project)s", target_time="at", …)
    """
    values = ", ".join(given.get(name, name) for name in COLUMNS)
    return f"""
INSERT INTO judge_job ({", ".join(COLUMNS)}, created_at, attempts, last_error)
SELECT {values}, %(now)s, 0, ''
{rows}
ON CONFLICT (project_id, version_id, target, span_id, revision) DO NOTHING
"""


#: Jobs stand in the order of the rows, whichever way PostgreSQL looks for what was judged.
_ROWS = (
    "FROM unnest("
    + ", ".join(f"%({name})s::{type}[]" for name, type in zip(COLUMNS, TYPES, strict=True))
    + f") WITH ORDINALITY AS new({', '.join(COLUMNS)}, place)"
)
_NOT_JUDGED = """
WHERE NOT EXISTS (
    SELECT 1 FROM classification c
    WHERE c.project_id = new.project_id AND c.version_id = new.version_id
        AND c.target = new.target AND c.span_id = new.span_id AND c.revision = new.revision)
"""
INSERT: Final = statement(f"{_ROWS} ORDER BY place")
INSERT_UNJUDGED: Final = statement(f"{_ROWS} {_NOT_JUDGED} ORDER BY place")


def insert(rows: Iterable[NewJob], now: datetime, unless_judged: bool = False) -> int:
    """Put rows in line, and return how many of them did not wait already.

    unless_judged: leave out what has a classification of its version and revision.
    """
    columns = zip(*map(astuple, rows), strict=True)
    values = {name: list(column) for name, column in zip(COLUMNS, columns, strict=False)}
    if not values:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(INSERT_UNJUDGED if unless_judged else INSERT, values | {"now": now})
        return int(cursor.rowcount)
