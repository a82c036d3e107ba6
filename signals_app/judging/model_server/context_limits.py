"""How many tokens a server says that it reads, in the words of its own error. Pure.

Each server has its own sentence; what they share is a number of tokens that is allowed and one
that was sent, in either order, with or without a name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBER = r"(?P<n>\d{1,3}(?:,\d{3}){1,3}|\d{2,9})"
_LIMIT = re.compile(
    "|".join(
        pattern.replace("#", _NUMBER.replace("?P<n>", f"?P<n{place}>"))
        for place, pattern in enumerate(
            (
                r"(?:context|prompt|input|model)[ _]?(?:length|window|size|limit)s?\)?"
                r"(?: (?:of|is|was|to|for this model|only|allowed|supported)){0,4}[ :=(]{0,3}#",
                r"(?:maximum|max|at most|up to|only|limit|allowed|fewer than|less than"
                r"|(?:long|larg|great)er than|exceeds?)"
                r"(?: (?:of|is|the|number|tokens|total|input|prompt|length|context|allowed|limit"
                r"|than|about|size|window|model)){0,6}[ :=(]{0,3}#",
                r"(?:>=?|<=?) #(?: tokens?)? ?(?:maximum|max|limit)?",
                r"# (?:tokens? )?(?:maximum|max|limit|context)",
                r"[\"']?n_ctx[\"']?\W{1,3}#",
                r"should be \[\d{1,3}, ?#\]",
            )
        )
    ),
    re.IGNORECASE,
)
_PROMPT = re.compile(
    r"(?P<a>\d{1,3}(?:,\d{3}){1,3}|\d{2,9}) (?:tokens? )?"
    r"(?:in (?:the |your )?(?:messages|prompt|input)|from the input|of text input|input tokens"
    r"|(?:prompt|`inputs`) tokens|in your prompt)"
    r"|n_prompt_tokens[\"']?\W{1,3}(?P<b>\d{2,9})"
    r"|messages resulted in (?P<c>\d{1,3}(?:,\d{3}){1,3}|\d{2,9})",
    re.IGNORECASE,
)
#: Anthropic's sum of prompt and answer.
_SUM = re.compile(r"(\d{2,9}) \+ \d{1,9} > (\d{2,9})")
_ANY = re.compile(r"(?<![\w.])\d{1,3}(?:,\d{3}){1,3}(?![\d])|(?<![\w.,])\d{2,9}(?![\w])")
#: No model reads less; smaller numbers are counts of something else.
_LEAST = 128


@dataclass(frozen=True, slots=True)
class Limit:
    """tokens: of prompt and answer together, at most. prompt: what was sent, as the server
    counts it, perhaps with the bound of the answer. None: not said."""

    tokens: int | None = None
    prompt: int | None = None


def said(message: str) -> Limit:
    """Return the limit in an error that says that something is too long."""
    text = message[:2000]
    if match := _SUM.search(text):
        return Limit(_whole(match.group(2)), _whole(match.group(1)))
    numbers = [n for n in map(_whole, _ANY.findall(text)) if n >= _LEAST]
    limits = [
        number
        for match in _LIMIT.finditer(text)
        if (number := _whole(next(filter(None, match.groups())))) >= _LEAST
    ]
    tokens = min(limits) if limits else None
    if tokens is None and len(set(numbers)) == 2:
        tokens = min(numbers)  # of two numbers, that which was exceeded
    return Limit(tokens, _prompt(text, numbers, tokens))


def _prompt(text: str, numbers: list[int], limit: int | None) -> int | None:
    if match := _PROMPT.search(text):
        return _whole(next(filter(None, match.groups())))
    larger = [number for number in numbers if limit is not None and number > limit]
    return max(larger, default=None)


def _whole(digits: str) -> int:
    return int(digits.replace(",", ""))
