"""`signals verify` and `signals compare`: a question tried on recent targets; nothing counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from signals_cli import asking, flags
from signals_cli.commanding import Call, command, not_done, without_nothing
from signals_cli.commands.labels import target
from signals_cli.errors import Failed
from signals_cli.finding import signal_id
from signals_cli.output import charts, values
from signals_cli.output.screen import Column
from signals_cli.output.text import line
from signals_cli.times import seconds, stretch
from signals_cli.waiting import is_running, wait_for

Show = Callable[[Call, dict[str, Any]], None]
Targets = Annotated[
    int, typer.Option("--targets", "--sample-size", min=1, max=100, help="On how many.")
]
Version = Annotated[int | None, typer.Option("--version", min=1, help="Not the live version.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    command(app, "verify")(verify)
    command(app, "compare")(compare)


def verify(
    call: Call,
    signal: Annotated[
        str, typer.Argument(metavar="SIGNAL", help="Its id or name; none for an unsaved question.")
    ] = "",
    version: Version = None,
    agent: flags.Agent = "",
    scope: flags.Scope = None,
    type_: flags.Kind = None,
    prompt: flags.Prompt = "",
    prompt_file: flags.PromptFile = "",
    label: flags.Label = None,
    sentiment: flags.Sentiments = None,
    meaning: flags.Meaning = None,
    judge: flags.Judge = None,
    judge_model: flags.JudgeModel = None,
    template: flags.Template = "",
    range_: flags.Range = "",
    start: flags.Start = "",
    end: flags.End = "",
    targets: Targets = 20,
    timeout: flags.Timeout = "5m",
    no_wait: flags.NoWait = False,
) -> None:
    """Try a question on recent targets: a saved one, with what is changed of it, or a new one."""
    body = asking.question(
        type_=type_,
        prompt=prompt,
        prompt_file=prompt_file,
        label=label,
        sentiment=sentiment,
        meaning=meaning,
        judge=judge,
        judge_model=judge_model,
    )
    body |= without_nothing(
        {
            "signal": signal_id(call.rest, signal, agent) if signal else "",
            "version": version,
            "agent": "" if signal else agent,
            "scope": scope,
            "template": template,
        }
    )
    body |= {**stretch(range_, start, end), "targets": targets}
    trial = call.rest.post("/trials", body)
    _follow(call, f"/trials/{trial['id']}", trial, timeout, no_wait, _show_trial)


def compare(
    call: Call,
    signal: flags.SignalArg,
    before: Annotated[int, typer.Option("--before", min=1, help="The number of a version.")],
    after: Annotated[int, typer.Option("--after", min=1, help="The number of another version.")],
    range_: flags.Range = "",
    start: flags.Start = "",
    end: flags.End = "",
    targets: Targets = 20,
    timeout: flags.Timeout = "5m",
    no_wait: flags.NoWait = False,
) -> None:
    """Let two versions of a signal judge the same targets."""
    body = {"before": before, "after": after, "targets": targets, **stretch(range_, start, end)}
    made = call.rest.post(f"/signals/{signal_id(call.rest, signal)}/comparisons", body)
    _follow(call, f"/comparisons/{made['id']}", made, timeout, no_wait, _show_comparison)


def _follow(
    call: Call, path: str, trial: dict[str, Any], timeout: str, no_wait: bool, show: Show
) -> None:
    """Wait for a trial, and cancel it when a person no longer wants to."""
    if not no_wait:
        timeout_s = seconds(timeout, "--timeout")
        try:
            trial = wait_for(call, path, "judging", _progress, timeout_s=timeout_s, interval_s=0.5)
        except KeyboardInterrupt:
            _cancel(call, path)
            raise
    call.screen.show(trial, lambda: show(call, trial))
    for side in _sides(trial):
        if not is_running(trial) and side.get("state") not in ("done", "running"):
            reason = line(side.get("stopped_reason"))
            raise not_done(f"Ended as {side.get('state')}. {reason}".strip())


def _progress(trial: dict[str, Any]) -> tuple[float, float | None]:
    return trial.get("judged") or 0, trial.get("total")


def _sides(trial: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the trial, or both of a comparison."""
    sides = [trial.get("before"), trial.get("after")]
    return [each for each in sides if isinstance(each, dict)] or [trial]


def _cancel(call: Call, path: str) -> None:
    try:
        call.rest.post(f"{path}/cancel")
    except Failed:
        return
    call.screen.note("Cancelled.")


def _show_trial(call: Call, trial: dict[str, Any]) -> None:
    columns = [*_row_columns(), ("before", lambda row: row.get("before"))]
    shown = columns if trial.get("before") else _row_columns()
    call.screen.table(trial.get("rows") or [], shown, "No targets in this time.")
    if trial.get("counts"):
        call.screen.say("")
        call.screen.draw(charts.bars(trial["counts"], trial.get("shares") or {}, {}, {}))
    judged = f"{values.count(trial.get('judged'))} of {values.count(trial.get('total'))} judged"
    cost = trial.get("cost_usd")
    price = "" if cost is None else f", {values.money(cost)}"
    call.screen.note(f"{judged}{price}. Trial {trial['id']}: {trial.get('state')}.")


def _row_columns() -> list[Column]:
    return [
        ("#", lambda row: row.get("position")),
        ("label", lambda row: row.get("label") or row.get("outcome") or "waits"),
        ("target", lambda row: target(row.get("target") or {})),
        ("why", lambda row: line(row.get("explanation") or row.get("reason"), 90)),
    ]


def _show_comparison(call: Call, found: dict[str, Any]) -> None:
    columns: list[Column] = [
        ("target", lambda row: target(row.get("target") or {})),
        ("before", lambda row: row.get("before") or values.NOTHING),
        ("after", lambda row: row.get("label") or row.get("outcome") or "waits"),
        ("why", lambda row: line(row.get("explanation") or row.get("reason"), 90)),
    ]
    call.screen.table(found.get("rows") or [], columns, "No targets in this time.")
    agreement = values.share(found.get("agreement"))
    both, agreed = values.count(found.get("both")), values.count(found.get("agreed"))
    call.screen.say(f"the same label for {agreed} of {both} targets ({agreement})")
    call.screen.note(f"Comparison {found['id']}.")
