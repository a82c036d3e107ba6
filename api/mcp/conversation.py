"""Conversations as the judge reads them, with the ids of traces and spans to cite."""

from __future__ import annotations

import secrets
from uuid import UUID

from api.mcp import token_budget
from core import time_limit
from signals_app.judging import prompt
from signals_app.models import Scope
from signals_app.queue import loading
from traces.transcript import Transcript

#: What an answer with a conversation costs unless more is asked for, and what it may cost at most.
USUAL, MOST = 1_850, 7_400
#: English has about so many characters a token, other text fewer: then it is written anew.
_CHARS = 3.0
#: The frame alone needs so many characters; how often a length is tried between that and all.
_LEAST_CHARS, _TRIES = 500, 7
READ_S = 20.0
TOO_LARGE = "[Reading it took more than 20 s, so it is not shown.]"
NOTHING = "[Nothing was said: no message, no tool call is stored of it.]"


def written(project_id: int, scope: str, target: UUID, span_id: int, most: int) -> tuple[str, int]:
    """Return what was said in a target, in a fence of its own, within about `most` tokens, and how
    many characters of it are missing."""
    try:
        with time_limit.within(READ_S):
            said = loading.read(project_id, scope, target, span_id)
            if not said.has_content and not said.entries:
                return NOTHING, 0
            return _fitted(said, scope, most)
    except time_limit.TookTooLong:
        return TOO_LARGE, 0


def _fitted(said: Transcript, scope: str, most: int) -> tuple[str, int]:
    code = secrets.token_hex(8)
    best = None
    least, chars = _LEAST_CHARS, int(most * _CHARS)
    largest = chars
    for _ in range(_TRIES):
        shown = prompt.evidence(said, _unmarked(scope), code, chars, with_ids=True)
        if token_budget.estimate(shown.text) <= most:
            best, least = shown, chars
            if chars == largest:
                break
        else:
            largest = chars
        chars = (least + largest) // 2
    if best is None:
        best = prompt.evidence(said, _unmarked(scope), code, _LEAST_CHARS, with_ids=True)
    return best.text, best.cut_chars


def _unmarked(scope: str) -> str:
    """Marks of what is to be judged say nothing to who reads a conversation; those of what came
    before do."""
    return Scope.TRACE if scope == Scope.SPAN else scope
