"""`signals agents` and `signals templates`."""

from __future__ import annotations

import typer

from signals_cli import flags
from signals_cli.commanding import Call, command, group
from signals_cli.output import values
from signals_cli.output.screen import Column
from signals_cli.output.text import line
from signals_cli.times import stretch


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    agents = group(app, "agents", "The agents whose traffic came in.")
    command(agents, "list")(list_agents)
    command(app, "templates")(list_templates)


def list_agents(
    call: Call,
    text: flags.Text = "",
    range_: flags.Range = "",
    start: flags.Start = "",
    end: flags.End = "",
    limit: flags.Limit = 50,
    cursor: flags.Cursor = "",
) -> None:
    """List agents, the one heard of last first, with what each did."""
    columns: list[Column] = [
        ("id", lambda row: row["id"]),
        ("name", lambda row: line(row["name"], 40)),
        ("last seen", lambda row: values.moment(row.get("last_seen_at"))),
        ("#runs", lambda row: values.count(row.get("runs"))),
        ("#errors", lambda row: values.share(row.get("error_rate"))),
        ("#p95", lambda row: values.milliseconds(row.get("p95_ms"))),
        ("#cost", lambda row: values.money(row.get("cost_usd"))),
        ("#signals", lambda row: values.count(row.get("signals"))),
    ]
    query = {"text": text, **stretch(range_, start, end)}
    empty = "No agents yet. docs/clients.md says how traffic comes in."
    call.listed("/agents", query, columns, empty=empty, most=limit, cursor=cursor)


def list_templates(call: Call) -> None:
    """List the templates that `signals create --template` takes."""
    columns: list[Column] = [
        ("key", lambda row: row["key"]),
        ("name", lambda row: row.get("name")),
        ("scope", lambda row: row.get("scope")),
        ("type", lambda row: row.get("type")),
        ("question", lambda row: line(row.get("prompt"), 80)),
    ]
    answer = call.rest.get("/templates")
    rows = answer["items"] if isinstance(answer, dict) else answer
    call.screen.show(answer, lambda: call.screen.table(rows, columns, "No templates."))
