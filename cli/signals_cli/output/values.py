"""Numbers and moments as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from signals_cli import times

NOTHING = "\N{EN DASH}"
_BLOCKS = "▁▂▃▄▅▆▇█"


def count(value: Any) -> str:
    return f"{value:,.0f}" if _is_number(value) else NOTHING


def share(value: Any) -> str:
    """Return a fraction as per cent."""
    if not _is_number(value):
        return NOTHING
    return f"{value * 100:.1f}".removesuffix(".0") + " %"


def money(value: Any) -> str:
    if not _is_number(value):
        return NOTHING
    return f"${value:,.2f}" if value >= 1 or not value else f"${value:.4f}"


def number(value: Any) -> str:
    return f"{value:g}" if _is_number(value) else NOTHING


def seconds(value: Any) -> str:
    """Return a duration in its fitting unit."""
    if not _is_number(value):
        return NOTHING
    if value < 1:
        return f"{value * 1000:.0f} ms"
    if value < 120:
        return f"{value:.1f} s"
    return f"{value / 60:.0f} min" if value < 7200 else f"{value / 3600:.1f} h"


def milliseconds(value: Any) -> str:
    return seconds(value / 1000) if _is_number(value) else NOTHING


def moment(value: Any) -> str:
    """Return a moment in the time of this machine."""
    read = times.read(value)
    return read.astimezone().strftime("%Y-%m-%d %H:%M:%S") if read else NOTHING


def sparkline(values: Sequence[float], width: int = 40) -> str:
    """Return a line of blocks, at most `width` of them; zero is a space."""
    if not values:
        return ""
    grouped = _grouped(values, width)
    most = max(grouped)
    if not most:
        return " " * len(grouped)
    return "".join(_BLOCKS[int(each / most * 7)] if each else " " for each in grouped)


def _grouped(values: Sequence[float], width: int) -> list[float]:
    if len(values) <= width:
        return list(values)
    bounds = [index * len(values) // width for index in range(width + 1)]
    return [sum(values[a:b]) for a, b in pairwise(bounds)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
