"""The list of agents with what each did in a window."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from core.windows import Window
from teams.models import Project
from traces import panels
from traces.models import Agent, AgentTrace


@dataclass(frozen=True, slots=True)
class Row:
    """Figures are None where nothing is known: no run, or none that has settled."""

    agent: Agent
    runs: int
    settled: int  # the runs that errors and latency are known of
    errors: int
    p50_ms: float | None
    p95_ms: float | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    trend: list[int | None]
    linked: panels.Linked | None

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
    """A row for each agent, by two grouped queries over its runs in the window."""
    runs = AgentTrace.objects.of_project(project.pk).between(window.start, window.end)
    figures = {found["agent_id"]: found for found in runs.figures()}
    trends: dict[int, dict[Any, int]] = {}
    for found in runs.runs_by_step(window.start, window.step):
        trends.setdefault(found["agent_id"], {})[found["at"]] = found["n"]
    linked = panels.counts_of_agents(project)
    return [
        _row(agent, figures.get(agent.pk, {}), trends.get(agent.pk, {}), window, linked)
        for agent in agents
    ]


def _row(
    agent: Agent,
    found: dict[str, Any],
    trend: dict[Any, int],
    window: Window,
    linked: dict[int, panels.Linked],
) -> Row:
    return Row(
        agent=agent,
        runs=found.get("runs", 0),
        settled=found.get("settled", 0),
        errors=found.get("errors", 0),
        p50_ms=found.get("p50_ms"),
        p95_ms=found.get("p95_ms"),
        input_tokens=found.get("input_sum"),
        output_tokens=found.get("output_sum"),
        cost_usd=found.get("cost_sum"),
        trend=list(window.fill(trend, 0)),
        linked=linked.get(agent.pk),
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
    """By a column of `AgentSort`, "-" for the largest first; what is unknown stands last."""
    value = _COLUMNS[sort.lstrip("-")]
    by_name = sorted(rows, key=_COLUMNS["name"])
    known = [row for row in by_name if value(row) is not None]
    unknown = [row for row in by_name if value(row) is None]
    return [*sorted(known, key=value, reverse=sort.startswith("-")), *unknown]
