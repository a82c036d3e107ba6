"""What an answer may cost the model that reads it, estimated from above. Pure.

Models cut text differently, and a vocabulary of them has megabytes. `common_words.txt` has words
that are one token in those that we know, with a space and a capital letter or without; other
words cost a token for two letters, signs nearly one each, and what lies beyond ASCII as many as it
has bytes at most. `tests/api/mcp/test_token_budgets.py` compares the estimate with real tokenizers
on text that is as bad as it gets.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

#: No answer is estimated at more, whatever the data.
MOST: Final = 7_600
#: Of a list that was asked for without saying how long it may be.
PAGE: Final = 1_900
#: Longer words are split in no parts: each of their letters counts.
_MOST_LETTERS = 24

_RUNS = re.compile(
    r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+|(?P<spaces>[ \t]{2,})|\s+|(?P<sign>[!-/:-@\[-`{-~])(?P=sign)*|.",
    re.ASCII | re.DOTALL,
)
CUT = "\n[… cut here: the answer would be longer than {most:,} tokens. {next_call}]"
#: Ranges of characters beyond ASCII, and tokens for each; what is in none costs its bytes.
_COSTS: tuple[tuple[int, int, float], ...] = (
    (0x80, 0xFF, 1.35),  # Latin-1
    (0x430, 0x44F, 1.1),  # Russian letters
    (0x621, 0x64A, 1.3),  # Arabic
    (0xE01, 0xE3A, 1.5),  # Thai
    (0x2010, 0x2026, 1.2),  # dashes and quotation marks
    (0x3041, 0x30FF, 1.6),  # kana
    (0x4E00, 0x9FFF, 2.45),
    (0xAC00, 0xD7A3, 2.7),
    (0x1F300, 0x1FAFF, 3.05),  # emoji
)


def estimate(text: str) -> int:
    """Return at least as many tokens as the tokenizers that we know make of the text."""
    return int(sum(_cost(match) for match in _RUNS.finditer(text))) + 1


def _cost(match: re.Match[str]) -> float:
    run = match.group()
    first = run[0]
    if first > "\x7f":
        return _of_char(first)
    if run[-1].islower():
        return _of_word(run.lower())
    if first.isupper():
        return 0.3 + 0.73 * len(run)
    if first.isdigit():
        return 1 + (len(run) - 1) / 3
    if first.isspace():
        return 0.0 if run == " " else 1.0 + 0.35 * len(run) if "\n" in run else 1 + len(run) / 16
    if match["sign"]:
        return 0.8 + len(run) / 12
    return 1.0


@cache
def _words() -> frozenset[str]:
    text = (Path(__file__).parent / "common_words.txt").read_text(encoding="ascii")
    return frozenset(text.split())


def _of_word(word: str) -> float:
    words, n = _words(), len(word)
    if word in words or n == 1:
        return 1.0
    if n <= _MOST_LETTERS and any(word[:i] in words and word[i:] in words for i in range(2, n - 1)):
        return 2.0
    return float(n) if n == 2 else 0.7 + 0.57 * n


def _of_char(char: str) -> float:
    code = ord(char)
    for first, last, cost in _COSTS:
        if first <= code <= last:
            return cost
    return len(char.encode("utf-8", "replace"))
