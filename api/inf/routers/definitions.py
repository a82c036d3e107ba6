"""`signals`: which there are, made, edited, and their states."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone

from api import lookups
from api.inf import words
from api.inf.errors import refused
from api.inf.given import Given
from api.inf.router import Call, Router
from api.inf.shapes import signal_rows
from signals_app.definition import creation, editing, states
from signals_app.definition.diffs import Question
from signals_app.definition.versions import current_version
from signals_app.labels.summaries import SignalQuery, Summary, summaries
from signals_app.models import Signal, SignalVersion
from traces.models import Agent

router = Router()
Row = dict[str, Any]

NO_AGENT = "No agent is known by this id, identity or name: inf agent list."
NO_SIGNAL = "There is no such signal in this project: inf signals list-by-project."
SCOPE_STAYS = "The scope of a signal does not change. Make a new signal for another scope."


def signal_named(call: Call, field: str = "id") -> Signal:
    """Return the signal that a field names. Raises Refused."""
    try:
        return lookups.signal(call.project, call.given.uuid(field))
    except Http404:
        raise refused(NO_SIGNAL, 404) from None


def agent_named(call: Call, field: str) -> Agent:
    """Return the agent that a field names. Raises Refused."""
    try:
        return lookups.agent(call.project, call.given.text(field))
    except Http404:
        raise refused(NO_AGENT, 404) from None


@router.query("signals.list")
def list_of_agent(call: Call) -> list[Row]:
    """Return an agent's signals with their labels of the last 7 days."""
    agent = agent_named(call, "agentIdentityValue")
    rows = _summaries(call, agent, "")
    if call.given.flag("includeArchived", False):
        rows += _summaries(call, agent, Signal.State.ARCHIVED)
    return signal_rows.items_of(call.project, rows)


@router.query("signals.listByProject")
def list_of_project(call: Call) -> list[Row]:
    """Return the signals of all agents, but the archived."""
    rows = _summaries(call, None, "")
    return signal_rows.items_of(call.project, rows)


@router.query("signals.getById")
def get(call: Call) -> Row:
    """Return one signal with the version that judges."""
    signal = signal_named(call)
    return signal_rows.with_version(signal, signal.live_version)


@router.mutation("signals.create")
def create(call: Call) -> Row:
    """Make a draft: it judges once it is activated."""
    given, agent = call.given, agent_named(call, "agentId")
    kind = given.text("classifierType")
    signal = creation.create(
        project=call.project,
        agent=agent,
        name=given.text("name"),
        scope=given.text("scope"),
        type=kind,
        prompt=given.text("prompt"),
        labels=words.labels_of(kind, given.words("labels"), given.pairs("labelSentiments")),
        sample_rate=words.rate_of(_percent(given)),
        now=timezone.now(),
        template=given.text("templateKey", ""),
        is_active=False,
    )
    return signal_rows.with_version(signal, signal.live_version)


@router.mutation("signals.edit")
def edit(call: Call) -> Row:
    """Make a new version, by all of its values: what the client does not know of stays."""
    given, signal = call.given, signal_named(call)
    if given.text("scope", signal.scope) != signal.scope:
        raise refused(SCOPE_STAYS, field="scope")
    live = current_version(signal)
    question = _question(given, live)
    editing.edit(signal, signal.name, question, live.number, None)
    changed = lookups.signal(call.project, signal.uuid)
    return signal_rows.with_version(changed, changed.live_version)


@router.mutation("signals.activate")
def activate(call: Call) -> Row:
    signal = signal_named(call)
    states.activate(signal, None, timezone.now())
    return _changed(signal)


@router.mutation("signals.disable")
def disable(call: Call) -> Row:
    """Pause a signal: its runs are cancelled, and what waits is dropped."""
    signal = signal_named(call)
    states.pause(signal, None, timezone.now())
    return _changed(signal)


@router.mutation("signals.archive")
def archive(call: Call) -> Row:
    signal = signal_named(call)
    states.archive(signal, None, timezone.now())
    return _changed(signal)


def _changed(signal: Signal) -> Row:
    changes = signal_rows.last_changes([signal])
    return signal_rows.signal_of(signal, signal.live_version, changes.get(signal.pk))


def _question(given: Given, live: SignalVersion) -> Question:
    kind = given.text("classifierType", live.type)
    names = given.words("labels") or words.label_names_of(live)
    sentiments = given.pairs("labelSentiments")
    if not sentiments and names == words.label_names_of(live):
        sentiments = words.sentiments_of(live)
    return Question(
        type=kind,
        prompt=given.text("prompt", live.prompt),
        labels=words.labels_of(kind, names, sentiments, live.labels),
        sample_rate=words.rate_of(_percent(given, live), live.sample_rate),
        judge_model=live.judge_model,
        endpoint=live.endpoint,
    )


def _percent(given: Given, live: SignalVersion | None = None) -> int:
    usual = words.percent_of(live.sample_rate) if live else None
    return given.whole("sampleRatePercent", usual, least=0, most=100)


def _summaries(call: Call, agent: Agent | None, state: str) -> list[Summary]:
    query = SignalQuery(agent=agent, state=state)
    return summaries(call.project, query, timezone.now())
