"""`signals spans`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from signals_cli import flags
from signals_cli.commanding import Call, command, group
from signals_cli.commands.traces import STATUSES
from signals_cli.filters import filtered
from signals_cli.output import values
from signals_cli.output.screen import Column, styled
from signals_cli.output.text import as_json, line

MOST_SHOWN = 50
Span = Annotated[str, typer.Argument(metavar="SPAN", help="16 hexadecimal digits.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    spans = group(app, "spans", "The steps of traces.")
    command(spans, "list")(filtered(list_spans))
    command(spans, "get")(get)


def list_spans(
    call: Call,
    query: dict[str, Any],
    trace: Annotated[str, typer.Option("--trace", help="Only of this trace.")] = "",
    limit: flags.Limit = 50,
    cursor: flags.Cursor = "",
) -> None:
    """List spans, the latest first, or those of one trace."""
    path = f"/traces/{trace}/spans" if trace else "/spans"
    columns: list[Column] = [
        ("trace", lambda row: row.get("trace_id") or trace),
        ("span", lambda row: row["span_id"]),
        ("begun", lambda row: values.moment(row.get("start"))),
        ("name", lambda row: line(row.get("name"), 50)),
        ("kind", lambda row: row.get("kind")),
        ("status", lambda row: styled(row.get("status"), STATUSES.get(str(row.get("status")), ""))),
        ("#took", lambda row: values.seconds(row.get("duration_s"))),
        ("model", lambda row: line(row.get("model"), 30)),
    ]
    call.listed(path, query, columns, empty="No spans.", most=limit, cursor=cursor)


def get(call: Call, trace: flags.TraceArg, span: Span) -> None:
    """Show a span with all its attributes and events."""
    found = call.rest.get(f"/traces/{trace}/spans/{span}")
    call.screen.show(found, lambda: _show(call, found))


def _show(call: Call, span: dict[str, Any]) -> None:
    """Show what a span says of itself, and then each group of what was sent in it."""
    groups = {name: each for name, each in span.items() if isinstance(each, dict | list) and each}
    agent: Any = groups.pop("agent", {})
    plain = {name: each for name, each in span.items() if not isinstance(each, dict | list)}
    facts = {name: each for name, each in plain.items() if each is not None}
    call.screen.facts(facts | {"agent": agent.get("name")})
    for name, group_ in groups.items():
        call.screen.say(f"\n{name}")
        if isinstance(group_, dict):
            call.screen.facts({f"  {key}": _short(each) for key, each in group_.items()})
        else:
            for each in group_[:MOST_SHOWN]:
                call.screen.say(f"  {_short(each)}")
            if len(group_) > MOST_SHOWN:
                call.screen.note(f"and {len(group_) - MOST_SHOWN} more: --json has all")


def _short(value: Any) -> str:
    return line(value if isinstance(value, str) else as_json(value), 500)
