"""What a client left in the database, in the words that expectations are written in."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from teams.models import Project
from tests.clients.dialects.scenario import ANSWER, ARGUMENTS, ERROR_TEXT, FAILING, QUESTION, RESULT
from traces import settling, transcript
from traces.models import Agent, Session, Trace
from traces.store import reading
from traces.transcript import Entry

SYSTEM = "You answer questions about refunds."

#: By cell of the table in docs/clients.md; lists have an element for each of the two traces.
EXPECTED: dict[str, Any] = {
    "agent": {"agents": ["refund-agent"], "of the traces": ["refund-agent"] * 2},
    "session": {"sessions": ["conversation-1842"], "of the traces": ["conversation-1842"] * 2},
    "user": ["user-7723"] * 2,
    "words": {
        "said": [
            [f"system: {SYSTEM}", f"user: {QUESTION}", f"assistant: {ANSWER}"],
            [f"user: {FAILING}"],
        ],
        "asked": [QUESTION, FAILING],
        "answered": [ANSWER, None],
    },
    "tools": [[f"lookup_order({ARGUMENTS}) = {RESULT}"], []],
    "tokens": {"model": ["gpt-5.4-mini"] * 2, "in": [120, None], "out": [18, None]},
    "errors": {"failed": [False, True], "said": [False, True]},
}


def left_by_client(project: Project) -> dict[str, Any]:
    """Settles what has arrived and reads it back, cell by cell."""
    _settle()
    traces = list(Trace.objects.filter(project_id=project.pk).order_by("start_time"))
    turns = _turns(project, traces)
    names = {agent.pk: agent.name for agent in Agent.objects.filter(project=project)}
    sessions = Session.objects.filter(project_id=project.pk)
    return {
        "agent": {
            "agents": sorted(names.values()),
            "of the traces": [names.get(trace.agent_id or 0) for trace in traces],
        },
        "session": {
            "sessions": sorted(session.session_id for session in sessions),
            "of the traces": [trace.session_id for trace in traces],
        },
        "user": [trace.user_id for trace in traces],
        "words": {
            "said": [[_words(each) for each in turn if each.kind == "message"] for turn in turns],
            "asked": [trace.input_preview for trace in traces],
            "answered": [trace.output_preview for trace in traces],
        },
        "tools": [[_call(each) for each in turn if each.kind == "tool_call"] for turn in turns],
        "tokens": {
            "model": [trace.model for trace in traces],
            "in": [trace.input_tokens for trace in traces],
            "out": [trace.output_tokens for trace in traces],
        },
        "errors": {
            "failed": [trace.is_error for trace in traces],
            "said": [any(ERROR_TEXT in entry.error for entry in turn) for turn in turns],
        },
    }


def _settle() -> None:
    later = timezone.now() + timedelta(hours=1)
    with transaction.atomic():
        settling.claim_traces(later, 100)
        settling.claim_sessions(later, 100)


def _turns(project: Project, traces: list[Trace]) -> list[list[Entry]]:
    spans = reading.spans_of_traces(project.pk, [trace.trace_id for trace in traces])
    return [turn.entries for turn in transcript.of_session(list(spans.values())).turns]


def _words(entry: Entry) -> str:
    return f"{entry.role}: {entry.text}"


def _call(entry: Entry) -> str:
    return f"{entry.name}({_spaced(entry.arguments)}) = {entry.result}"


def _spaced(arguments: str) -> str:
    """JSON with the spaces of `ARGUMENTS`, since some clients write it anew without them."""
    try:
        return json.dumps(json.loads(arguments))
    except ValueError:
        return arguments
