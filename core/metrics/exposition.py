"""Metrics as Prometheus reads them. Pure.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.metrics.counters import Counter, Histogram, Key

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Gauge:
    """A value as it is now, for each set of labels."""

    name: str
    help: str
    samples: Sequence[tuple[Labels, float]]


def written(
    gauges: Iterable[Gauge], counters: Iterable[Counter], stored: Mapping[Key, float]
) -> str:
    """Return the page. stored: what was counted, by name and label values."""
    lines: list[str] = []
    for gauge in gauges:
        lines += _head(gauge.name, gauge.help, "gauge")
        lines += [_sample(gauge.name, labels, value) for labels, value in gauge.samples]
    for counter in counters:
        lines += _head(counter.name, counter.help, counter.kind)
        if isinstance(counter, Histogram):
            lines += _histogram(counter, stored)
        else:
            lines += _counter(counter, stored)
    return "\n".join(lines) + "\n"


def _counter(counter: Counter, stored: Mapping[Key, float]) -> list[str]:
    found = {values: value for (name, values), value in stored.items() if name == counter.name}
    if not counter.labels:
        found.setdefault((), 0.0)
    return [
        _sample(counter.name, dict(zip(counter.labels, values, strict=True)), value)
        for values, value in sorted(found.items())
        if len(values) == len(counter.labels)
    ]


def _histogram(histogram: Histogram, stored: Mapping[Key, float]) -> list[str]:
    name, total, lines = histogram.name, 0.0, []
    for bound in [*(f"{each:g}" for each in histogram.bounds), "+Inf"]:
        total += stored.get((name, (bound,)), 0.0)
        lines.append(_sample(f"{name}_bucket", {"le": bound}, total))
    lines.append(_sample(f"{name}_sum", {}, stored.get((name, ("sum",)), 0.0)))
    lines.append(_sample(f"{name}_count", {}, total))
    return lines


def _head(name: str, help: str, kind: str) -> list[str]:
    return [f"# HELP {name} {_escaped(help)}", f"# TYPE {name} {kind}"]


def _sample(name: str, labels: Labels, value: float) -> str:
    said = ",".join(f'{key}="{_quoted(each)}"' for key, each in labels.items())
    shown = repr(float(value)) if value != int(value) else str(int(value))
    return f"{name}{{{said}}} {shown}" if said else f"{name} {shown}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', '\\"')
