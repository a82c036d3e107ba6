"""What one agent did in a window: as a whole, and step by step.

Sums are of all runs. Percentiles are of a bounded sample, the newest runs of the window or of
the step, so that an agent with a million runs is as quick to open as one with a thousand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from django.db import connection

from core.windows import Window
from traces.models import Agent

Number = TypeVar("Number", int, float)

#: Runs whose latency speaks for the window, and for one step of it; of fewer, all do.
SAMPLE: Final = 2_000
SAMPLE_OF_STEP: Final = 500

SUMS = """
SELECT date_bin(%(step)s, start_time, %(start)s) AS at, count(*), count(is_error),
    count(*) FILTER (WHERE is_error), sum(input_tokens)::bigint, sum(output_tokens)::bigint,
    sum(cost_usd)
FROM agent_trace
WHERE project_id = %(project)s AND agent_id = %(agent)s
  AND start_time >= %(start)s AND start_time < %(end)s
GROUP BY at
"""

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
    sums = window.fill(_sums(agent, window), Sums())
    whole, *parts = _latencies(agent, window)
    steps = [Step(one, latency) for one, latency in zip(sums, parts, strict=True)]
    return Overview(_total(sums), whole, steps)


def _sums(agent: Agent, window: Window) -> dict[datetime, Sums]:
    values: dict[str, Any] = {
        "project": agent.project_id,
        "agent": agent.pk,
        "start": window.start,
        "end": window.end,
        "step": window.step,
    }
    with connection.cursor() as cursor:
        cursor.execute(SUMS, values)
        return {at: Sums(*rest) for at, *rest in cursor.fetchall()}


def _latencies(agent: Agent, window: Window) -> list[Latency]:
    """Of the window, then of each of its buckets."""
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


def _total(sums: list[Sums]) -> Sums:
    return Sums(
        runs=sum(one.runs for one in sums),
        settled=sum(one.settled for one in sums),
        errors=sum(one.errors for one in sums),
        input_tokens=_added(one.input_tokens for one in sums),
        output_tokens=_added(one.output_tokens for one in sums),
        cost_usd=_added(one.cost_usd for one in sums),
    )


def _added(numbers: Iterable[Number | None]) -> Number | None:
    """None where none is known."""
    known = [number for number in numbers if number is not None]
    return sum(known[1:], known[0]) if known else None
