"""`signals run`: a signal over traffic that has passed."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from signals_cli import flags
from signals_cli.commanding import Call, command, group, not_done, without_nothing
from signals_cli.finding import signal_id
from signals_cli.output import values
from signals_cli.output.screen import Column, styled
from signals_cli.output.text import line
from signals_cli.times import seconds, stretch
from signals_cli.waiting import is_running, wait_for

RunArg = Annotated[str, typer.Argument(metavar="RUN", help="The id of the run.")]
Rate = Annotated[float | None, typer.Option("--rate", help="The part of it, above 0 up to 1.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait for the end, as `run poll` does.")]
STATES = {"done": "green", "running": "cyan", "cancelled": "yellow"}


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    runs = group(app, "run", "A signal over traffic that has passed.")
    command(runs, "preview")(preview)
    command(runs, "create")(create)
    command(runs, "list")(list_runs)
    command(runs, "get")(get)
    command(runs, "poll")(poll)
    command(runs, "cancel")(cancel)
    command(runs, "retry")(retry)


def preview(
    call: Call,
    signal: flags.SignalArg,
    range_: flags.Range = "",
    start: flags.Start = "",
    end: flags.End = "",
    rate: Rate = None,
) -> None:
    """Say what a run would judge, and what that would cost."""
    path = f"/signals/{signal_id(call.rest, signal)}/runs/preview"
    found = call.rest.post(path, _asked(range_, start, end, rate))
    call.screen.show(found, lambda: call.screen.facts(_preview(found)))


def _preview(found: dict[str, Any]) -> dict[str, Any]:
    names = ("matched", "sampled", "labelled", "unlabelled", "waiting", "to_judge")
    counts = {name.replace("_", " "): values.count(found.get(name)) for name in names}
    estimate = found.get("cost") or {}
    tokens, cost = estimate.get("tokens"), estimate.get("cost_usd")
    return counts | {
        "tokens": estimate.get("why_no_tokens") if tokens is None else values.count(tokens),
        "cost": estimate.get("why_no_cost") if cost is None else values.money(cost),
        "note": "There are more than were looked at." if found.get("is_cut") else "",
    }


def create(
    call: Call,
    signal: flags.SignalArg,
    range_: flags.Range = "",
    start: flags.Start = "",
    end: flags.End = "",
    rate: Rate = None,
    wait: Wait = False,
    timeout: flags.Timeout = "10m",
) -> None:
    """Start a run."""
    path = f"/signals/{signal_id(call.rest, signal)}/runs"
    run = call.rest.post(path, _asked(range_, start, end, rate))
    if wait:
        call.screen.note(f"Run {run['id']}.")
        _follow(call, str(run["id"]), timeout, "1s")
    else:
        call.screen.show(run, lambda: _show(call, run))


def list_runs(
    call: Call,
    signal: Annotated[
        str, typer.Argument(metavar="SIGNAL", help="Its id or name; none for all runs.")
    ] = "",
    limit: flags.Limit = 50,
    cursor: flags.Cursor = "",
) -> None:
    """List runs, of one signal or of all."""
    path = f"/signals/{signal_id(call.rest, signal)}/runs" if signal else "/runs"
    call.listed(path, {}, _columns(), empty="No runs.", most=limit, cursor=cursor)


def get(call: Call, run: RunArg) -> None:
    """Show a run."""
    found = call.rest.get(f"/runs/{run}")
    call.screen.show(found, lambda: _show(call, found))


def poll(
    call: Call, run: RunArg, timeout: flags.Timeout = "10m", interval: flags.Interval = "1s"
) -> None:
    """Wait until a run has ended; exit code 6 when it was cancelled or the time is over."""
    _follow(call, run, timeout, interval)


def cancel(call: Call, run: RunArg) -> None:
    """Stop a run; what it has judged stays."""
    found = call.rest.post(f"/runs/{run}/cancel")
    call.screen.show(found, lambda: _show(call, found))


def retry(call: Call, run: RunArg) -> None:
    """Judge again what failed in a run."""
    found = call.rest.post(f"/runs/{run}/retry")
    many = "target is" if found.get("retried") == 1 else "targets are"
    said = f"{values.count(found.get('retried'))} {many} judged again."
    call.screen.show(found, lambda: call.screen.say(said))


def _asked(range_: str, start: str, end: str, rate: float | None) -> dict[str, Any]:
    return stretch(range_, start, end) | without_nothing({"rate": rate})


def _follow(call: Call, run: str, timeout: str, interval: str) -> None:
    found = wait_for(
        call,
        f"/runs/{run}",
        "judging",
        lambda now: (now.get("judged") or 0, now.get("total")),
        timeout_s=seconds(timeout, "--timeout"),
        interval_s=max(0.2, seconds(interval, "--interval")),
    )
    call.screen.show(found, lambda: _show(call, found))
    if not is_running(found) and found.get("state") != "done":
        raise not_done(f"The run ended as {found.get('state')}.")


def _columns() -> list[Column]:
    return [
        ("id", lambda row: row["id"]),
        ("signal", lambda row: line((row.get("signal") or {}).get("name"), 40)),
        ("state", lambda row: styled(row.get("state"), STATES.get(str(row.get("state")), ""))),
        ("from", lambda row: values.moment(row.get("start"))),
        ("to", lambda row: values.moment(row.get("end"))),
        ("#rate", lambda row: values.share(row.get("rate"))),
        ("#judged", lambda row: values.count(row.get("judged"))),
        ("#labelled", lambda row: values.count(row.get("labelled"))),
        ("begun", lambda row: values.moment(row.get("created_at"))),
    ]


def _show(call: Call, run: dict[str, Any]) -> None:
    counts = ("matched", "total", "judged", "labelled")
    call.screen.facts(
        {
            "run": run["id"],
            "signal": (run.get("signal") or {}).get("name"),
            "version": run.get("version"),
            "state": run.get("state"),
            "from": values.moment(run.get("start")),
            "to": values.moment(run.get("end")),
            "rate": values.share(run.get("rate")),
            **{name: values.count(run[name]) for name in counts if run.get(name) is not None},
            **(run.get("unlabelled") or {}),
            "left": values.seconds(run["eta_s"]) if run.get("eta_s") else "",
            "why not": "\n".join(_reason(each) for each in run.get("reasons") or ()),
            "page": run.get("url"),
        }
    )


def _reason(reason: dict[str, Any]) -> str:
    """Return why targets have no label, with how many."""
    text = line(reason.get("text"))
    return f"{values.count(reason.get('n'))} \N{MULTIPLICATION SIGN} {text}"
