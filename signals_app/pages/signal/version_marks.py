"""Where a version or another judge begins, as marks on a chart over time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from core.time_range.windows import Window, floor
from core.ui.charts import Mark
from signals_app.models import Signal

#: Texts of marks nearer than this share of the chart's width would stand on one another.
NEAR = 0.12
LONGEST_NAME = 24
Begun = tuple[int, datetime]


def of_signal(signal: Signal, window: Window) -> list[Mark]:
    begun = signal.versions.filter(
        number__gt=1, created_at__gte=window.start, created_at__lt=window.end
    )
    return marks(begun.order_by("number").values_list("number", "created_at"), window)


def of_judges(signal: Signal, window: Window) -> list[Mark]:
    """Return where another judge began to answer without a new version."""
    changes = signal.judge_changes.filter(at__gte=window.start, at__lt=window.end).order_by("at")
    by_bucket = {floor(change.at, window.step): change for change in changes}
    return [Mark(change.at, _judge(change.after)) for change in by_bucket.values()]


def _judge(words: str) -> str:
    """Return a judge in few letters: without its host."""
    name = words.partition(" at ")[0]
    short = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
    return f"judge: {short}"


def marks(begun: Iterable[Begun], window: Window) -> list[Mark]:
    """Pure. A line for each bucket in which versions begin; lines that stand close share the
    text of the first: "v3", or "v3 to v5"."""
    drawn: list[Mark] = []
    for near in _near(begun, window):
        by_bucket: dict[datetime, datetime] = {}
        for _number, at in near:
            by_bucket.setdefault(floor(at, window.step), at)
        text = _text(near[0][0], near[-1][0])
        drawn += [Mark(at, "" if index else text) for index, at in enumerate(by_bucket.values())]
    return drawn


def _near(begun: Iterable[Begun], window: Window) -> list[list[Begun]]:
    groups: list[list[Begun]] = []
    for number, at in begun:
        if groups and at - groups[-1][0][1] < NEAR * (window.end - window.start):
            groups[-1].append((number, at))
        else:
            groups.append([(number, at)])
    return groups


def _text(first: int, last: int) -> str:
    return f"v{first}" if first == last else f"v{first} to v{last}"
