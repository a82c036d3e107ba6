"""Where a model thinks aloud in its answer, and where it speaks.

Each family of models and each chat template has its own marks, and servers leave out one half
of them or the other: a closing mark alone means that all before it was thinking, an opening one
alone that all behind it is. What stands inside of a JSON object is never a mark.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from signals_app.judging.model_server import loose_json

_NAMES = (
    r"(?:[a-z]{1,12}:)?(?:think(?:ing)?|thoughts?|reasoning|reflection|analysis|scratchpad"
    r"|inner_?monologue|chain_of_thought)"
)
#: < and > as such, as HTML writes them, and as Kimi's templates do.
_LEFT, _RIGHT = "(?:<|&lt;|\u25c1)", "(?:>|&gt;|\u25b7)"
_OPENS = "|".join(
    (
        rf"{_LEFT}\s?{_NAMES}(?:\s[^<>&\n]{{0,80}})?{_RIGHT}",
        r"\[THINK(?:ING)?\]",
        r"<\|(?:START_THINKING|begin_of_thought|inner_prefix|think|thinking)\|>",
        r"<\|channel\|?>\s{0,3}(?:analysis|commentary|thought)",  # gpt-oss, Gemma 4
        r"<unused94>",  # MedGemma
        r"<details\s+type=\"?reasoning\"?[^<>\n]{0,80}>",  # Open WebUI
        r"\bHere is my thought process:",  # Granite
    )
)
_CLOSES = "|".join(
    (
        rf"{_LEFT}\s?/\s?{_NAMES}\s?{_RIGHT}",
        r"\[/THINK(?:ING)?\]",
        r"<\|(?:END_THINKING|end_of_thought|inner_suffix|/think|/thinking)\|>",
        r"<\|channel\|?>\s{0,3}final",
        r"<channel\|>",
        r"(?<![a-z])assistant\s{0,3}final(?=\s{0,3}[{`])",  # gpt-oss without its special tokens
        r"<unused95>",
        r"</details>",
        r"\bHere is my response:",
    )
)
_MARK = re.compile(
    rf"(?P<fence>^[ \t]{{0,8}}```[ \t]?{_NAMES}[ \t]*$)|(?P<close>{_CLOSES})|(?P<open>{_OPENS})"
    r"|(?P<object>\{)",
    re.IGNORECASE | re.MULTILINE,
)
_CLOSE = re.compile(_CLOSES, re.IGNORECASE)
_FENCE_END = re.compile(r"^[ \t]{0,8}```[ \t]*$", re.MULTILINE)
#: How many opening braces that begin no object are tried.
_MAX_FAILURES = 50
#: An object with one of our keys that cannot be read: what stands inside is not looked at,
#: since that would take what its reason quotes for the verdict.
_OURS = re.compile(r"\{\s{0,20}[\"']?(?:reason|label|explanation)[\"']?\s{0,20}:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Spoken:
    """What an answer says outside of its thinking. objects: those that can be read, in order."""

    text: str
    objects: list[dict[str, Any]]
    is_broken: bool = False  # a verdict begins that cannot be read


def spoken(answer: str) -> Spoken:
    """Linear in the answer: each mark is met once, and few braces are tried in vain."""
    pieces: list[str] = []
    objects: list[dict[str, Any]] = []
    place = since = failures = 0
    is_broken = False
    while failures < _MAX_FAILURES and (mark := _MARK.search(answer, place)):
        place = mark.end()
        if mark.lastgroup == "object":
            try:
                verdict, place = loose_json.object_at(answer, mark.start())
                objects.append(verdict)
            except ValueError:
                failures += 1
                is_broken = is_broken or bool(_OURS.match(answer, mark.start()))
        elif mark.lastgroup == "close":
            pieces, objects, is_broken, since = [], [], False, place
        else:
            pieces.append(answer[since : mark.start()])
            closing = (_FENCE_END if mark.lastgroup == "fence" else _CLOSE).search(answer, place)
            since = place = closing.end() if closing else len(answer)
    pieces.append(answer[since:])
    return Spoken("".join(pieces), objects, is_broken or failures == _MAX_FAILURES)
