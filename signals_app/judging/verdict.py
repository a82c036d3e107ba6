"""What the judge's answer says: a label that exists, and why. Anything else is unreadable.

A label is never guessed from text around it: an answer that is nearly right is a failure
that can be seen, a guess is a wrong number that cannot.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MAX_EXPLANATION_CHARS = 500
BINARY = ("true", "false")

_THINKING = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"^[ \t]*```[a-zA-Z0-9_-]*[ \t]*$", re.MULTILINE)
#: The word may stand in the answer under these keys; ours is the first.
_REASON_KEYS = ("reason", "explanation", "reasoning")
#: How many opening braces are tried: text in front of the object may hold some.
_MAX_STARTS = 50


class Unreadable(Exception):
    """The answer holds no label of this signal; the message says what it holds instead."""


@dataclass(frozen=True, slots=True)
class Verdict:
    label: str
    explanation: str


def read(answer: str, labels: Sequence[str]) -> Verdict:
    """The verdict in the text of an answer. Raises Unreadable."""
    found = _first_object(_bare(answer))
    if "label" not in found:
        raise Unreadable('the answer has no "label"')
    label = _label(found["label"], labels)
    reason = next((found[key] for key in _REASON_KEYS if isinstance(found.get(key), str)), "")
    return Verdict(label=label, explanation=clean(reason))


def clean(text: str) -> str:
    """One line of at most 500 characters without control or direction-changing characters."""
    kept = "".join(_shown(char) for char in text)
    line = " ".join(kept.split())
    if len(line) <= MAX_EXPLANATION_CHARS:
        return line
    return line[: MAX_EXPLANATION_CHARS - 1].rstrip() + "…"


def schema(labels: Sequence[str]) -> dict[str, Any]:
    """The JSON schema of an answer. The reason stands first: models that write it before
    the label decide by it, those that write it after defend the label."""
    return {
        "type": "object",
        "properties": {
            "reason": {"type": "string", "description": "One or two sentences."},
            "label": {"type": "string", "enum": list(labels)},
        },
        "required": ["reason", "label"],
        "additionalProperties": False,
    }


def response_format(labels: Sequence[str]) -> dict[str, Any]:
    """The value of the chat completion parameter `response_format` for strict answers."""
    return {
        "type": "json_schema",
        "json_schema": {"name": "verdict", "strict": True, "schema": schema(labels)},
    }


def _shown(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cf" or category == "Cs" or category == "Co":
        return ""
    return " " if category in {"Cc", "Zl", "Zp"} else char


def _bare(answer: str) -> str:
    """Without the model's thinking (also when it never stopped) and without code fences."""
    text, _unclosed, _rest = _THINKING.sub("", answer).partition("<think>")
    _, _closed, tail = text.rpartition("</think>")
    return _FENCE.sub("", tail).strip()


def _first_object(text: str) -> dict[str, Any]:
    """The first JSON object in the text that can be read. Raises Unreadable."""
    decoder = json.JSONDecoder()
    start = text.find("{")
    for _ in range(_MAX_STARTS):
        if start < 0:
            break
        try:
            found, _end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            start = text.find("{", start + 1)
            continue
        if isinstance(found, dict):
            return found
    if not text:
        raise Unreadable("the answer is empty")
    raise Unreadable("the answer is not JSON")


def _label(value: object, labels: Sequence[str]) -> str:
    if isinstance(value, bool) and set(labels) == set(BINARY):
        return "true" if value else "false"
    if not isinstance(value, str):
        raise Unreadable('the "label" of the answer is not text')
    asked = value.strip().casefold()
    for label in labels:
        if label.strip().casefold() == asked:
            return label
    raise Unreadable(f'"{clean(value)[:60]}" is not one of the labels')
