"""`signals alerts create`, `edit` and `backtest`: the condition of an alert, and whom it tells."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from signals_cli import flags
from signals_cli.commanding import Call, command, without_nothing
from signals_cli.errors import WrongValue
from signals_cli.finding import alert_id, signal_id
from signals_cli.output import values
from signals_cli.output.screen import Column
from signals_cli.output.text import line
from signals_cli.times import moment_before, stretch

Name = Annotated[str, typer.Option("--name")]
Metric = Annotated[
    Literal["label_volume", "true_rate", "value_count", "value_share"] | None,
    typer.Option("--metric"),
]
Label = Annotated[
    str | None, typer.Option("--label", help="Of value_count and value_share: which label.")
]
Comparison = Annotated[Literal["pct_change", "absolute"] | None, typer.Option("--comparison")]
Operator = Annotated[Literal["gte", "lte"] | None, typer.Option("--operator")]
Threshold = Annotated[
    float | None,
    typer.Option("--threshold", help="A rate as a fraction; a change as per cent."),
]
Window = Annotated[str, typer.Option("--window", help="Such as 5m, 1h, 24h.")]
MinLabels = Annotated[
    int | None, typer.Option("--min-labels", min=0, help="Quiet below as many labels.")
]
Cooldown = Annotated[
    int | None,
    typer.Option("--cooldown", metavar="MINUTES", help="Quiet after a firing: 0 to 1440."),
]
Guard = Annotated[
    bool | None,
    typer.Option("--guard/--no-guard", help="Not where chance alone could have made it."),
]
Email = Annotated[bool | None, typer.Option("--email/--no-email")]
SlackChannel = Annotated[str | None, typer.Option("--slack-channel", help="The channel's id.")]
Webhook = Annotated[str | None, typer.Option("--webhook", metavar="URL")]
Days = Annotated[int | None, typer.Option("--days", min=1, help="How far back.")]


def add_to(alerts: typer.Typer) -> None:
    """Register the commands."""
    command(alerts, "create")(create)
    command(alerts, "edit")(edit)
    command(alerts, "backtest")(backtest)


def create(
    call: Call,
    signal: flags.OfSignal = "",
    name: Name = "",
    metric: Metric = None,
    label: Label = None,
    comparison: Comparison = None,
    operator: Operator = None,
    threshold: Threshold = None,
    window: Window = "",
    min_labels: MinLabels = None,
    cooldown: Cooldown = None,
    guard: Guard = None,
    email: Email = None,
    slack_channel: SlackChannel = None,
    webhook: Webhook = None,
) -> None:
    """Make an alert of a signal."""
    if not signal:
        raise WrongValue("--signal: say of which signal.")
    body = _condition(
        metric, label, comparison, operator, threshold, window, min_labels, cooldown, guard
    )
    body |= _channels(email, slack_channel, webhook)
    body |= {"signal": signal_id(call.rest, signal)} | without_nothing({"name": name})
    _answer(call, call.rest.post("/alerts", body))


def edit(
    call: Call,
    alert: flags.AlertArg,
    name: Name = "",
    metric: Metric = None,
    label: Label = None,
    comparison: Comparison = None,
    operator: Operator = None,
    threshold: Threshold = None,
    window: Window = "",
    min_labels: MinLabels = None,
    cooldown: Cooldown = None,
    guard: Guard = None,
    email: Email = None,
    slack_channel: SlackChannel = None,
    webhook: Webhook = None,
) -> None:
    """Change an alert; what is not given stays."""
    body = _condition(
        metric, label, comparison, operator, threshold, window, min_labels, cooldown, guard
    )
    body |= _channels(email, slack_channel, webhook) | without_nothing({"name": name})
    _answer(call, call.rest.patch(f"/alerts/{alert_id(call.rest, alert)}", body))


def _answer(call: Call, alert: dict[str, Any]) -> None:
    from signals_cli.commands.alerts import show

    call.screen.show(alert, lambda: show(call, alert))


def backtest(
    call: Call,
    alert: Annotated[
        str, typer.Argument(metavar="ALERT", help="Its id or name; none for an unsaved condition.")
    ] = "",
    signal: flags.OfSignal = "",
    metric: Metric = None,
    label: Label = None,
    comparison: Comparison = None,
    operator: Operator = None,
    threshold: Threshold = None,
    window: Window = "",
    min_labels: MinLabels = None,
    cooldown: Cooldown = None,
    guard: Guard = None,
    days: Days = None,
    with_runs: Annotated[
        bool, typer.Option("--with-runs", help="Count the labels of runs, too.")
    ] = False,
    range_: flags.Range = "",
    start: flags.Start = "",
    end: flags.End = "",
) -> None:
    """Say when a condition would have fired: a saved one, or one that is not saved yet."""
    when: dict[str, Any] = stretch(range_, start, end)
    if days and when:
        raise WrongValue("--days: give either days or a stretch of time.")
    if days:
        when = {"start": moment_before(days)}
    if with_runs:
        when["with_runs"] = True
    condition = _condition(
        metric, label, comparison, operator, threshold, window, min_labels, cooldown, guard
    )
    if alert and condition:
        raise WrongValue("ALERT: give a saved alert or a condition, not both.")
    if alert:
        found = call.rest.post(f"/alerts/{alert_id(call.rest, alert, signal)}/backtest", when)
    elif signal:
        body = {"signal": signal_id(call.rest, signal), **condition, **when}
        found = call.rest.post("/alerts/backtest", body)
    else:
        raise WrongValue("--signal: say of which signal, or give an ALERT.")
    call.screen.show(found, lambda: _show_backtest(call, found))


def _show_backtest(call: Call, found: dict[str, Any]) -> None:
    columns: list[Column] = [
        ("would have fired", lambda row: values.moment(row.get("at"))),
        ("#value", lambda row: values.number(row.get("value"))),
        ("#before", lambda row: values.number(row.get("baseline"))),
    ]
    call.screen.table(found.get("fired") or [], columns, "It would not have fired.")
    met, all_ = found.get("minutes_met"), found.get("minutes")
    call.screen.say(f"met in {values.count(met)} of {values.count(all_)} minutes")
    for warning in found.get("warnings") or ():
        call.screen.note(line(warning))


def _condition(
    metric: str | None,
    label: str | None,
    comparison: str | None,
    operator: str | None,
    threshold: float | None,
    window: str,
    min_labels: int | None,
    cooldown: int | None,
    guard: bool | None,
) -> dict[str, Any]:
    """Return the fields of a condition that were given."""
    given = {
        "metric": metric,
        "comparison": comparison,
        "operator": operator,
        "threshold": threshold,
        "window": window,
        "min_labels": min_labels,
        "cooldown_min": cooldown,
        "guard": guard,
    }
    body = without_nothing(given)
    if label is not None:
        body["label"] = label
    return body


def _channels(email: bool | None, slack_channel: str | None, webhook: str | None) -> dict[str, Any]:
    """Return whom to tell, as far as it was given; an empty text takes a channel away."""
    given = {
        "email": email,
        "slack_channel": slack_channel,
        "webhook_url": webhook,
    }
    return {name: value for name, value in given.items() if value is not None}
