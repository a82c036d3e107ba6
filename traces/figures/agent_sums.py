"""What agents did in a window, summed up by its buckets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import connection

from core.time_range.windows import Window

Number = TypeVar("Number", int, float)

#: A look into the index for each agent and bucket, which reads no row of the table. As one
#: GROUP BY of `date_bin` it takes twice as long, since PostgreSQL takes every run for a group.
STATEMENT = """
SELECT a.id, w.at, l.*
FROM unnest(%(agents)s::bigint[]) AS a(id)
CROSS JOIN unnest(%(starts)s::timestamptz[]) AS w(at)
CROSS JOIN LATERAL (
    SELECT count(*), count(is_error), count(*) FILTER (WHERE is_error),
        sum(input_tokens)::bigint, sum(output_tokens)::bigint, sum(cost_usd)
    FROM agent_trace
    WHERE project_id = %(project)s AND agent_id = a.id
      AND start_time >= w.at AND start_time < w.at + %(step)s
    HAVING count(*) > 0
) l
"""


@dataclass(frozen=True, slots=True)
class Sums:
    """Tokens and cost are None where no run reported any."""

    runs: int = 0
    settled: int = 0  # the runs that errors and latency are known of
    errors: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None

    @property
    def fine(self) -> int:
        return self.settled - self.errors

    @property
    def unsettled(self) -> int:
        return self.runs - self.settled

    @property
    def tokens(self) -> int | None:
        return _added((self.input_tokens, self.output_tokens))

    @property
    def cost_per_run_usd(self) -> float | None:
        return self.cost_usd / self.settled if self.cost_usd and self.settled else None

    @property
    def error_percent(self) -> float | None:
        return 100 * self.errors / self.settled if self.settled else None


def sums(project_id: int, agents: Sequence[int], window: Window) -> dict[int, list[Sums]]:
    """Return by primary key of each of the agents one sum for each bucket of the window."""
    values: dict[str, Any] = {
        "project": project_id,
        "agents": list(agents),
        "starts": window.buckets,
        "step": window.step,
    }
    by_agent: dict[int, dict[datetime, Sums]] = {agent: {} for agent in agents}
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, values)
        for agent, at, *rest in cursor.fetchall():
            by_agent[agent][at] = Sums(*rest)
    return {agent: window.fill(by_bucket, Sums()) for agent, by_bucket in by_agent.items()}


def total(each: Sequence[Sums]) -> Sums:
    return Sums(
        runs=sum(sums_of_step.runs for sums_of_step in each),
        settled=sum(sums_of_step.settled for sums_of_step in each),
        errors=sum(sums_of_step.errors for sums_of_step in each),
        input_tokens=_added(sums_of_step.input_tokens for sums_of_step in each),
        output_tokens=_added(sums_of_step.output_tokens for sums_of_step in each),
        cost_usd=_added(sums_of_step.cost_usd for sums_of_step in each),
    )


def _added(numbers: Iterable[Number | None]) -> Number | None:
    """Add what is known; None where nothing is."""
    known = [number for number in numbers if number is not None]
    return sum(known[1:], known[0]) if known else None
