"""`signals alerts`: being told when labels change."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from signals_cli import flags
from signals_cli.commanding import Call, command, group
from signals_cli.commands import alert_rules
from signals_cli.finding import alert_id, signal_id
from signals_cli.output import values
from signals_cli.output.screen import Column, styled
from signals_cli.output.text import line
from signals_cli.times import stretch

STANDINGS = {"met": "red", "not_met": "green", "held": "yellow"}
State = Annotated[Literal["on", "paused", "archived"] | None, typer.Option("--state")]
NONE = "No alerts. Make one: signals alerts create --help"


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    alerts = group(app, "alerts", "Being told when labels change.")
    command(alerts, "list")(list_alerts)
    command(alerts, "list-by-project")(list_by_project)
    command(alerts, "get")(get)
    alert_rules.add_to(alerts)
    for name, about in (
        ("pause", "Do not evaluate an alert for now."),
        ("resume", "Evaluate a paused alert again."),
        ("archive", "Put an alert away; `signals alerts restore` brings it back."),
        ("restore", "Bring an archived alert back."),
        ("mute", "Do not mail the person whose token asks; others are still told."),
        ("unmute", "Mail the person whose token asks again."),
    ):
        command(alerts, name)(_verb(name, about))
    command(alerts, "events")(events)
    command(alerts, "state")(state)


def _columns() -> list[Column]:
    return [
        ("id", lambda row: row["id"]),
        ("name", lambda row: line(row["name"], 40)),
        ("signal", lambda row: line((row.get("signal") or {}).get("name"), 40)),
        ("condition", lambda row: condition(row)),
        ("state", lambda row: row.get("state")),
        ("standing", _standing),
        ("#firings 7d", lambda row: values.count(row.get("firings_7d"))),
    ]


def condition(row: dict[str, Any]) -> str:
    """Return a condition in short."""
    rule = row.get("rule") or {}
    sign = {"gte": "≥", "lte": "≤"}.get(str(rule.get("operator")), "")
    label = f" {rule['label']!r}" if rule.get("label") else ""
    of_change = " change" if rule.get("comparison") == "pct_change" else ""
    value = values.number(rule.get("threshold")) + (" %" if of_change else "")
    return line(
        f"{rule.get('metric')}{label}{of_change} {sign} {value} in {rule.get('window')}", 70
    )


def _standing(row: dict[str, Any]) -> Any:
    standing = str(row.get("standing") or "")
    return styled(standing, STANDINGS.get(standing, "dim"))


def list_alerts(
    call: Call,
    signal: flags.OfSignal = "",
    state: State = None,
    standing: Annotated[str, typer.Option("--standing", help="Such as met or not_met.")] = "",
    text: flags.Text = "",
    limit: flags.Limit = 50,
    cursor: flags.Cursor = "",
) -> None:
    """List alerts, of one signal or of all."""
    query = {"state": state, "standing": standing, "text": text}
    if signal:
        query["signal"] = signal_id(call.rest, signal)
    call.listed("/alerts", query, _columns(), empty=NONE, most=limit, cursor=cursor)


def list_by_project(call: Call, state: State = None, limit: flags.Limit = 0) -> None:
    """List all alerts of the project."""
    call.listed("/alerts", {"state": state}, _columns(), empty=NONE, most=limit)


def get(call: Call, alert: flags.AlertArg, signal: flags.OfSignal = "") -> None:
    """Show an alert with its condition and its channels."""
    found = call.rest.get(f"/alerts/{alert_id(call.rest, alert, signal)}")
    call.screen.show(found, lambda: show(call, found))


def show(call: Call, alert: dict[str, Any]) -> None:
    """Show people an alert."""
    channels = [
        f"{each.get('kind')} {line(each.get('address') or '')}".strip()
        for each in alert.get("channels") or ()
    ]
    rule = alert.get("rule") or {}
    call.screen.facts(
        {
            "name": alert["name"],
            "id": alert["id"],
            "signal": (alert.get("signal") or {}).get("name"),
            "fires when": rule.get("sentence") or condition(alert),
            "at least": f"{rule['min_labels']} labels" if rule.get("min_labels") else "",
            "quiet for": f"{rule['cooldown_min']} min" if rule.get("cooldown_min") else "",
            "guard": "against chance" if rule.get("guard") else "",
            "state": alert.get("state"),
            "standing": f"{alert.get('standing')} {line(alert.get('standing_reason') or '')}",
            "value": values.number(alert.get("value")),
            "fired": values.moment(alert.get("fired_at")),
            "tells": "\n".join(channels),
            "page": alert.get("url"),
        }
    )


def _verb(name: str, about: str) -> Any:
    """Return the command of a state of an alert."""

    def change(call: Call, alert: flags.AlertArg, signal: flags.OfSignal = "") -> None:
        state = "archived" if name == "restore" else ""
        changed = call.rest.post(f"/alerts/{alert_id(call.rest, alert, signal, state)}/{name}")
        muted = ", muted" if changed.get("is_muted") else ""
        call.screen.show(
            changed,
            lambda: call.screen.say(f"{changed['name']}: {changed.get('state')}{muted}"),
        )

    change.__doc__ = about
    return change


def events(
    call: Call,
    alert: Annotated[
        str, typer.Argument(metavar="ALERT", help="Its id or name; none for those of all.")
    ] = "",
    range_: flags.Range = "",
    start: flags.Start = "",
    end: flags.End = "",
    limit: flags.Limit = 50,
    cursor: flags.Cursor = "",
) -> None:
    """List when an alert fired, the latest first."""
    path = f"/alerts/{alert_id(call.rest, alert)}/firings" if alert else "/firings"
    columns: list[Column] = [
        ("fired", lambda row: values.moment(row.get("at"))),
        ("alert", lambda row: row.get("alert")),
        ("condition", lambda row: condition({"rule": row})),
        ("#value", lambda row: values.number(row.get("value"))),
        ("#before", lambda row: values.number(row.get("baseline"))),
        ("#labels", lambda row: values.count(row.get("labels"))),
        ("traces", lambda row: row.get("traces_url")),
    ]
    query = stretch(range_, start, end)
    call.listed(path, query, columns, empty="It has not fired.", most=limit, cursor=cursor)


def state(call: Call, alert: flags.AlertArg, signal: flags.OfSignal = "") -> None:
    """Show how an alert stands now, and why."""
    found = call.rest.get(f"/alerts/{alert_id(call.rest, alert, signal)}/state")
    shown = {
        "state": found.get("state"),
        "standing": found.get("standing"),
        "why": found.get("standing_reason"),
        "evaluated": values.moment(found.get("evaluated_at")),
        "value": values.number(found.get("value")),
        "before": values.number(found.get("baseline")),
        "labels": values.count(found.get("labels")),
        "fired": values.moment(found.get("fired_at")),
        "firings 7d": values.count(found.get("firings_7d")),
    }
    call.screen.show(found, lambda: call.screen.facts(shown))
