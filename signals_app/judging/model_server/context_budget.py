"""How much of a transcript a server reads: what to send after it was too long, and whether the
server left out a part and said nothing. Pure, and by estimates that err on the side named.
"""

from __future__ import annotations

import re

from signals_app.judging.model_server.context_limits import Limit

#: A shorter transcript shows nothing that could be judged.
LEAST_CHARS = 50
#: Kept free beside what fits by the count.
_MARGIN = 0.9
#: Below it nothing is concluded: short requests are counted in too many ways.
_LEAST_WORDS = 600
#: A count of tokens that is no size of a context.
_LEAST_CONTEXT = 512
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
_DENSE = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)


def weight(text: str) -> float:
    """About how many tokens a text has: four ASCII characters to one, fewer of other scripts."""
    plain = len(text.encode("ascii", "ignore"))
    return plain / 4 + (len(text) - plain) * 0.7


def at_least(text: str) -> int:
    """Tokens that a text has at the very least, with any tokenizer that keeps words apart: one
    for each word, one for four characters of a script without spaces. Rules, runs of spaces and
    numbers are not counted, since whole lines of them may be one token."""
    dense = len(_DENSE.findall(text))
    return len(_WORD.findall(_DENSE.sub(" ", text) if dense else text)) + dense // 4


def was_cut(counted: int | None, text: str) -> bool:
    """Say whether the server has read less than it was sent. counted: its tokens of the request.

    Far fewer than the words say so by themselves; a round number, as sizes of contexts are,
    says so where it is just below what the text usually has.
    """
    if not counted or counted < _LEAST_CONTEXT:
        return False
    least = at_least(text)
    if least < _LEAST_WORDS:
        return False
    return counted < 0.8 * least or (is_round(counted) and counted < 1.25 * least)


def is_round(tokens: int) -> bool:
    """Say whether a number is one that sizes of contexts are; servers that cut count one or two
    more or less."""
    return min(tokens % 256, -tokens % 256) <= 2


def room(text: str, chars: int, around: str, limit: Limit, reserve: int) -> int | None:
    """Tokens, by our estimate, of a transcript that fits, after `chars` of such a text did.

    text: of the transcript; around: the rest of the request. None: not known, because the text
    is none from which to conclude. What one odd text takes must not shorten all others.
    """
    density = weight(text) / max(1, len(text))
    is_odd = at_least(text) < 0.3 * weight(text)
    if limit.tokens is None:
        return None if is_odd else max(1, round(density * chars))
    free = (limit.tokens - min(reserve, limit.tokens // 4)) * _MARGIN - weight(around)
    least = 0.6 * free
    return max(1, round(free if is_odd else min(free, max(density * chars, least))))


def shrunk(sent: int, request: str, limit: Limit, reserve: int) -> int:
    """Characters of the transcript to send next. sent: of it in the request; reserve: tokens
    of the answer.

    By the server's own numbers where it named them, else half of what was sent.
    """
    if limit.tokens is None:
        return sent // 2
    whole = limit.prompt or max(weight(request), 1.3 * at_least(request))
    if whole <= limit.tokens:  # our estimate is too low, or the answer's bound is counted
        return sent // 2
    room = limit.tokens - min(reserve, limit.tokens // 4)
    around = whole * (1 - sent / max(1, len(request)))  # rules and question
    share = (room * _MARGIN - around) / max(1.0, whole - around)
    return int(sent * min(max(share, 0.0), _MARGIN))
