"""`signals labels list` and `signals distribution`: what a signal has found."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from signals_cli import flags
from signals_cli.commanding import Call, command, group
from signals_cli.commands.transfers import save
from signals_cli.finding import signal_id
from signals_cli.output import charts, values
from signals_cli.output.screen import COLOURS, Column, styled
from signals_cli.output.text import line
from signals_cli.times import stretch


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    labels = group(app, "labels", "What a signal has found.")
    command(labels, "list")(list_labels)
    command(labels, "export")(export)
    command(app, "distribution")(distribution)


def columns() -> list[Column]:
    """Return the columns of a list of labels."""
    return [
        ("when", lambda row: values.moment(row.get("counted_at"))),
        ("label", _label),
        ("target", lambda row: target(row.get("target") or {})),
        ("version", lambda row: row.get("version")),
        ("why", lambda row: line(row.get("explanation") or row.get("reason"), 90)),
    ]


def _label(row: dict[str, Any]) -> Any:
    name = row.get("label")
    colour = COLOURS.get(str(row.get("sentiment")), "")
    return styled(name, colour) if name not in (None, "") else styled(row.get("outcome"), "dim")


def target(given: dict[str, Any]) -> str:
    """Return the id of what was judged."""
    ids = [given.get("trace_id"), given.get("span_id")]
    known = "/".join(str(each) for each in ids if each)
    return known or str(given.get("session") or given.get("session_id") or "")


def list_labels(
    call: Call,
    signal: flags.SignalArg,
    range_: flags.Range = "",
    start: flags.Start = "",
    end: flags.End = "",
    label: Annotated[str, typer.Option("--label", help="Only this label.")] = "",
    outcome: Annotated[
        Literal["labelled", "failed", "refused", "skipped", "cannot_tell"] | None,
        typer.Option("--outcome"),
    ] = None,
    source: Annotated[Literal["live", "run"] | None, typer.Option("--source")] = None,
    version: Annotated[int | None, typer.Option("--version", min=1)] = None,
    order: Annotated[Literal["newest", "oldest"] | None, typer.Option("--order")] = None,
    limit: flags.Limit = 50,
    cursor: flags.Cursor = "",
) -> None:
    """List the labels that a signal gave, with the judge's reason."""
    query = stretch(range_, start, end) | {
        "label": label,
        "outcome": outcome,
        "source": source,
        "version": version,
        "order": order,
    }
    call.listed(
        f"/signals/{signal_id(call.rest, signal)}/labels",
        query,
        columns(),
        empty="No labels. `signals why TRACE` says why a trace has none.",
        most=limit,
        cursor=cursor,
    )


def export(
    call: Call,
    signal: flags.SignalArg,
    output: flags.Output = "-",
    range_: flags.Range = "",
    start: flags.Start = "",
    end: flags.End = "",
) -> None:
    """Write the labels of a signal as CSV."""
    path = f"/signals/{signal_id(call.rest, signal)}/labels.csv"
    save(call, path, dict(stretch(range_, start, end)), output)


def distribution(
    call: Call,
    signal: flags.SignalArg,
    range_: flags.Range = "",
    start: flags.Start = "",
    end: flags.End = "",
    bucket: Annotated[Literal["minute", "hour", "day"] | None, typer.Option("--bucket")] = None,
    time_zone: flags.Zone = "",
) -> None:
    """Show how the labels of a signal are spread, and over time."""
    known_id = signal_id(call.rest, signal)
    query = stretch(range_, start, end) | {"bucket": bucket, "time_zone": time_zone}
    found = call.rest.get(f"/signals/{known_id}/distribution", **query)
    if not call.is_for_people:
        call.screen.show(found, lambda: None)
        return
    version = call.rest.get(f"/signals/{known_id}").get("version") or {}
    sentiments = {each["name"]: each.get("sentiment", "") for each in version.get("labels") or ()}
    _chart(call, found, sentiments)


def _chart(call: Call, found: dict[str, Any], sentiments: dict[str, str]) -> None:
    totals = found.get("totals") or {}
    if not totals:
        call.screen.note("No labels in this stretch of time.")
        return
    over_time = charts.series(found.get("buckets") or [], list(totals))
    call.screen.draw(charts.bars(totals, found.get("shares") or {}, sentiments, over_time))
    without = sum((found.get("unlabelled") or {}).values())
    if without:
        call.screen.say(f"{values.count(without)} targets without a label")
