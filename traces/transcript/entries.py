"""The shape of a transcript: what pages show and the judge reads."""

from __future__ import annotations

from dataclasses import dataclass

from traces.records import Part


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was said or done, in the order in which it happened.

    kind "message":   `role` says who, `parts` what (text, reasoning, media, data).
    kind "tool_call": role "tool". `name`, `arguments` (JSON text), `result` (text, None when
                      no span or message holds one) and `call_id`; `parts` is empty.
    kind "error":     role "assistant". A call or an agent failed; `error` says how.

    `error` is also filled, and `is_error` set, on a tool call that failed.
    """

    role: str  # "system", "user", "assistant" or "tool"
    kind: str  # "message", "tool_call" or "error"
    trace_id: str  # 32 hex digits
    span_id: str  # the span where it was read; of a tool call its own span when there is one
    start_ns: int
    duration_ns: int  # of that span
    parts: tuple[Part, ...] = ()
    is_error: bool = False
    error: str = ""
    name: str | None = None  # of the tool
    call_id: str | None = None
    arguments: str = ""
    result: str | None = None
    agent_name: str | None = None  # only where several agents took part
    #: Where several agents took part, who it was said to, or by whom an agent was told what a
    #: message of role "user" says: "user" (the person) or the name of an agent.
    counterpart: str | None = None
    #: It happened before the request that this trace answers: a model call repeats it.
    is_context: bool = False

    @property
    def is_by_user(self) -> bool:
        """Whether the person said it, and not an agent that gave another one its task."""
        return self.role == "user" and self.counterpart in {None, "user"}

    @property
    def text(self) -> str:
        """The words of a message, without its reasoning."""
        return "\n".join(part.text for part in self.parts if part.type != "reasoning")


@dataclass(frozen=True, slots=True)
class Turn:
    """What one trace adds to the conversation."""

    trace_id: str
    start_ns: int  # of its earliest span; 0 for a trace without spans
    entries: list[Entry]
    number: int = 0  # of all turns of its session, from 1; 0 where all of them are here
    unread_chars: int = 0  # at least so many in the turns before it that were not read


@dataclass(frozen=True, slots=True)
class Transcript:
    """A readable conversation: one turn, or one for each trace of a session."""

    turns: list[Turn]
    #: Not read: there were more than MAX_SPANS or MAX_PARTS, or more bytes than may be read.
    omitted_spans: int = 0

    @property
    def has_content(self) -> bool:
        """Whether anything was said or done; errors alone are not content."""
        return any(_says(entry) for turn in self.turns for entry in turn.entries)

    @property
    def entries(self) -> list[Entry]:
        """The entries of all turns."""
        return [entry for turn in self.turns for entry in turn.entries]


def _says(entry: Entry) -> bool:
    if entry.kind == "tool_call":
        return bool(entry.arguments or entry.result)
    return entry.kind == "message"
