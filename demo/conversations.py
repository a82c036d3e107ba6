"""A recorded conversation, cut into the turns that a support agent would have traced.

Pure: no database, no clock, no randomness. One turn is one message of the user and
all that the agent did about it: model calls and tool calls, in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

#: One OpenAI chat message, as recorded.
ChatMessage = dict[str, Any]

#: With this word the simulated user ended the test run; no person would have typed it.
END_OF_RUN = "###STOP###"


@dataclass(frozen=True, slots=True)
class ModelCall:
    """`input` is all that was said before, the system prompt first; `output` one message."""

    input: tuple[ChatMessage, ...]
    output: ChatMessage


@dataclass(frozen=True, slots=True)
class ToolRun:
    call_id: str
    name: str
    arguments: str  # JSON text
    result: str

    @property
    def failed(self) -> bool:
        """tau-bench's tools report trouble as a result that starts with "Error"."""
        return self.result.startswith("Error")


Step = ModelCall | ToolRun


@dataclass(frozen=True, slots=True)
class Turn:
    number: int  # from 0
    question: str
    steps: tuple[Step, ...]

    @property
    def answer(self) -> str | None:
        """What the user got to read; None where the agent ended with a tool, or did nothing."""
        if not self.steps or isinstance(self.steps[-1], ToolRun):
            return None
        words: str | None = self.steps[-1].output["content"]
        return words


@dataclass(frozen=True)
class Conversation:
    task_id: int
    trial: int
    reward: float  # 1.0 when tau-bench found the task done, else 0.0
    user_id: str
    messages: list[ChatMessage]

    @property
    def run_facts(self) -> dict[str, float | int]:
        """What tau-bench knows about the run; for the trace's metadata, never for a judge."""
        return {
            "tau_bench.reward": self.reward,
            "tau_bench.task": self.task_id,
            "tau_bench.trial": self.trial,
        }

    def spoken_messages(self) -> list[ChatMessage]:
        """Return the messages without the end-of-run word, and without those that were only it."""
        return [message for message in map(without_end_word, self.messages) if message]

    @cached_property
    def turns(self) -> tuple[Turn, ...]:
        messages = self.spoken_messages()
        starts = [at for at, message in enumerate(messages) if message["role"] == "user"]
        ends = [*starts[1:], len(messages)]
        return tuple(
            Turn(number, messages[start]["content"], tuple(steps_between(messages, start + 1, end)))
            for number, (start, end) in enumerate(zip(starts, ends, strict=True))
        )


def without_end_word(message: ChatMessage) -> ChatMessage | None:
    """Return a message without the end-of-run word; None if nothing else is in it."""
    if message["role"] != "user" or END_OF_RUN not in message["content"]:
        return message
    text = message["content"].replace(END_OF_RUN, "").strip()
    return message | {"content": text} if text else None


def steps_between(messages: list[ChatMessage], start: int, end: int) -> Iterator[Step]:
    """Yield the steps in messages[start:end]; a tool's result follows the call's message."""
    for at in range(start, end):
        message = messages[at]
        if message["role"] == "assistant":
            yield ModelCall(tuple(messages[:at]), message)
        else:
            yield tool_run(messages[at - 1], message)


def tool_run(caller: ChatMessage, result: ChatMessage) -> ToolRun:
    """Return the call in `caller` that `result` answers. Raises ValueError when there is none."""
    for call in caller["tool_calls"]:
        if call["id"] == result["tool_call_id"]:
            function = call["function"]
            return ToolRun(call["id"], function["name"], function["arguments"], result["content"])
    raise ValueError(f"no tool call {result['tool_call_id']} stands before its result")
