"""A transcript as the conversation view draws it: what is folded, and what is cut. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

import orjson

from traces.transcript import Entry, Transcript, Turn, shown
from traces.visible_text import visible

FOLDED_LINES: Final = 12
#: About what fills a line of the view, to know how many lines a paragraph takes.
CHARS_A_LINE: Final = 100
HINT_CHARS: Final = 120


@dataclass(frozen=True, slots=True)
class Passage:
    """One text: whole, or cut with the number of characters that are left out."""

    text: str
    left_out: int
    lines: int
    is_code: bool = False
    kind: str = "text"  # "text", "reasoning", "media" or "data"

    @property
    def is_long(self) -> bool:
        return self.lines > FOLDED_LINES

    @property
    def hint(self) -> str:
        """One line of it, to stand beside the closed fold."""
        return " ".join(self.text[: 2 * HINT_CHARS].split())[:HINT_CHARS]


@dataclass(frozen=True, slots=True)
class Bubble:
    """One entry of a transcript."""

    entry: Entry
    speaker: str
    passages: list[Passage]
    arguments: Passage | None = None
    result: Passage | None = None
    error: Passage | None = None
    has_own_span: bool = False

    @property
    def hint(self) -> str:
        return self.passages[0].hint if self.passages else ""

    @property
    def duration_ms(self) -> float | None:
        """Of a tool's own span; a call that only a message tells of has no time of its own."""
        return self.entry.duration_ns / 1e6 if self.has_own_span else None


@dataclass(frozen=True, slots=True)
class Drawn:
    """One turn of the conversation."""

    turn: Turn
    bubbles: list[Bubble]
    left_out: int  # entries in the middle that are not drawn

    @property
    def half(self) -> int:
        """Where those that are left out would stand."""
        return len(self.bubbles) // 2


def draw(transcript: Transcript, tools: Collection[str], whole: bool = False) -> list[Drawn]:
    """Return every turn as it is shown. tools: the ids of the spans of tools; `whole` shows long
    texts and long turns to their ends."""
    return [_drawn(turn, tools, whole) for turn in transcript.turns]


def _drawn(turn: Turn, tools: Collection[str], whole: bool) -> Drawn:
    entries, left_out = shown.ends_of(turn.entries, whole)
    return Drawn(turn, [bubble(entry, tools, whole) for entry in entries], left_out)


def bubble(entry: Entry, tools: Collection[str], whole: bool = False) -> Bubble:
    return Bubble(
        entry=entry,
        speaker=_speaker(entry),
        passages=[
            passage(part.text, whole, part.type, is_code=part.type == "data")
            for part in entry.parts
            if part.text
        ],
        arguments=_code(entry.arguments, whole),
        result=_code(entry.result, whole),
        error=passage(entry.error, whole) if entry.error else None,
        has_own_span=entry.kind == "tool_call" and entry.span_id in tools,
    )


def _speaker(entry: Entry) -> str:
    """Say who speaks; where several agents took part, also to whom."""
    if not entry.agent_name or entry.kind != "message":
        return _ROLES.get(entry.role, "Tool")
    name = visible(entry.agent_name)
    other = "User" if entry.counterpart in {None, "user"} else visible(entry.counterpart)
    if entry.role == "assistant":
        return f"{name} → {other}"
    return f"{'System' if entry.role == 'system' else other} → {name}"


_ROLES = {"system": "System", "user": "User", "assistant": "Assistant"}


def _code(text: str | None, whole: bool) -> Passage | None:
    return passage(text, whole, is_code=True) if text else None


def passage(text: str, whole: bool, kind: str = "text", is_code: bool = False) -> Passage:
    """Return the text as it is shown: JSON laid out, unseen characters visible, the rest cut."""
    laid_out = pretty(text) if is_code else text
    kept, left_out = shown.cut(laid_out, whole)
    text = visible(kept)
    return Passage(
        text=text,
        left_out=left_out,
        lines=_line_count(text.split("\n")),
        is_code=is_code,
        kind=kind,
    )


def _line_count(lines: Iterable[str]) -> int:
    return sum(1 + len(line) // CHARS_A_LINE for line in lines)


def compact(value: Any) -> str:
    """Write a JSON value as JSON text on one line."""
    return orjson.dumps(value).decode()


def pretty(value: Any) -> str:
    """JSON text or a JSON value with one member a line; any other text as it is."""
    try:
        parsed = orjson.loads(value) if isinstance(value, str) else value
    except orjson.JSONDecodeError:
        return str(value)
    if isinstance(parsed, str):
        return parsed
    if not isinstance(parsed, (dict, list)) and isinstance(value, str):
        return value
    try:
        return orjson.dumps(parsed, option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONEncodeError:  # nested deeper than anyone reads
        return str(value)
