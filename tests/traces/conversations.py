"""Small traces for the tests of transcripts, built by hand."""

from __future__ import annotations

from typing import Any

from traces.records import StoredSpan
from traces.transcript import Entry, Transcript

SECOND = 1_000_000_000
TRACE = "a" * 32


def span(
    number: int,
    kind: str = "other",
    parent: int | None = None,
    *,
    at: float = 0,
    lasts: float = 1,
    trace: str = TRACE,
    agent: str | None = None,
    error: str | None = None,
    **attributes: Any,
) -> StoredSpan:
    """A span whose id is `number`; times in seconds; `__` in keyword names stands for a dot."""
    events = []
    if error:
        held = {"exception.type": "ValueError", "exception.message": error}
        events.append({"name": "exception", "time_ns": 0, "attributes": held})
    return StoredSpan(
        trace_id=trace,
        span_id=f"{number:016x}",
        parent_span_id=None if parent is None else f"{parent:016x}",
        name=f"{kind} {number}",
        kind=kind,
        start_ns=int(at * SECOND),
        end_ns=int((at + lasts) * SECOND),
        is_error=error is not None,
        agent_name=agent,
        payload={
            "attributes": {key.replace("__", "."): value for key, value in attributes.items()},
            "events": events,
        },
    )


def call(
    number: int,
    asked: list[dict[str, Any]],
    answered: list[dict[str, Any]] | None = None,
    **more: Any,
) -> StoredSpan:
    """A model call with OpenAI's messages."""
    held: dict[str, Any] = {"gen_ai__input__messages": asked}
    if answered is not None:
        held["gen_ai__output__messages"] = answered
    return span(number, "llm", **more, **held)


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def system(text: str) -> dict[str, Any]:
    return {"role": "system", "content": text}


def assistant(text: str = "", *calls: tuple[str, str, str]) -> dict[str, Any]:
    """calls: (id, name, arguments)."""
    listed = [
        {"id": call_id or None, "type": "function", "function": {"name": name, "arguments": held}}
        for call_id, name, held in calls
    ]
    return {"role": "assistant", "content": text, "tool_calls": listed}


def result(call_id: str, text: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": text}


def lines(transcript: Transcript) -> list[str]:
    """The entries of all turns as short lines: "user: Hi", "f({}) -> done", "error: ..."."""
    return [line(entry) for entry in transcript.entries]


def line(entry: Entry) -> str:
    if entry.kind == "message":
        return f"{entry.role}: {entry.text}"
    if entry.kind == "error":
        return f"error: {entry.error}"
    failed = f" ! {entry.error}" if entry.is_error else ""
    return f"{entry.name}({entry.arguments}) -> {entry.result}{failed}"
