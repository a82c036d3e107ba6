"""`signals traces` and `signals why`."""

from __future__ import annotations

import time
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from signals_cli import flags, times
from signals_cli.commanding import Call, command, group
from signals_cli.commands import transfers
from signals_cli.errors import WrongValue
from signals_cli.filters import filtered
from signals_cli.finding import signal_id
from signals_cli.output import screen as screens
from signals_cli.output import values
from signals_cli.output.screen import Column, styled
from signals_cli.output.text import as_json, line

#: A trace may come this much later than it began, and is still told of.
LATE = timedelta(minutes=5)
MOST_REMEMBERED = 20_000
STATUSES = {"error": "red", "ok": "green"}


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    traces = group(app, "traces", "What agents did.")
    command(traces, "list")(filtered(list_traces))
    command(traces, "get")(get)
    command(traces, "tail")(filtered(tail))
    transfers.add_to(traces)
    command(app, "why")(why)


def columns() -> list[Column]:
    """Return the columns of a list of traces."""
    return [
        ("trace", lambda row: row["trace_id"]),
        ("begun", lambda row: values.moment(row.get("start"))),
        ("name", lambda row: line(row.get("name"), 40)),
        ("agent", lambda row: line(", ".join(_names(row.get("agents"))), 30)),
        ("status", lambda row: styled(row.get("status"), STATUSES.get(str(row["status"]), "dim"))),
        ("#took", lambda row: values.seconds(row.get("duration_s"))),
        ("#spans", lambda row: values.count(row.get("spans"))),
        ("#tokens", lambda row: values.count(_tokens(row))),
        ("#cost", lambda row: values.money(row.get("cost_usd"))),
        ("labels", lambda row: line(", ".join(labels_of(row)), 60)),
    ]


def _names(agents: Any) -> list[str]:
    return [str(each["name"]) for each in agents or ()]


def _tokens(row: dict[str, Any]) -> int:
    return int(row.get("input_tokens") or 0) + int(row.get("output_tokens") or 0)


def labels_of(row: dict[str, Any]) -> list[str]:
    """Return the labels that a trace or a session bears."""
    return [f"{each['signal']['name']}: {each['label']}" for each in row.get("labels") or ()]


def list_traces(
    call: Call, query: dict[str, Any], limit: flags.Limit = 50, cursor: flags.Cursor = ""
) -> None:
    """List traces, the latest first; of the last day unless a time is given."""
    empty = "No traces. Ask for a longer --range, or for fewer filters."
    call.listed("/traces", query, columns(), empty=empty, most=limit, cursor=cursor)


def get(
    call: Call,
    trace: flags.TraceArg,
    transcript: flags.Transcript = False,
    conversation: flags.Conversation = False,
    span: flags.OfSpan = "",
    full: flags.Full = False,
) -> None:
    """Show a trace: its spans and labels, or what was said."""
    if transcript:
        found = call.rest.get(f"/traces/{trace}/transcript", span_id=span)
        call.screen.show(found, lambda: show_transcript(call, found))
    elif conversation:
        query = {"span_id": span, **({"full": True} if full else {})}
        found = call.rest.get(f"/traces/{trace}/conversation", **query)
        call.screen.show(found, lambda: show_conversation(call, found))
    elif span or full:
        raise WrongValue("--span, --full: these go with --conversation.")
    else:
        found = call.rest.get(f"/traces/{trace}")
        call.screen.show(found, lambda: _show(call, found))


def show_transcript(call: Call, found: dict[str, Any]) -> None:
    """Show people what a judge reads."""
    call.screen.say(found["text"])
    if found.get("cut_chars"):
        call.screen.note(f"{values.count(found['cut_chars'])} characters are left out.")


def show_conversation(call: Call, found: dict[str, Any]) -> None:
    """Show people what was said, in turns."""
    for message in found.get("messages") or ():
        who = message.get("role") if message.get("kind") == "message" else message.get("kind")
        call.screen.say(f"{line(message.get('agent'))} {line(who)}:".strip())
        call.screen.say(_said(message) + "\n")
    if found.get("is_cut"):
        call.screen.note("Something is left out: --full shows more.")
    if found.get("next_cursor"):
        call.screen.note(f"There are turns before these: --cursor {found['next_cursor']}.")


def _said(message: dict[str, Any]) -> str:
    """Return what was said, or the arguments and the result of a tool call."""
    if message.get("text") is not None:
        return str(message["text"])
    parts = [f"{part.get('name') or ''} {part.get('text')}" for part in message.get("parts") or ()]
    return "\n".join(part.strip() for part in parts)


