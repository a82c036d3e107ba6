"""`signals verify` and `signals compare`: a question tried on recent targets; nothing counts."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from signals_cli import asking, flags
from signals_cli.commanding import Call, command, not_done, without_nothing
from signals_cli.commands.labels import target
from signals_cli.errors import Failed, WrongValue
from signals_cli.finding import signal_id
from signals_cli.output import charts, values
from signals_cli.output.screen import Column
from signals_cli.output.text import line
from signals_cli.times import seconds, stretch
from signals_cli.waiting import is_running, wait_for

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
    judge_model: flags.JudgeModel = None,
    template: flags.Template = "",
    range_: flags.Range = "",
    start: flags.Start = "",
    end: flags.End = "",
    targets: Targets = 20,
    timeout: flags.Timeout = "5m",
    no_wait: flags.NoWait = False,
) -> None:
    """Try a question on recent targets: a saved one, or one that is not saved yet."""
    body = asking.question(
        type_=type_,
        prompt=prompt,
        prompt_file=prompt_file,
        label=label,
        sentiment=sentiment,
        meaning=meaning,
        judge_model=judge_model,
    )
    if signal and body:
        raise WrongValue("SIGNAL: give a saved signal or a question, not both.")
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
    _follow(call, "/trials", trial, timeout, no_wait, _show_trial)


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
    path = f"/signals/{signal_id(call.rest, signal)}/comparisons"
    body = {"before": before, "after": after, "targets": targets, **stretch(range_, start, end)}
    _follow(call, "/comparisons", call.rest.post(path, body), timeout, no_wait, _show_comparison)


def _follow(
    call: Call, root: str, trial: dict[str, Any], timeout: str, no_wait: bool, show: Any
) -> None:
    """Wait for a trial, and cancel it when a person no longer wants to."""
    path = f"{root}/{trial['id']}"
    if not no_wait:
        try:
            trial = wait_for(
                call,
                path,
                "judging",
                lambda now: (now.get("judged") or 0, now.get("total")),
                timeout_s=seconds(timeout, "--timeout"),
                interval_s=0.5,
            )
        except KeyboardInterrupt:
            _cancel(call, path)
            raise
    call.screen.show(trial, lambda: show(call, trial))
    if not is_running(trial) and trial.get("state") not in ("done", "running"):
        reason = line(trial.get("error") or trial.get("reason") or "")
        raise not_done(f"Ended as {trial.get('state')}. {reason}".strip())


def _cancel(call: Call, path: str) -> None:
    try:
        call.rest.post(f"{path}/cancel")
    except Failed:
        return
    call.screen.note("Cancelled.")


def _show_trial(call: Call, trial: dict[str, Any]) -> None:
    call.screen.table(trial.get("rows") or [], _trial_columns(), "No targets in this time.")
    counts = trial.get("counts") or {}
    if counts:
        call.screen.say("")
        call.screen.draw(charts.bars(counts, trial.get("shares") or {}, {}, {}))
    judged = f"{values.count(trial.get('judged'))} of {values.count(trial.get('total'))} judged"
    cost = f", {values.money(trial['cost_usd'])}" if trial.get("cost_usd") is not None else ""
    call.screen.note(f"{judged}{cost}. Trial {trial['id']}: {trial.get('state')}.")


def _trial_columns() -> list[Column]:
    return [
        ("#", lambda row: row.get("position")),
        ("label", lambda row: row.get("label") or row.get("outcome")),
        ("target", lambda row: target(row.get("target") or {})),
        ("why", lambda row: line(row.get("explanation") or row.get("reason"), 90)),
    ]


def _show_comparison(call: Call, found: dict[str, Any]) -> None:
    columns: list[Column] = [
        ("target", lambda row: target(row.get("target") or {})),
        ("before", lambda row: _side(row, "before")),
        ("after", lambda row: _side(row, "after")),
        ("why", lambda row: line(row.get("explanation") or row.get("reason"), 90)),
    ]
    call.screen.table(found.get("rows") or [], columns, "No targets in this time.")
    call.screen.note(f"Comparison {found['id']}: {found.get('state')}.")


def _side(row: dict[str, Any], name: str) -> str:
    """Return the label of one version, however it is answered."""
    value = row.get(name)
    if value is None and name == "after":
        value = row.get("label") or row.get("outcome")
    return str((value.get("label") or value.get("outcome")) if isinstance(value, dict) else value)
