"""What of a conversation is folded, cut, laid out or made visible."""

from __future__ import annotations

import pytest

from traces.pages.trace.conversation import (
    FOLDED_LINES,
    draw,
    passage,
    pretty,
)
from traces.transcript import Entry, Transcript, Turn
from traces.transcript.shown import MOST_CHARS, MOST_ENTRIES
from traces.visible_text import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param(
            "plain\n\ttext é 日本 👩‍🚀",
            "plain\n\ttext é 日本 👩‍🚀",
            id="harmless text is left alone",
        ),
        pytest.param("a\u202eb\u202c", "a[U+202E]b[U+202C]", id="override"),
        pytest.param(
            "\u2066x\u2069\u200f\u061c", "[U+2066]x[U+2069][U+200F][U+061C]", id="isolate"
        ),
        pytest.param("a\0\x1b[31m\x9b", "a[U+0000][U+001B][31m[U+009B]", id="terminal controls"),
        pytest.param("a\r\nb\rc", "a\nb\nc", id="line ends"),
        pytest.param("مرحبا", "مرحبا", id="text that runs from right to left by itself"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("value", "laid_out"),
    [
        pytest.param('{"a":[1]}', '{\n  "a": [\n    1\n  ]\n}', id="JSON text"),
        pytest.param({"a": 1}, '{\n  "a": 1\n}', id="a value"),
        pytest.param('"quoted"', "quoted", id="a text in JSON"),
        pytest.param("1.50", "1.50", id="a number keeps its digits"),
        pytest.param("{broken", "{broken", id="no JSON"),
        pytest.param("[" * 300 + "]" * 300, "[" * 300 + "]" * 300, id="deeper than anyone reads"),
    ],
)
def test_json_is_laid_out(value: object, laid_out: str) -> None:
    assert pretty(value) == laid_out


def test_a_text_is_folded_by_lines_and_by_length() -> None:
    assert not passage("line\n" * (FOLDED_LINES - 1), whole=False).is_long
    assert passage("line\n" * FOLDED_LINES, whole=False).is_long
    assert passage("word " * 400, whole=False).is_long


def test_a_text_is_cut_unless_all_is_asked_for() -> None:
    text = "x" * (MOST_CHARS + 5)
    assert passage(text, whole=False).left_out == 5
    assert passage(text, whole=True).left_out == 0


def entries(count: int) -> list[Entry]:
    return [
        Entry(role="tool", kind="tool_call", trace_id="a" * 32, span_id=f"{n:016x}", start_ns=n,
              duration_ns=10**6, name=f"tool {n}")
        for n in range(count)
    ]  # fmt: skip


def test_of_a_very_long_turn_the_middle_is_left_out() -> None:
    said = Transcript([Turn("a" * 32, 0, entries(MOST_ENTRIES + 10))])
    (drawn,) = draw(said, set())
    assert (len(drawn.bubbles), drawn.left_out) == (MOST_ENTRIES, 10)
    assert drawn.bubbles[-1].entry.name == f"tool {MOST_ENTRIES + 9}"
    (whole,) = draw(said, set(), whole=True)
    assert (len(whole.bubbles), whole.left_out) == (MOST_ENTRIES + 10, 0)


def test_a_call_that_only_a_message_tells_of_has_no_time_of_its_own() -> None:
    (drawn,) = draw(Transcript([Turn("a" * 32, 0, entries(1))]), set())
    assert drawn.bubbles[0].duration_ms is None
