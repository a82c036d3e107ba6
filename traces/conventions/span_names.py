"""The name of an agent in the name of its span, without what a framework adds: pure.

Used where no span of a trace says by an attribute whose it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from traces.conventions.machine_made import is_machine_made

MAX_NAME = 200

_BEFORE = re.compile(
    r"(?:invoke_agent|create_agent|agent_run|agent run|run agent|agents\.agent\.|agent:)\s*",
    re.IGNORECASE,
)
#: Methods that frameworks call an agent by: `refund.run`, `Refund agent._execute_core`.
_METHODS = (
    r"_?(?:a?run|arun|a?invoke|a?call|kickoff|kickoff_async|execute|execute_core|execute_task"
    r"|stream|a?stream|chat|a?chat|stream_chat|step|run_step|run_stream|on_messages"
    r"|on_messages_stream|generate|agenerate|process|forward|handle|workflow|agent|task)"
)
_AFTER = re.compile(rf"(?:\.{_METHODS}|\s+run)\s*(?:\(\))?", re.IGNORECASE)

#: Names that frameworks give to every agent, in lower case.
_NOISE = frozenset(
    {
        "agent",
        "agents",
        "agent run",
        "agent workflow",
        "workflow",
        "run",
        "main",
        "invoke",
        "call",
        "step",
        "plan",
        "chain",
        "crew",
        "root",
        "request",
        "unknown",
        "default",
        "langgraph",
        "invoke_agent",
        "create_agent",
        "agent_run",
        "agent_step",
        "any_agent",
        "ai.generatetext",
        "ai.streamtext",
        "ai.generateobject",
        "ai.streamobject",
        "openaitoolsagentoutputparser",
    }
)
#: Classes of frameworks: they say how an agent works, not which one it is.
_CLASS = re.compile(r"[A-Z][A-Za-z0-9]*Agent(?:Executor|Runner|Workflow)?|Agent(?:Executor|Runner)")


@dataclass(frozen=True, slots=True)
class SpanName:
    """is_class: it is that of a framework's class, such as `CodeAgent`."""

    name: str
    is_class: bool


def agent_in(span_name: str) -> SpanName | None:
    """Return the agent that the name of an agent's span names; None where it names none.

    `invoke_agent refund` and `refund.run` are refund, `CodeAgent.run` is a class, and `LangGraph`,
    `Crew_<uuid>.kickoff`, `RunnableSequence` or `POST /chat` say nothing.
    """
    text = span_name[: 2 * MAX_NAME].strip()
    if before := _BEFORE.match(text):
        text = text[before.end() :]
    text = text.strip().removeprefix("[").removesuffix("]").strip()
    text = _without_methods(text)
    if not text or len(text) > MAX_NAME or _is_noise(text):
        return None
    return SpanName(text, bool(_CLASS.fullmatch(text)))


def _without_methods(text: str) -> str:
    """Return a name without the methods at its end; what stands before them is the rest of it."""
    for _ in range(3):
        cut = max(text.rfind("."), text.rfind(" "))
        if cut <= 0 or not _AFTER.fullmatch(text[cut:]):
            return text
        text = text[:cut].rstrip()
    return text


def _is_noise(text: str) -> bool:
    lowered = text.lower()
    return (
        lowered in _NOISE
        or lowered.startswith(("runnable", "crew_", "http ", "get ", "post ", "put ", "/"))
        or "://" in text
        or "<" in text
        or lowered.endswith(("outputparser", "prompttemplate"))
        or is_machine_made(text)
    )
