"""Charts of blocks: how the labels of a signal are spread, and over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from signals_cli.output import values
from signals_cli.output.screen import COLOURS
from signals_cli.output.text import line

if TYPE_CHECKING:
    from rich.table import Table

WIDTH = 40
OTHERS = ("blue", "magenta", "yellow", "cyan", "green", "red")


def bars(
    totals: Mapping[str, float],
    shares: Mapping[str, float],
    sentiments: Mapping[str, str],
    over_time: Mapping[str, Sequence[float]],
) -> Table:
    """Return a table with a bar and a sparkline for each label, the longest bar first."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title, side in (("label", "left"), ("", "left"), ("share", "right"), ("labels", "right")):
        table.add_column(title, justify=side)  # type: ignore[arg-type]
    table.add_column("over time")
    for place, name in enumerate(sorted(totals, key=lambda each: -totals[each])):
        part = shares.get(name, 0.0) or 0.0
        colour = COLOURS.get(sentiments.get(name, ""), OTHERS[place % len(OTHERS)])
        table.add_row(
            Text(line(name, 40), style=colour),
            Text("█" * round(part * WIDTH) or "▏" * bool(part), style=colour),
            values.share(part),
            values.count(totals[name]),
            Text(values.sparkline(over_time.get(name, [])), style=colour),
        )
    return table


def series(buckets: Sequence[Mapping[str, Any]], names: Sequence[str]) -> dict[str, list[float]]:
    """Return for each label how often it was given in each bucket."""
    return {
        name: [float((bucket.get("counts") or {}).get(name, 0)) for bucket in buckets]
        for name in names
    }
