"""`signals list`, `get`, `create`, `edit` and the states of a signal."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from signals_cli import asking, flags
from signals_cli.commanding import Call, command, without_nothing
from signals_cli.finding import signal_id
from signals_cli.output import values
from signals_cli.output.screen import COLOURS, Column, styled
from signals_cli.output.text import line

STATES = {"active": "green", "paused": "yellow", "draft": "cyan", "archived": "dim"}
State = Annotated[Literal["draft", "active", "paused", "archived"] | None, typer.Option("--state")]
NONE = "No signals. Make one: signals create --help"


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    command(app, "list")(list_signals)
    command(app, "list-by-project")(list_by_project)
    command(app, "get")(get)
    command(app, "create")(create)
    command(app, "edit")(edit)
    command(app, "activate")(activate)
    command(app, "disable")(disable)
    command(app, "archive")(archive)
    command(app, "restore")(restore)


def columns() -> list[Column]:
    """Return the columns of a list of signals."""
    return [
        ("id", lambda row: row["id"]),
        ("name", lambda row: line(row["name"], 50)),
        ("agent", lambda row: line((row.get("agent") or {}).get("name"), 30)),
        ("scope", lambda row: row.get("scope")),
        ("type", lambda row: _version(row).get("type")),
        ("state", lambda row: styled(row.get("state"), STATES.get(str(row.get("state")), ""))),
        ("#rate", lambda row: values.share(_version(row).get("sample_rate"))),
        ("#labels 7d", lambda row: values.count((row.get("week") or {}).get("labels"))),
    ]


def list_signals(
    call: Call,
    agent: flags.Agent = "",
    text: flags.Text = "",
    state: State = None,
    scope: flags.Scope = None,
    limit: flags.Limit = 50,
    cursor: flags.Cursor = "",
) -> None:
    """List signals, of one agent or of all."""
    query = {"agent": agent, "text": text, "state": state, "scope": scope}
    call.listed("/signals", query, columns(), empty=NONE, most=limit, cursor=cursor)


def list_by_project(
    call: Call, text: flags.Text = "", state: State = None, limit: flags.Limit = 0
) -> None:
    """List all signals of the project."""
    call.listed("/signals", {"text": text, "state": state}, columns(), empty=NONE, most=limit)


def get(call: Call, signal: flags.SignalArg, agent: flags.Agent = "") -> None:
    """Show a signal with its question and its labels."""
    found = call.rest.get(f"/signals/{signal_id(call.rest, signal, agent)}")
    call.screen.show(found, lambda: show(call, found))


def show(call: Call, signal: dict[str, Any]) -> None:
    """Show people a signal."""
    version = _version(signal)
    call.screen.facts(
        {
            "name": signal["name"],
            "id": signal["id"],
            "agent": (signal.get("agent") or {}).get("name"),
            "state": _state(signal),
            "scope": signal.get("scope"),
            "type": version.get("type"),
            "version": version.get("number"),
            "sample rate": values.share(version.get("sample_rate")),
            "judge": (version.get("judge") or {}).get("name"),
            "judge model": version.get("judge_model"),
            "page": signal.get("url"),
            "question": version.get("prompt"),
        }
    )
    shares = (signal.get("week") or {}).get("shares") or {}
    if version.get("labels"):
        call.screen.say("")
        call.screen.table(version["labels"], label_columns(shares), "")


def label_columns(shares: dict[str, float]) -> list[Column]:
    return [
        ("label", lambda row: styled(row["name"], COLOURS.get(str(row.get("sentiment")), ""))),
        ("sentiment", lambda row: row.get("sentiment")),
        ("#share 7d", lambda row: values.share(shares.get(row["name"]))),
        ("meaning", lambda row: line(row.get("meaning"), 80)),
    ]


def create(
    call: Call,
    name: Annotated[str, typer.Option("--name")] = "",
    agent: flags.Agent = "",
    scope: flags.Scope = None,
    type_: flags.Kind = None,
    prompt: flags.Prompt = "",
    prompt_file: flags.PromptFile = "",
    label: flags.Label = None,
    sentiment: flags.Sentiments = None,
    meaning: flags.Meaning = None,
    sample_rate: flags.SampleRate = None,
    judge: flags.Judge = None,
    judge_model: flags.JudgeModel = None,
    template: flags.Template = "",
    draft: Annotated[bool, typer.Option("--draft", help="Do not judge with it yet.")] = False,
) -> None:
    """Make a signal; it begins to judge at once unless --draft is given."""
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
            "name": name,
            "agent": agent,
            "scope": scope,
            "sample_rate": sample_rate,
            "template": template,
        }
    )
    made = call.rest.post("/signals", body | {"active": not draft})
    call.screen.show(made, lambda: show(call, made))


def edit(
    call: Call,
    signal: flags.SignalArg,
    name: Annotated[str, typer.Option("--name")] = "",
    type_: flags.Kind = None,
    prompt: flags.Prompt = "",
    prompt_file: flags.PromptFile = "",
    label: flags.Label = None,
    sentiment: flags.Sentiments = None,
    meaning: flags.Meaning = None,
    sample_rate: flags.SampleRate = None,
    judge: flags.Judge = None,
    judge_model: flags.JudgeModel = None,
    based_on: Annotated[
        int | None,
        typer.Option("--based-on", help="The version that you began from; refused if not live."),
    ] = None,
) -> None:
    """Change a signal. Another question makes a new version of it; what is not given stays."""
    known_id = signal_id(call.rest, signal)
    before = call.rest.get(f"/signals/{known_id}")
    version = _version(before)
    is_binary = (type_ or version.get("type")) == "binary"
    body = asking.question(
        type_="binary" if is_binary else type_,
        prompt=prompt,
        prompt_file=prompt_file,
        label=label,
        sentiment=sentiment,
        meaning=meaning,
        judge=judge,
        judge_model=judge_model,
        known=version.get("labels"),
    )
    if not type_:
        body.pop("type", None)
    given = without_nothing({"name": name, "sample_rate": sample_rate})
    body |= {**given, "based_on": based_on or version.get("number")}
    after = call.rest.patch(f"/signals/{known_id}", body)
    call.screen.note(_changed(after))
    call.screen.show(after, lambda: show(call, after))


def activate(call: Call, signal: flags.SignalArg) -> None:
    """Let a signal judge: a draft for the first time, a paused one again."""
    known_id = signal_id(call.rest, signal)
    state = call.rest.get(f"/signals/{known_id}").get("state")
    _answer(call, call.rest.post(f"/signals/{known_id}/{_verb_of_activate(state)}"))


def disable(call: Call, signal: flags.SignalArg) -> None:
    """Pause a signal; what it has found stays."""
    _answer(call, call.rest.post(f"/signals/{signal_id(call.rest, signal)}/pause"))


def archive(call: Call, signal: flags.SignalArg) -> None:
    """Put a signal away; `signals restore` brings it back."""
    _answer(call, call.rest.post(f"/signals/{signal_id(call.rest, signal)}/archive"))


def restore(call: Call, signal: flags.SignalArg) -> None:
    """Bring an archived signal back; it stays paused until `signals activate`."""
    known_id = signal_id(call.rest, signal, state="archived")
    _answer(call, call.rest.post(f"/signals/{known_id}/restore"))


def _verb_of_activate(state: str | None) -> str:
    return "resume" if state == "paused" else "activate"


def _answer(call: Call, signal: dict[str, Any]) -> None:
    call.screen.show(signal, lambda: call.screen.say(f"{signal['name']}: {_state(signal)}"))


def _state(signal: dict[str, Any]) -> str:
    reason = signal.get("paused_reason")
    return f"{signal.get('state')} ({line(reason)})" if reason else str(signal.get("state"))


def _version(signal: dict[str, Any]) -> dict[str, Any]:
    return signal.get("version") or {}


def _changed(signal: dict[str, Any]) -> str:
    changed = signal.get("changed") or {}
    if changed.get("version"):
        return f"Version {changed['version']} is live."
    return "Renamed." if changed.get("renamed") else "Nothing has changed."
