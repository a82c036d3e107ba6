"""Agents, what they did, and how that went over time.

What Signals does not sum up by agent (spans, tool calls, cache tokens) is null, never 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from api.inf import stretches, words
from api.inf.shapes.signal_rows import source_of
from api.shapes import links
from core.time_range.windows import Window
from teams.models import Project
from traces.figures.agent_overview import Overview, Step
from traces.figures.agents import Row as Figures
from traces.models import Agent

Row = dict[str, Any]
NS_A_MS = 1_000_000


def identity_of(project: Project, agent: Agent) -> Row:
    return {
        "id": str(agent.uuid),
        "teamId": str(project.team.uuid),
        "projectId": str(project.uuid),
        "identityValue": agent.identity,
        "identitySource": source_of(agent),
        "name": agent.name,
        "firstSeenAt": words.moment(agent.first_seen_at),
        "lastSeenAt": words.moment(agent.last_seen_at),
        "url": links.page("agent", project.slug, agent.uuid),
    }


def stats_of(row: Figures) -> Row:
    """Return what an agent did in a stretch of time. Money and nanoseconds are texts."""
    return {
        "identityValue": row.agent.identity,
        "agentUuid": str(row.agent.uuid),
        "identitySource": source_of(row.agent),
        "executionCount": row.runs,
        "successCount": row.settled - row.errors,
        "failureCount": row.errors,
        "unknownCount": row.runs - row.settled,
        "errorCount": row.errors,
        "spanCount": None,
        "llmCallCount": None,
        "toolCallCount": None,
        "totalCost": _money(row.cost_usd),
        "inputTokens": row.input_tokens,
        "outputTokens": row.output_tokens,
        "totalTokens": row.tokens,
        "p50DurationNs": _nanoseconds(row.p50_ms),
        "p95DurationNs": _nanoseconds(row.p95_ms),
        "topModels": [],
        "topProviders": [],
        "signalCount": row.linked.count if row.linked else 0,
        "lastSeenAt": words.moment(row.agent.last_seen_at),
    }


def listed_of(project: Project, row: Figures) -> Row:
    return identity_of(project, row.agent) | {"stats": stats_of(row)}


def card_of(project: Project, row: Figures, window: Window) -> Row:
    """Return an agent with what it did, as a whole and step by step."""
    return (
        identity_of(project, row.agent)
        | stats_of(row)
        | {
            "executionSeries": execution_points(row, window),
            "seriesGranularity": stretches.granularity_of(window.step),
        }
    )


def execution_points(row: Figures, window: Window) -> list[Row]:
    return [
        {"time": words.moment(at), "executionCount": n or 0}
        for at, n in zip(window.buckets, row.trend, strict=True)
    ]


def series_of(overview: Overview, window: Window) -> list[Row]:
    """Return what an agent did in each step of a window."""
    return [_step(at, step) for at, step in zip(window.buckets, overview.steps, strict=True)]


def executions_of(rows: Sequence[Figures], window: Window) -> Row:
    return {
        "seriesGranularity": stretches.granularity_of(window.step),
        "series": [
            {"identityValue": row.agent.identity, "points": execution_points(row, window)}
            for row in rows
        ],
    }


def _step(at: datetime, step: Step) -> Row:
    sums = step.sums
    return {
        "time": words.moment(at),
        "executionCount": sums.runs,
        "successCount": sums.fine,
        "failureCount": sums.errors,
        "unknownCount": sums.unsettled,
        "totalTokens": sums.tokens,
        "totalCost": _money(sums.cost_usd),
        "p50DurationNs": _nanoseconds(step.latency.p50_ms),
        "p95DurationNs": _nanoseconds(step.latency.p95_ms),
    }


def _money(usd: float | None) -> str | None:
    return None if usd is None else f"{usd:.9f}".rstrip("0").rstrip(".")


def _nanoseconds(ms: float | None) -> str | None:
    return None if ms is None else str(round(ms * NS_A_MS))
