"""`signals versions`: what a signal asked before."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from signals_cli import flags
from signals_cli.commanding import Call, command, group
from signals_cli.finding import signal_id
from signals_cli.output import values
from signals_cli.output.screen import Column, styled
from signals_cli.output.text import line

Number = Annotated[int, typer.Argument(metavar="NUMBER", min=1)]
Before = Annotated[int, typer.Argument(metavar="BEFORE", min=1)]
After = Annotated[int, typer.Argument(metavar="AFTER", min=1)]
SIGNS = {"added": ("+", "green"), "removed": ("-", "red")}


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    versions = group(app, "versions", "What a signal asked before.")
    command(versions, "list")(list_versions)
    command(versions, "diff")(diff)
    command(versions, "make-live")(make_live)


def list_versions(
    call: Call, signal: flags.SignalArg, limit: flags.Limit = 50, cursor: flags.Cursor = ""
) -> None:
    """List the versions of a signal, the newest first."""
    columns: list[Column] = [
        ("#version", lambda row: row["number"]),
        ("", lambda row: styled("live", "green") if row.get("is_live") else ""),
        ("made", lambda row: values.moment(row.get("created_at"))),
        ("by", lambda row: line(row.get("created_by"))),
        ("type", lambda row: row.get("type")),
        ("#labels given", lambda row: values.count(row.get("labels_given"))),
        ("question", lambda row: line(row.get("prompt"), 80)),
    ]
    path = f"/signals/{signal_id(call.rest, signal)}/versions"
    call.listed(path, {"fields": "full"}, columns, empty="No versions.", most=limit, cursor=cursor)


def diff(call: Call, signal: flags.SignalArg, before: Before, after: After) -> None:
    """Show what differs between the questions of two versions."""
    known_id = signal_id(call.rest, signal)
    found = call.rest.get(f"/signals/{known_id}/versions/{before}/diff/{after}")
    call.screen.show(found, lambda: _show(call, found))


def _show(call: Call, found: dict[str, Any]) -> None:
    if found.get("is_same"):
        call.screen.say("Both ask the same.")
    for each in found.get("lines") or ():
        sign, colour = SIGNS.get(str(each.get("kind")), (" ", "dim"))
        text = each.get("text") or (f"… {each['n']} lines" if each.get("n") else "")
        call.screen.draw(styled(f"{sign} {line(text)}", colour))
    for each in found.get("labels") or ():
        call.screen.say(f"{line(each['name'])}: {line(' '.join(each.get('sentences') or ()))}")
    for each in found.get("values") or ():
        call.screen.say(f"{each['name']}: {line(each['before'])} → {line(each['after'])}")


def make_live(call: Call, signal: flags.SignalArg, number: Number) -> None:
    """Ask again what an earlier version asked, by a new version."""
    known_id = signal_id(call.rest, signal)
    changed = call.rest.post(f"/signals/{known_id}/versions/{number}/make-live")
    live = (changed.get("version") or {}).get("number")
    call.screen.show(changed, lambda: call.screen.say(f"Version {live} is live."))
