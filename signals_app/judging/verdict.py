"""What the judge's answer says: a label that exists, and why. Anything else is unreadable.

A label is never guessed from text around it: an answer that is nearly right is a failure
that can be seen, a guess is a wrong number that cannot.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from signals_app.judging.model_server import choices, loose_json, thinking

MAX_EXPLANATION_CHARS = 500
BINARY = ("true", "false")
#: No answer that was asked for in two sentences is longer, thinking included.
MAX_ANSWER_CHARS = 200_000

#: The reason may stand in the answer under these keys; ours is the first.
_REASON_KEYS = ("reason", "explanation", "reasoning", "rationale", "justification")
#: Where some models and gateways put the object that was asked for.
_WRAPPERS = (
    "verdict",
    "answer",
    "result",
    "response",
    "output",
    "final",
    "arguments",
    "properties",
)
#: What stands for a reason and says nothing.
_NO_WORDS = {"n/a", "na", "none", "null", "reason", "string", "text", "unknown"}
#: Read of a reason; more than is kept, since cleaning shortens it.
_REASON_CHARS = 4 * MAX_EXPLANATION_CHARS


class Unreadable(Exception):
    """The answer holds no label of this signal; the message says what it holds instead."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """label: None when the judge says that it cannot tell. explanation: "" if it has no words."""

    label: str | None
    explanation: str


def read(answer: str, labels: Sequence[str], *, is_aside: bool = False) -> Verdict:
    """Return the verdict in the text of an answer. Raises Unreadable.

    The last one outside of the model's thinking counts; another one that says something else
    makes both unreadable. is_aside: the text stood where thoughts belong, so it must be the
    verdict and nothing else.
    """
    if len(answer) > MAX_ANSWER_CHARS:
        raise Unreadable(f"the answer is too long ({len(answer):,} characters)")
    said = thinking.spoken(answer)
    if is_aside and not _is_bare(said.text):
        raise Unreadable("the answer is empty")
    candidates = [each for each in map(_unwrapped, said.objects) if "label" in each]
    if said.is_broken or not candidates:
        raise Unreadable(_missing(said))
    last = _of(candidates[-1], labels)
    for other in candidates[:-1]:
        if _differs(other, last, labels):
            raise Unreadable("the answer holds two verdicts that differ")
    return last


def clean(text: str) -> str:
    """Return one line of at most 500 characters without control or direction-changing
    characters."""
    kept = "".join(_shown(char) for char in text[:_REASON_CHARS])
    line = " ".join(kept.split())
    if len(line) <= MAX_EXPLANATION_CHARS:
        return line
    return line[: MAX_EXPLANATION_CHARS - 1].rstrip() + "…"


def schema(labels: Sequence[str]) -> dict[str, Any]:
    """Return the JSON schema of an answer. The reason stands first: models that write it before the
    label decide by it, those that write it after defend the label. That it cannot tell is one of
    the choices."""
    return {
        "type": "object",
        "properties": {
            "reason": {"type": "string", "description": "One or two sentences."},
            "label": {"type": "string", "enum": choices.offered(labels)},
        },
        "required": ["reason", "label"],
        "additionalProperties": False,
    }


def response_format(labels: Sequence[str]) -> dict[str, Any]:
    """Return the value of the chat completion parameter `response_format` for strict answers."""
    return {
        "type": "json_schema",
        "json_schema": {"name": "verdict", "strict": True, "schema": schema(labels)},
    }


def _shown(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cf" or category == "Cs" or category == "Co":
        return ""
    return " " if category in {"Cc", "Zl", "Zp"} else char


def _is_bare(text: str) -> bool:
    shown = text.strip().removeprefix("```json").strip("` \n\r\t")
    return shown.startswith("{") and shown.endswith("}")


def _missing(said: thinking.Spoken) -> str:
    if said.objects and not said.is_broken:
        return 'the answer has no "label"'
    if not said.text.strip("` \n\r\t"):
        return "the answer is empty"
    return "the answer is not JSON"


def _unwrapped(answer: dict[str, Any]) -> dict[str, Any]:
    inner = [answer[key] for key in _WRAPPERS if isinstance(answer.get(key), dict)]
    return inner[0] if "label" not in answer and len(inner) == 1 else answer


def _of(answer: dict[str, Any], labels: Sequence[str]) -> Verdict:
    label = _label(answer["label"], labels)
    words = (reason_of(answer.get(key)) for key in _REASON_KEYS)
    return Verdict(label, next((word for word in words if word), ""))


def _differs(answer: dict[str, Any], last: Verdict, labels: Sequence[str]) -> bool:
    """Say whether it is a verdict with another label; what names none of ours is evidence."""
    if answer["label"] is loose_json.TWO_VALUES:
        return True
    try:
        return _label(answer["label"], labels) != last.label
    except Unreadable:
        return False


def reason_of(value: object) -> str:
    """Return a reason as one clean line, also from a list or an object of texts; "" without
    words."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        value = " ".join(each for each in value[:50] if isinstance(each, str))
    if not isinstance(value, str):
        return ""
    line = clean(value)
    has_words = any(char.isalpha() for char in line) and line.casefold() not in _NO_WORDS
    return line if has_words else ""


def _label(value: object, labels: Sequence[str]) -> str | None:
    if value is loose_json.TWO_VALUES:
        raise Unreadable("the answer holds two labels")
    if isinstance(value, bool) and set(labels) == set(BINARY):
        return "true" if value else "false"
    if not isinstance(value, str):
        raise Unreadable('the "label" of the answer is not text')
    try:
        return choices.chosen(value, labels)
    except choices.NotOne:
        raise Unreadable(f'"{clean(value)[:60]}" is not one of the labels') from None