def _show(call: Call, trace: dict[str, Any]) -> None:
    call.screen.facts(
        {
            "trace": trace["trace_id"],
            "name": line(trace.get("name")),
            "agents": line(", ".join(_names(trace.get("agents")))),
            "status": trace.get("status"),
            "begun": values.moment(trace.get("start")),
            "took": values.seconds(trace.get("duration_s")),
            "tokens": values.count(_tokens(trace)),
            "cost": values.money(trace.get("cost_usd")),
            "session": trace.get("session_id"),
            "user": trace.get("user_id"),
            "input": line(trace.get("input"), 300),
            "output": line(trace.get("output"), 300),
            "labels": "\n".join(line(each) for each in labels_of(trace)),
            "page": trace.get("url"),
        }
    )
    spans = trace.get("spans")
    if isinstance(spans, list) and spans:
        call.screen.say("")
        call.screen.table(spans, tree_columns(), "")


def tree_columns() -> list[Column]:
    """Return the columns of the spans of one trace, as a tree."""
    return [
        ("span", lambda row: row.get("span_id")),
        ("name", lambda row: _indented(row)),
        ("kind", lambda row: row.get("kind")),
        ("status", lambda row: styled(row.get("status"), STATUSES.get(str(row.get("status")), ""))),
        ("#took", lambda row: values.seconds(row.get("duration_s"))),
        ("#tokens", lambda row: values.count(_tokens(row))),
    ]


def _indented(row: dict[str, Any]) -> Any:
    from rich.text import Text

    depth = min(int(row.get("depth") or 0), 30)
    return Text("  " * depth + line(row.get("name"), 60))


def tail(
    call: Call,
    query: dict[str, Any],
    for_: Annotated[
        str, typer.Option("--for", metavar="DURATION", help="How long; for ever if not given.")
    ] = "",
    interval: flags.Interval = "2s",
) -> None:
    """Show traces as they come in, until Ctrl-C."""
    end = time.monotonic() + times.seconds(for_, "--for") if for_ else float("inf")
    pause_s = max(0.5, times.seconds(interval, "--interval"))
    since = datetime.now(UTC) - timedelta(seconds=pause_s)
    seen: deque[str] = deque(maxlen=MOST_REMEMBERED)
    call.screen.note("Waiting for traces; Ctrl-C ends it.")
    while True:
        asked = {**query, "start": (max(since, datetime.now(UTC) - LATE)).isoformat()}
        asked["start"] = asked["start"].replace("+00:00", "Z")
        asked.pop("range", None)
        for row in _fresh(call, asked, seen):
            _tell(call, row)
        if time.monotonic() + pause_s > end:
            return
        time.sleep(pause_s)


def _fresh(call: Call, query: dict[str, Any], seen: deque[str]) -> list[dict[str, Any]]:
    """Return traces that were not told of before, the earliest first."""
    known = set(seen)
    rows = [row for page in call.rest.rows("/traces", query, 1000) for row in page["items"]]
    fresh = [row for row in reversed(rows) if row["trace_id"] not in known]
    seen.extend(row["trace_id"] for row in fresh)
    return fresh


def _tell(call: Call, row: dict[str, Any]) -> None:
    if not call.is_for_people:
        screens.write(as_json(row))
        return
    agents = ", ".join(_names(row.get("agents")))
    took = values.seconds(row.get("duration_s"))
    words = (values.moment(row.get("start")), row["trace_id"], row.get("status"), took)
    call.screen.say("  ".join(str(each) for each in (*words, line(agents, 30), _name(row))))


def _name(row: dict[str, Any]) -> str:
    return line(row.get("input") or row.get("name"), 80)


def why(
    call: Call,
    trace: Annotated[str, typer.Argument(metavar="TRACE", help="32 hexadecimal digits.")] = "",
    session: Annotated[str, typer.Option("--session", metavar="KEY")] = "",
    signal: flags.OfSignal = "",
    span: flags.OfSpan = "",
) -> None:
    """Say why a trace, a span or a session has no label; of a --signal alone, why it is silent."""
    known = signal_id(call.rest, signal) if signal else ""
    if trace and session:
        raise WrongValue("--session: give a TRACE or a session, not both.")
    if trace:
        found = call.rest.get(f"/traces/{trace}/why", signal=known, span_id=span)
    elif session:
        found = call.rest.get(f"/sessions/{session}/why", signal=known)
    elif known:
        found = call.rest.get(f"/signals/{known}/why-no-labels")
    else:
        raise WrongValue("TRACE: say which, or give --session or --signal.")
    call.screen.show(found, lambda: _show_why(call, found))


def _show_why(call: Call, found: dict[str, Any]) -> None:
    for sentence in found.get("sentences") or ():
        call.screen.say(line(sentence))
    for row in found.get("signals") or ():
        said = [f"{row['label']}." if row.get("label") else "", row.get("explanation") or ""]
        said += row.get("sentences") or ()
        call.screen.say(f"{line(row['signal']['name'])}: {line(' '.join(said))}")
