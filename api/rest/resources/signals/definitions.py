"""Signals: found, made, edited."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from django.utils import timezone
from ninja import Path, Query, Schema
from pydantic import Field

from api import lookups
from api.rest import cursors
from api.rest.callers import CallerRequest
from api.rest.door import Resource
from api.rest.resources.agents import AgentName
from api.rest.resources.signals.given import AGENT, NewSignal, Scope, SignalEdit
from api.rest.types import NOT_GIVEN, CursorText, Id, Limit, Text
from api.shapes import code
from api.shapes import signals as shapes
from api.shapes.code import CodeShape
from api.shapes.signals import EditedShape, SignalShape
from signals_app.definition import creation, drafts, editing, scopes
from signals_app.definition.diffs import Question
from signals_app.definition.versions import current_version
from signals_app.labels import summaries
from signals_app.labels.summaries import SignalQuery, Summary
from signals_app.models import Signal
from teams.models import Project
from traces.models import Agent

resource = Resource(tags=["signals"])

SignalId = Annotated[Id, Field(description="A signal's id.")]
Sort = Literal[
    "name", "-name", "agent", "-agent", "scope", "-scope",
    "type", "-type", "state", "-state", "volume", "-volume",
]  # fmt: skip
Fields = Literal["compact", "full"]


class AgentSignalList(Schema):
    """Which signals of an agent."""

    text: Text = Field("", description="Part of the signal's or the agent's name.")
    state: Literal["draft", "active", "paused", "archived"] = Field(
        NOT_GIVEN, description="All but the archived ones, if not given."
    )
    scope: Scope = NOT_GIVEN
    sort: Sort = Field("name", description="With - before it the other way.")
    fields: Fields = Field("compact", description="full: with prompts.")
    cursor: CursorText = ""
    limit: Limit = 50


class SignalList(AgentSignalList):
    """Which signals."""

    agent: Text = Field("", description=AGENT)


class Signals(Schema):
    """Signals with what their labels of the last 7 days say."""

    items: list[SignalShape]
    next_cursor: str | None


@resource.get("/signals", response=Signals, operation_id="list_signals")
def list_signals(request: CallerRequest, query: Query[SignalList]) -> Signals:
    """Return signals, each with its live version and its labels of the last 7 days."""
    find, project = lookups.agent, request.caller.project
    agent = lookups.given("agent", find, project, query.agent) if query.agent else None
    return _page(request, query, agent)


@resource.get("/agents/{agent}/signals", response=Signals, operation_id="list_signals_of_agent")
def list_signals_of_agent(
    request: CallerRequest, agent: Path[AgentName], query: Query[AgentSignalList]
) -> Signals:
    """Return the signals of one agent."""
    return _page(request, query, lookups.agent(request.caller.project, agent))


@resource.post("/signals", response={201: SignalShape}, operation_id="create_signal")
def create_signal(request: CallerRequest, given: NewSignal) -> SignalShape:
    """Make a signal that judges what settles from now on, or a draft.

    What is left out comes from the template, if one is named.
    """
    caller, now = request.caller, timezone.now()
    agent = lookups.given("agent", lookups.agent, caller.project, given.agent)
    draft = drafts.begun(given.template)
    question = drafts.changed(draft.question, given.said)
    question = drafts.with_judge(question, caller.project, given.judge)
    made = creation.create(
        project=caller.project,
        agent=agent,
        name=draft.name if given.name is None else given.name,
        scope=given.scope or scopes.begun_with(draft.scope, [agent])[0],
        type=question.type,
        prompt=question.prompt,
        labels=question.labels,
        sample_rate=question.sample_rate,
        judge_model=question.judge_model,
        endpoint=question.endpoint,
        template=draft.template,
        user=caller.user,
        now=now,
        is_active=given.active,
    )
    return answer(caller.project, made.uuid)


@resource.get("/signals/{signal}", response=SignalShape, operation_id="get_signal")
def get_signal(request: CallerRequest, signal: Path[SignalId]) -> SignalShape:
    """Return one signal."""
    return answer(request.caller.project, signal)


@resource.patch("/signals/{signal}", response=EditedShape, operation_id="edit_signal")
def edit_signal(request: CallerRequest, signal: Path[SignalId], given: SignalEdit) -> EditedShape:
    """Change the name, or the question by a new version, which is live at once.

    Refused with 409, `superseded`, where another version than `based_on` is live.
    """
    project = request.caller.project
    edited = lookups.signal(project, signal)
    question = drafts.changed(Question.of(current_version(edited)), given.said)
    question = drafts.with_judge(question, project, given.judge)
    name = edited.name if given.name is None else given.name
    change = editing.edit(edited, name, question, given.based_on, request.caller.user)
    row = summary_of(project, lookups.signal(project, signal))
    return shapes.edited_of(project, row, change.version, change.renamed)


@resource.get("/signals/{signal}/code", response=CodeShape, operation_id="get_signal_as_code")
def get_signal_as_code(request: CallerRequest, signal: Path[SignalId]) -> CodeShape:
    """Return what makes the same signal: a file with its alerts, a command, and a call of REST."""
    known = lookups.signal(request.caller.project, signal)
    return code.code_of(known, current_version(known), lookups.alerts_of(known))


def answer(project: Project, key: UUID) -> SignalShape:
    """Return a signal as it is now. Raises Http404."""
    return shapes.signal_of(project, summary_of(project, lookups.signal(project, key)))


def summary_of(project: Project, signal: Signal) -> Summary:
    return summaries.of_signals(project, [signal], timezone.now())[0]


def _page(request: CallerRequest, query: AgentSignalList, agent: Agent | None) -> Signals:
    project = request.caller.project
    wanted = SignalQuery(
        text=query.text,
        agent=agent,
        state=query.state or "",
        scope=query.scope or "",
        sort=query.sort,
    )
    behind = cursors.read(request, query.cursor, UUID)
    rows, older = summaries.page_of(project, wanted, timezone.now(), behind, query.limit)
    return Signals(
        items=[shapes.signal_of(project, row, query.fields == "full") for row in rows],
        next_cursor=cursors.written(request, older),
    )
