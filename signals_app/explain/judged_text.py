"""What a judge reads of a target, for people and programs that want to read the same."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.conf import settings

from core import time_limit
from signals_app.judging import prompt
from signals_app.queue import loading
from signals_app.targets import TargetRef

#: Somebody waits for it: less than the judge has.
READ_S = 10.0


@dataclass(frozen=True, slots=True)
class JudgedText:
    """cut_chars: missing, as it was too long; omitted_spans: that were not read at all."""

    text: str
    cut_chars: int
    omitted_spans: int


def read(project_id: int, ref: TargetRef) -> JudgedText:
    """Return the transcript of a target as a judge is given it. Raises time_limit.TookTooLong.

    The code of its fence is made up each time: the judge's own must stay unknown to those who
    write what stands in it.
    """
    with time_limit.within(READ_S):
        said = loading.read(project_id, ref.scope, ref.target, ref.stored_span_id)
        code = secrets.token_hex(10)
        shown = prompt.evidence(said, ref.scope, code, settings.JUDGE_MAX_INPUT_CHARS)
    return JudgedText(shown.text, shown.cut_chars, said.omitted_spans)
