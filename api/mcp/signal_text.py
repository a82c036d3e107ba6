"""Signals and what their labels say, in lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from api.mcp import answers
from api.mcp.answers import call
from api.mcp.fencing import one_line
from api.shapes import links
from core.ui.tones import Segment
from signals_app.labels.summaries import Summary
from signals_app.models import Signal, SignalVersion


def signal_line(row: Summary) -> str:
    """Say a signal in a line, with its labels of the last 7 days."""
    signal, version = row.signal, row.version
    kind = f"{signal.scope}/{version.type}, v{version.number}" if version else signal.scope
    said = f"- {one_line(signal.name)} id={signal.uuid}, {signal.state}, {kind}"
    said += f", agent {one_line(signal.agent.name, 60)}; 7d: {shares(row.segments, row.total)}"
    if row.unlabelled:
        said += f", {row.unlabelled:,} without a label"
    if signal.paused_reason:
        said += f"; stopped by the judge: {one_line(signal.paused_reason, 160)}"
    return said + ("; GIVES NO LABELS though traffic comes" if row.is_silent else "")


def shares(segments: Sequence[Segment], total: int) -> str:
    """Say how many labels there are, and the share of each."""
    if not total:
        return "no labels"
    each = (f"{one.name} {answers.share(one.n, total)}" for one in segments if one.n)
    return f"{total:,} labels: {', '.join(each)}"


def counted(counts: Mapping[str, int]) -> str:
    """Say counts by label, the largest first."""
    total = sum(counts.values())
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    each = (f"{name} {n:,} ({answers.share(n, total)})" for name, n in ordered)
    return ", ".join(each) or "none"


def question(version: SignalVersion) -> list[str]:
    """Write down what a version asks."""
    head = f"Version {version.number}, {version.type}, judges {version.sample_rate:.4g} of targets"
    chosen = version.endpoint.name if version.endpoint else version.judge_model
    model = f", judge {one_line(chosen)}" if chosen else ""
    return [head + model, *label_lines(version.labels), "Prompt:", version.prompt]


def label_lines(labels: Iterable[Mapping[str, Any]]) -> list[str]:
    return [
        f"- {each['name']} ({each['sentiment']})"
        + (f": {each['meaning']}" if each.get("meaning") else "")
        for each in labels
    ]


def page_of(signal: Signal) -> str:
    """Return the line with a signal's page."""
    return f"Page: {links.page('signal', signal.project.slug, signal.uuid)}"


def undo(tool: str, **arguments: Any) -> str:
    return f"Undo: {call(tool, **arguments)}"
