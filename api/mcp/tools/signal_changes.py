"""Making and changing signals."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from django.core.exceptions import ValidationError
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field

from api.mcp import arguments, signal_text
from api.mcp.answers import call
from api.mcp.arguments import AgentArg, LongText, SignalArg, Text
from api.mcp.registry import ADDS, CHANGES, Kind, tool
from api.mcp.trouble import Trouble
from api.rest.callers import Caller
from signals_app.definition import creation, drafts, editing, scopes, states
from signals_app.definition.diffs import Question
from signals_app.definition.drafts import Draft, Said
from signals_app.definition.editing import Superseded
from signals_app.definition.versions import current_version
from signals_app.models import Scope, Signal
from traces.models import Agent


class Label(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Text
    sentiment: Literal["positive", "neutral", "negative"]
    meaning: Text = ""


Labels = Annotated[
    list[Label], Field(description='2 to 10. Of a binary signal exactly "true" and "false".')
]
Rate = Annotated[float, Field(ge=0, le=1, description="Share of targets to judge.")]
BEGIN = "Say a template (list_templates names them), or give prompt and labels."
TRY_IT = "test it before it judges"


@tool(ADDS, call("list_templates"))
def create_signal(
    caller: Caller,
    agent: AgentArg,
    name: Text = "",
    template: Text = "",
    prompt: LongText = "",
    labels: Labels = [],  # noqa: B006 - never changed
    scope: Literal["", "span", "trace", "session"] = "",
    sample_rate: Rate = 0,
    judge_model: Text = "",
    judge: Text = "",
    activate: bool = False,
) -> str:
    """Make a signal for an agent, as a draft unless activate. Start from a template, or write a
    prompt that says what counts, what does not, and what to do when unsure; each label's meaning
    says when it is given. What you give replaces what the template says."""
    owner = arguments.agent(caller.project, agent)
    if owner is None:
        raise ValidationError({"agent": ["Say which agent."]})
    draft, question = begun(template, prompt, labels, sample_rate, judge_model)
    question = drafts.with_judge(question, caller.project, judge or None)
    made = creation.create(
        project=caller.project,
        agent=owner,
        name=name or draft.name,
        scope=scope or usual_scope(draft, owner),
        template=draft.template,
        now=timezone.now(),
        user=caller.user,
        is_active=activate,
        **asdict(question),
    )
    key = str(made.uuid)
    nexts = call("test_signal", signal=key) + f": {TRY_IT}; then "
    nexts += call("set_signal_state", signal=key, state="active")
    done = f"Made: {made.name}, id={key}, {made.state}."
    return _done(
        made, done, signal_text.undo("set_signal_state", signal=key, state="archived"), nexts
    )


@tool(CHANGES, call("list_signals"))
def edit_signal(
    caller: Caller,
    signal: SignalArg,
    based_on: Annotated[int, Field(description="Number of the version you read.")],
    name: Text = "",
    prompt: LongText = "",
    labels: Labels = [],  # noqa: B006 - never changed
    sample_rate: Rate = 0,
    judge_model: Text = "",
    judge: Text = "",
    version: Annotated[int, Field(description="Ask again what this version asked.")] = 0,
) -> str:
    """Change a signal's question by a new version, live at once; labels given so far stay with
    theirs. What you leave out stays. Compare first: test_signal takes an unsaved prompt."""
    edited = arguments.signal(caller.project, signal)
    before, old_name = current_version(edited), edited.name
    question = Question.of(arguments.version(edited, version))
    wanted = drafts.changed(question, said(prompt, labels, sample_rate, judge_model))
    wanted = drafts.with_judge(wanted, caller.project, judge or None)
    try:
        change = editing.edit(edited, name or old_name, wanted, based_on, caller.user)
    except Superseded as error:
        see = call("get_signal", signal=str(edited.uuid), version=based_on)
        raise Trouble(f"Not done. {error}", f"{see} says what differs; then edit that") from error
    if change.version is None and not change.renamed:
        return _done(edited, "Nothing was different, so nothing was changed.", "", "")
    made = change.version.number if change.version else before.number
    back = {"version": before.number} if change.version else {}
    again = {"name": old_name} if change.renamed else {}
    done = f"Version {made} is live." if change.version else f"Renamed to {edited.name}."
    undo = signal_text.undo("edit_signal", signal=str(edited.uuid), based_on=made, **back, **again)
    compare = call("compare_versions", signal=str(edited.uuid), before=before.number, after=made)
    return _done(edited, done, undo, compare if change.version else "")


@tool(Kind(writes=True, destructive=True, idempotent=True), call("list_signals"))
def set_signal_state(
    caller: Caller, signal: SignalArg, state: Literal["active", "paused", "archived"]
) -> str:
    """Let a signal judge what settles from now on (active), judge nothing more and drop what waits
    (paused), or leave the list (archived; its labels stay). An archived one comes back by
    paused."""
    found = arguments.signal(caller.project, signal)
    was, now = found.state, timezone.now()
    if was == state:
        return _done(found, f"It was {state} already.", "", "")
    dropped = 0
    if was == "archived" and state == "paused":
        states.restore(found, caller.user, now)
    elif state == "active":
        states.activate(found, caller.user, now)
    else:
        stop = states.pause if state == "paused" else states.archive
        dropped = stop(found, caller.user, now)
    done = f"{found.name} was {was} and is {found.state} now."
    if dropped:
        done += f" {dropped:,} waiting targets were dropped; start_run judges them later."
    back = "paused" if was == "draft" else was
    undo = signal_text.undo("set_signal_state", signal=str(found.uuid), state=back)
    return _done(found, done, undo, call("get_signal", signal=str(found.uuid)))


def begun(
    template: str, prompt: str, labels: list[Label], sample_rate: float = 0, judge_model: str = ""
) -> tuple[Draft, Question]:
    """Return what a template fills in, and the question with what is said beside it. Raises
    ValidationError by field."""
    if not template and not (prompt and labels):
        raise ValidationError({"prompt": [BEGIN]})
    draft = drafts.begun(template)
    return draft, drafts.changed(draft.question, said(prompt, labels, sample_rate, judge_model))


def usual_scope(draft: Draft, agent: Agent) -> str:
    """Return what a template judges of the agent; the trace where none says."""
    return scopes.begun_with(draft.scope or Scope.TRACE.value, [agent])[0]


def said(prompt: str, labels: list[Label], sample_rate: float = 0, judge_model: str = "") -> Said:
    """Return what is said anew of a question; its type follows from the labels."""
    names = sorted(label.name for label in labels)
    kind = "binary" if names == ["false", "true"] else "string"
    return Said(
        type=kind if labels else None,
        prompt=prompt or None,
        labels=[label.model_dump() for label in labels] or None,
        sample_rate=sample_rate or None,
        judge_model=judge_model or None,
    )


def _done(signal: Signal, done: str, undo: str, next_call: str) -> str:
    nexts = f"Next: {next_call}" if next_call else ""
    return "\n".join(line for line in (done, signal_text.page_of(signal), undo, nexts) if line)
