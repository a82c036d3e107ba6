"""How much a judge would read of an agent's traffic, by its newest targets: a guess for agents of
which nothing was judged yet."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from signals_app.judging import prompt
from signals_app.models import Scope
from signals_app.queue import loading
from signals_app.trials.trials import NEWEST
from traces.transcript import Transcript

#: Enough for the right order of magnitude, and few enough for a page to wait for.
LOOKED_AT = 5
SINCE = timedelta(days=7)
#: The usual rule of thumb for English; other languages take more.
CHARS_A_TOKEN = 4
#: What the six templates ask, labels and their meanings included.
QUESTION_CHARS = 2_000
#: One or two sentences and a label.
ANSWER_TOKENS = 80


def tokens_read(project_id: int, agent_id: int, scope: str, now: datetime) -> list[float]:
    """Estimate for each of the newest settled targets of the last 7 days how many tokens a judge
    reads. Targets that hold no text are left out, as no judge is asked about them."""
    newest = NEWEST[Scope(scope)](project_id, agent_id, now - SINCE, now, LOOKED_AT)
    read = [loading.read(project_id, scope, each.target, each.span_id) for each in newest]
    frame = len(prompt.SYSTEM) + QUESTION_CHARS
    return [
        (len(_written(transcript, scope)) + frame) / CHARS_A_TOKEN
        for transcript in read
        if transcript.has_content
    ]


def _written(transcript: Transcript, scope: str) -> str:
    """Write a target as the judge is shown it, cut where it would be."""
    return prompt.evidence(transcript, scope, "code", settings.JUDGE_MAX_INPUT_CHARS).text
