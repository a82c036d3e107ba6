"""The list of agents with what each did in a window."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from core.time_range.windows import Window
from teams.models import Project
from traces import extensions
from traces.figures.agent_sums import Sums, sums, total
from traces.figures.latency import Latency, latencies
from traces.models import Agent


@dataclass(frozen=True, slots=True)
class Row:
    """Figures are None where nothing is known: no run, or none that has settled."""

    agent: Agent
    runs: int
    settled: int  # the runs that errors and latency are known of
    errors: int
    p50_ms: float | None
    p95_ms: float | None
    sampled: int | None  # latency is that of so many newest runs; None: of all
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    trend: list[int | None]
    linked: extensions.Linked | None

    @property
    def trend_text(self) -> str:
        counts = [count or 0 for count in self.trend]
        return f"runs: {counts[0]:,} at first, {counts[-1]:,} at last, {max(counts):,} at most"

    @property
    def tokens(self) -> int | None:
        if self.input_tokens is None and self.output_tokens is None:
            return None
        return (self.input_tokens or 0) + (self.output_tokens or 0)


def rows_of(project: Project, agents: Iterable[Agent], window: Window) -> list[Row]:
    """Return a row for each agent, by two statements over the runs in the window."""
    agents = list(agents)
    keys = [agent.pk for agent in agents]
    steps, known = sums(project.pk, keys, window), latencies(project.pk, keys, window)
    linked = extensions.counts_of_agents(project)
    return [
        _row(agent, steps[agent.pk], known.get(agent.pk, Latency()), linked.get(agent.pk))
        for agent in agents
    ]


def _row(
    agent: Agent, steps: list[Sums], latency: Latency, linked: extensions.Linked | None
) -> Row:
    did = total(steps)
    return Row(
        agent=agent,
        runs=did.runs,
        settled=did.settled,
        errors=did.errors,
        p50_ms=latency.p50_ms,
        p95_ms=latency.p95_ms,
        sampled=latency.of if did.settled > latency.of else None,
        input_tokens=did.input_tokens,
        output_tokens=did.output_tokens,
        cost_usd=did.cost_usd,
        trend=[step.runs for step in steps],
        linked=linked,
    )


_COLUMNS: dict[str, Callable[[Row], Any]] = {
    "name": lambda row: row.agent.name.casefold(),
    "runs": lambda row: row.runs,
    "errors": lambda row: row.errors / row.settled if row.settled else None,
    "p50": lambda row: row.p50_ms,
    "p95": lambda row: row.p95_ms,
    "tokens": lambda row: row.tokens,
    "cost": lambda row: row.cost_usd,
}


def ordered(rows: list[Row], sort: str) -> list[Row]:
    """Sort by a column of `AgentList`, "-" for the largest first; what is unknown stands last."""
    value = _COLUMNS[sort.lstrip("-")]
    by_name = sorted(rows, key=_COLUMNS["name"])
    known = [row for row in by_name if value(row) is not None]
    unknown = [row for row in by_name if value(row) is None]
    return [*sorted(known, key=value, reverse=sort.startswith("-")), *unknown]
