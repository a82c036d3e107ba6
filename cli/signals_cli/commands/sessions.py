"""`signals sessions`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from signals_cli import flags
from signals_cli.commanding import Call, command, group
from signals_cli.commands.traces import columns as trace_columns
from signals_cli.commands.traces import labels_of, show_conversation, show_transcript
from signals_cli.filters import OF_SESSIONS, filtered
from signals_cli.output import values
from signals_cli.output.screen import Column
from signals_cli.output.text import line

Key = Annotated[str, typer.Argument(metavar="KEY", help="The key that lists answer.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    sessions = group(app, "sessions", "Conversations of several traces.")
    command(sessions, "list")(filtered(list_sessions, OF_SESSIONS))
    command(sessions, "get")(get)


def list_sessions(
    call: Call, query: dict[str, Any], limit: flags.Limit = 50, cursor: flags.Cursor = ""
) -> None:
    """List sessions, the latest first."""
    columns: list[Column] = [
        ("key", lambda row: row["key"]),
        ("session", lambda row: line(row.get("session_id"), 40)),
        ("agent", lambda row: line(_agent(row), 30)),
        ("begun", lambda row: values.moment(row.get("start"))),
        ("last", lambda row: values.moment(row.get("end"))),
        ("#traces", lambda row: values.count(row.get("traces"))),
        ("#errors", lambda row: values.count(row.get("errors"))),
        ("#cost", lambda row: values.money(row.get("cost_usd"))),
    ]
    empty = "No sessions. Ask for a longer --range, or for fewer filters."
    call.listed("/sessions", query, columns, empty=empty, most=limit, cursor=cursor)


def _agent(row: dict[str, Any]) -> str:
    return str((row.get("agent") or {}).get("name") or "")


def get(
    call: Call,
    key: Key,
    transcript: flags.Transcript = False,
    conversation: flags.Conversation = False,
    full: flags.Full = False,
    cursor: flags.Cursor = "",
) -> None:
    """Show a session: its latest turns, or what was said in them."""
    query: dict[str, Any] = {"cursor": cursor}
    if transcript:
        found = call.rest.get(f"/sessions/{key}/transcript")
        call.screen.show(found, lambda: show_transcript(call, found))
    elif conversation:
        query |= {"full": True} if full else {}
        found = call.rest.get(f"/sessions/{key}/conversation", **query)
        call.screen.show(found, lambda: show_conversation(call, found))
    else:
        found = call.rest.get(f"/sessions/{key}", **query)
        call.screen.show(found, lambda: _show(call, found))


def _show(call: Call, session: dict[str, Any]) -> None:
    turns = session.get("turns")
    call.screen.facts(
        {
            "key": session["key"],
            "session": line(session.get("session_id")),
            "agent": line(_agent(session)),
            "user": line(session.get("user_id")),
            "begun": values.moment(session.get("start")),
            "last": values.moment(session.get("end")),
            "labels": "\n".join(line(each) for each in labels_of(session)),
            "cost": values.money(session.get("cost_usd")),
            "page": session.get("url"),
        }
    )
    if isinstance(turns, list) and turns:
        call.screen.say("")
        call.screen.table(turns, trace_columns(), "")
    if session.get("next_cursor"):
        call.screen.note(f"There are turns before these: --cursor {session['next_cursor']}.")
