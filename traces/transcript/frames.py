"""What agents themselves were asked and finally answered: the frame around their model calls.

A router, a guardrail, a summariser or the maker of a title are model calls too, with messages
of their own; what the user said and read stands on the span of the agent around them.
"""

from __future__ import annotations

from dataclasses import dataclass

from traces.records import Content, Message, StoredSpan

_WORDS = frozenset({"text", "media"})


@dataclass(frozen=True, slots=True)
class Frame:
    """One run: `history` is what its input repeats, `question` what it was asked last."""

    span: StoredSpan
    content: Content
    agent_name: str | None
    history: tuple[Message, ...]
    question: tuple[Message, ...]
    answer: Message | None

    @property
    def start(self) -> int:
        return self.span.start_ns

    @property
    def end(self) -> int:
        return max(self.span.start_ns, self.span.end_ns)


def frame_of(span: StoredSpan, content: Content, agent_name: str | None) -> Frame | None:
    """Return the frame that a span makes; None when it holds no words."""
    messages = _worded(content.input, content, is_answer=False)
    place = len(messages)
    while place and messages[place - 1].role == "user":
        place -= 1
    answer = _answer(span, content)
    if not messages and answer is None:
        return None
    before = messages[:place]
    history = tuple(m for m in before if content.structured or m.role == "system")
    return Frame(span, content, agent_name, history, tuple(messages[place:]), answer)


def _answer(span: StoredSpan, content: Content) -> Message | None:
    """Return the last words that a span put out. Data is an answer only where an agent gave it:
    what a step hands to the next is none."""
    messages = _worded(content.output, content, is_answer=span.kind == "agent")
    return next((message for message in reversed(messages) if message.role == "assistant"), None)


def _worded(messages: tuple[Message, ...], content: Content, is_answer: bool) -> list[Message]:
    """Return messages with their words alone; data counts where the sender gave the roles."""
    kept = _WORDS | ({"data"} if content.structured or is_answer else set())
    worded: list[Message] = []
    for message in messages:
        parts = tuple(part for part in message.parts if part.type in kept)
        if parts and message.role != "tool":
            worded.append(Message(message.role, parts, message.name))
    return worded
