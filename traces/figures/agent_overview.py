"""What one agent did in a window: as a whole, and step by step.

Sums are of all runs. Percentiles are of a bounded sample, the newest runs of the window or of
the step, so that an agent with a million runs is as quick to open as one with a thousand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from core.time_range.windows import Window
from traces.figures.agent_sums import Sums, sums, total
from traces.models import Agent

#: Runs whose latency speaks for the window, and for one step of it; of fewer, all do.
SAMPLE: Final = 2_000
SAMPLE_OF_STEP: Final = 500

LATENCY = """
SELECT l.p[1], l.p[2]
FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[], %(limits)s::int[])
    WITH ORDINALITY AS w(start, stop, most, number)
CROSS JOIN LATERAL (
    SELECT percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY duration_ms) AS p
    FROM (
        SELECT duration_ms FROM agent_trace
        WHERE project_id = %(project)s AND agent_id = %(agent)s
          AND start_time >= w.start AND start_time < w.stop AND duration_ms IS NOT NULL
        ORDER BY start_time DESC LIMIT w.most
    ) newest
) l
ORDER BY w.number
"""


@dataclass(frozen=True, slots=True)
class Latency:
    """Interpolated, in milliseconds; None where no run has settled."""

    p50_ms: float | None
    p95_ms: float | None


@dataclass(frozen=True, slots=True)
class Step:
    """One bucket of the window."""

    sums: Sums
    latency: Latency


@dataclass(frozen=True, slots=True)
class Overview:
    sums: Sums
    latency: Latency
    steps: list[Step]

    @property
    def sampled(self) -> int:
        """How many runs the latency is of."""
        return min(self.sums.settled, SAMPLE)

    @property
    def is_sample(self) -> bool:
        return self.sums.settled > SAMPLE


def overview(agent: Agent, window: Window) -> Overview:
    """Say what the agent did in the window, as a whole and step by step."""
    by_step = sums(agent.project_id, [agent.pk], window)[agent.pk]
    whole, *parts = _latencies(agent, window)
    steps = [Step(step_sums, latency) for step_sums, latency in zip(by_step, parts, strict=True)]
    return Overview(total(by_step), whole, steps)


def _latencies(agent: Agent, window: Window) -> list[Latency]:
    """Return the latency of the window, then of each of its buckets."""
    starts = window.buckets
    values: dict[str, Any] = {
        "project": agent.project_id,
        "agent": agent.pk,
        "starts": [window.start, *starts],
        "ends": [window.end, *(start + window.step for start in starts)],
        "limits": [SAMPLE, *(SAMPLE_OF_STEP for _ in starts)],
    }
    with connection.cursor() as cursor:
        cursor.execute(LATENCY, values)
        return [Latency(*row) for row in cursor.fetchall()]
