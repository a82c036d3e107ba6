"""`signals apply` and `signals pull`: signals and alerts live in git like code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from signals_cli.commanding import Call, command, read_input
from signals_cli.errors import Failed, WrongValue
from signals_cli.output import screen as screens
from signals_cli.output.text import as_json

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    command(app, "apply")(apply)
    command(app, "pull")(pull)


def apply(
    call: Call,
    file: Annotated[str, typer.Option("--file", "-f", help="- is standard input.")],
    yes: Yes = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done.")
    ] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Archive signals and alerts that are not in the file.")
    ] = False,
) -> None:
    """Make the signals and alerts of the project equal to a file."""
    from signals_cli.as_code import document, plan, steps

    wanted = document.read(_text(file), file)
    known = steps.present(call.rest, {row["agent"] for row in wanted})
    todo = plan.steps(wanted, known, prune=prune)
    if call.is_for_people:
        steps.show(call.screen, todo)
    if todo and not dry_run:
        _ask(call, len(todo), yes)
        made: dict[tuple[str, ...], str] = {}
        for place, step in enumerate(todo):
            try:
                steps.perform(call.rest, known, step, made)
            except Failed as error:
                call.screen.note(f"{place} of {len(todo)} steps are done; then it stopped.")
                what = f"{step.action} {step.noun} {step.name!r}"
                raise Failed(f"{what}: {_why(error)}", error.code) from None
    _answer(call, todo, is_done=not dry_run)


def _why(error: Failed) -> str:
    fields = getattr(error, "fields", ())
    return "; ".join(f"{field}: {text}" for field, text in fields) or error.message


def _ask(call: Call, count: int, yes: bool) -> None:
    if yes:
        return
    steps = f"{count} step{'s' if count > 1 else ''}"
    if not call.screen.confirm(f"Do {steps}?"):
        raise WrongValue(f"{steps} not done. Say --yes where nobody can be asked.")


def _answer(call: Call, todo: list[Any], *, is_done: bool) -> None:
    if call.screen.form == "jsonl":
        for step in todo:
            screens.write(as_json(step.as_row()))
        return
    rows = [step.as_row() for step in todo]
    if not todo:
        sentence = "Nothing to do: the project is as the file says."
    else:
        sentence = f"{len(todo)} step{'s' if len(todo) > 1 else ''} "
        sentence += "done." if is_done else "to do; nothing was changed."
    call.screen.show({"steps": rows, "applied": is_done}, lambda: call.screen.say(sentence))


def pull(
    call: Call,
    file: Annotated[
        str, typer.Option("--file", "-f", help="- is standard output.")
    ] = "signals.yaml",
    agent: Annotated[str, typer.Option("--agent", help="Only of this agent.")] = "",
    yes: Yes = False,
) -> None:
    """Write the project's signals and alerts into a file for `signals apply`."""
    from signals_cli.as_code import document, steps

    known = steps.present(call.rest)
    kept = [
        each
        for each in known.signals
        if each["state"] != "archived" and agent in ("", each["agent"]["name"], each["agent"]["id"])
    ]
    words = steps.agent_words(call.rest, kept)
    rows = [
        document.signal_row(
            each,
            words[each["agent"]["id"]],
            [
                document.alert_row(alert, known.slack)
                for alert in known.alerts_of(each)
                if alert["state"] != "archived"
            ],
        )
        for each in kept
    ]
    rows.sort(key=lambda row: (row["agent"], row["name"]))
    if not call.is_for_people:
        call.screen.show({"version": document.VERSION, "signals": rows}, lambda: None)
        return
    text = document.written(rows)
    if file == "-":
        screens.write(text.rstrip("\n"))
        return
    _write(call, Path(file), text, yes)
    call.screen.say(f"{len(rows)} signals written to {file}")


def _write(call: Call, path: Path, text: str, yes: bool) -> None:
    is_there = path.exists() and path.read_bytes() != text.encode("utf-8")
    if is_there and not yes and not call.screen.confirm(f"{path} is there. Write over it?"):
        raise WrongValue(f"{path} is there, and was left as it is. Say --yes to write over it.")
    from signals_cli.transfer.files import written

    with written(path) as out:
        out.write(text.encode("utf-8"))


def _text(file: str) -> str:
    try:
        return (read_input() if file == "-" else Path(file).read_bytes()).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongValue(f"--file: {file} cannot be read: {error}") from None
