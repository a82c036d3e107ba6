"""`signals usage`: labels, tokens and money."""

from __future__ import annotations

from typing import Any

import typer

from signals_cli import flags
from signals_cli.commanding import Call, command
from signals_cli.finding import signal_id
from signals_cli.output import values
from signals_cli.output.screen import Column
from signals_cli.output.text import line
from signals_cli.times import stretch


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app, "usage")(usage)


def usage(
    call: Call,
    signal: flags.OfSignal = "",
    range_: flags.Range = "",
    start: flags.Start = "",
    end: flags.End = "",
    time_zone: flags.Zone = "",
) -> None:
    """Show what signals used, by day."""
    query: dict[str, Any] = {**stretch(range_, start, end), "time_zone": time_zone}
    if signal:
        query["signal"] = signal_id(call.rest, signal)
    found = call.rest.get("/usage", **query)
    call.screen.show(found, lambda: _show(call, found))


def _show(call: Call, found: dict[str, Any]) -> None:
    columns: list[Column] = [
        ("day", lambda row: str(row.get("day"))[:10]),
        ("signal", _signal),
        ("source", lambda row: row.get("source")),
        ("#labels", lambda row: values.count(row.get("labels"))),
        ("#without", lambda row: values.count(_sum(row.get("unlabelled")))),
        ("#tokens in", lambda row: values.count(row.get("input_tokens"))),
        ("#tokens out", lambda row: values.count(row.get("output_tokens"))),
        ("#cost", lambda row: values.money(row.get("cost_usd"))),
    ]
    rows = list(found.get("days") or [])
    if rows and found.get("totals"):
        rows.append({"day": "total", **found["totals"]})
    call.screen.table(rows, columns, "Nothing was judged in this time.")


def _signal(row: dict[str, Any]) -> str:
    """Return the name of a signal; a trial of a question that was never saved has none."""
    known = row.get("signal")
    return line(known["name"], 50) if known else ""


def _sum(value: Any) -> Any:
    return sum(value.values()) if isinstance(value, dict) else value
