"""The conversation that every client holds, whatever its model's dialect."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

QUESTION: Final = "May order 1842 be refunded?"
FAILING: Final = "Please FAIL now"
TOOL: Final = "lookup_order"
ARGUMENTS: Final = '{"order_id": "1842"}'
RESULT: Final = "delivered 12 days ago"
ANSWER: Final = "Yes, order 1842 may be refunded."
ERROR_TEXT: Final = "The order book is closed."


@dataclass(frozen=True)
class Reply:
    """What the model says: words, or a call of the tool; and what they cost."""

    text: str
    input_tokens: int
    output_tokens: int
    tool: str = TOOL
    arguments: str = ARGUMENTS

    @property
    def is_call(self) -> bool:
        return not self.text

    @property
    def words(self) -> list[str]:
        """The text in the pieces in which it is streamed."""
        return [piece + " " for piece in self.text.split(" ")[:-1]] + [self.text.split(" ")[-1]]


CALL: Final = Reply("", 50, 10)
YES: Final = Reply(ANSWER, 70, 8)
#: For clients that want the answer itself as a call.
FINAL: Final = Reply("", 70, 8, "final_answer", json.dumps({"answer": ANSWER}))
ERROR: Final = Reply("(an error)", 0, 0)


def reply_to(said: list[tuple[str, str]]) -> Reply:
    """A call first; an answer once the tool has told its result; an error on demand."""
    users = [position for position, (role, _) in enumerate(said) if role == "user"]
    if users and FAILING in said[users[-1]][1]:
        return ERROR
    since = said[users[-1] :] if users else said
    return YES if any(role == "tool" for role, _ in since) else CALL
