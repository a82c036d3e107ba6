"""Percentiles of an agent's latency, from a bounded sample: its newest settled runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from core.time_range.windows import Window

#: Up to so many runs the percentiles are exact; of more runs the newest ones speak.
SAMPLE: Final = 2_000

STATEMENT = """
SELECT a.id, l.n, l.at[1], l.at[2]
FROM unnest(%s::bigint[]) AS a(id)
CROSS JOIN LATERAL (
    SELECT count(*) AS n,
        percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY r.duration_ms) AS at
    FROM (
        SELECT duration_ms FROM agent_trace
        WHERE project_id = %s AND agent_id = a.id AND start_time >= %s AND start_time < %s
          AND duration_ms IS NOT NULL
        ORDER BY start_time DESC LIMIT %s
    ) r
) l
"""


@dataclass(frozen=True, slots=True)
class Latency:
    """Interpolated, in milliseconds; None where no run has settled. `of`: runs in the sample."""

    of: int = 0
    p50_ms: float | None = None
    p95_ms: float | None = None


def latencies(project_id: int, agents: Sequence[int], window: Window) -> dict[int, Latency]:
    """Return latencies by primary key of the agent, of runs that started in the window."""
    values: list[Any] = [list(agents), project_id, window.start, window.end, SAMPLE]
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, values)
        return {agent: Latency(*rest) for agent, *rest in cursor.fetchall()}
