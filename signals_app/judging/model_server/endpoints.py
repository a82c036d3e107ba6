"""What we learned about each judge's endpoint: whether it rests, what it takes and reads.

One row for each base URL and model, shared by all pumps on all machines.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from core import log_lines
from signals_app.judging.model_server import learned as learning
from signals_app.judging.model_server.learned import Learned
from signals_app.models import JudgeState

log = logging.getLogger(__name__)

#: Then the whole is tried again: somebody may have given the server more room.
CONTEXT_KNOWN_FOR = timedelta(days=1)

#: Then a pump begins low again: who was slow yesterday may be another machine today.
LANES_KNOWN_FOR = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Known:
    """All endpoints under the base URL in use, by model."""

    learned: dict[str, Learned]
    resting: dict[str, datetime]  # until when; also in the past, until a success clears it
    last_success: dict[str, datetime]
    lanes: dict[str, float]  # of one pump, as far as that is known of late


def key(model: str) -> str:
    return hashlib.sha256(f"{settings.JUDGE_BASE_URL}\n{model}".encode()).hexdigest()


def known(now: datetime) -> Known:
    rows = list(JudgeState.objects.filter(base_url=settings.JUDGE_BASE_URL))
    return Known(
        learned={row.model: _learned(row, now) for row in rows},
        resting={row.model: row.paused_until for row in rows if row.paused_until},
        last_success={row.model: row.last_success_at for row in rows if row.last_success_at},
        lanes={row.model: row.lanes for row in rows if row.lanes and _is_recent(row, now)},
    )


def resting() -> dict[str, datetime]:
    """Return by model until when it rests; also in the past, until a success clears it."""
    rows = JudgeState.objects.filter(base_url=settings.JUDGE_BASE_URL)
    return {row.model: row.paused_until for row in rows if row.paused_until}


def resting_models(now: datetime) -> list[str]:
    rows = JudgeState.objects.filter(base_url=settings.JUDGE_BASE_URL, paused_until__gt=now)
    return sorted(rows.values_list("model", flat=True))


def rest(model: str, until: datetime, words: str, now: datetime) -> None:
    """Let no pump ask this endpoint before `until`. A longer rest is never made shorter."""
    _ensure(model)
    rows = JudgeState.objects.filter(key=key(model))
    rows.update(last_error=words, last_error_at=now)
    if rows.filter(paused_until=None).update(paused_until=until):
        facts = {"model": model, "until": until.isoformat(timespec="seconds"), "reason": words}
        log_lines.note(log, logging.WARNING, "judge endpoint rests", **facts)
    else:  # it has not answered since it began to rest
        rows.filter(paused_until__lt=until).update(paused_until=until)


def note_error(model: str, words: str, now: datetime) -> None:
    _ensure(model)
    JudgeState.objects.filter(key=key(model)).update(last_error=words, last_error_at=now)


def note_success(model: str, now: datetime) -> None:
    """Note that it answers: a rest that is over is forgotten."""
    _ensure(model)
    rows = JudgeState.objects.filter(key=key(model))
    rows.update(last_success_at=now)
    if rows.filter(paused_until__lte=now).update(paused_until=None):
        log_lines.note(log, logging.INFO, "judge endpoint answers again", model=model)


def remember(model: str, learned: Learned, now: datetime) -> None:
    """Keep what a pump found out. How much the judge reads keeps the time at which it was
    learned."""
    _ensure(model)
    rows = JudgeState.objects.filter(key=key(model))
    rows.update(answer_form=learned.form, manners=learned.manners)
    said = {
        "room_tokens": learned.room,
        "context_tokens": learned.context,
        "cuts_silently": learned.cuts,
    }
    if learned.room is not None:
        fresh = now - CONTEXT_KNOWN_FOR
        rows.exclude(**said, context_learned_at__gt=fresh).update(**said, context_learned_at=now)


def remember_lanes(model: str, lanes: float, now: datetime) -> None:
    """Keep how many questions one pump keeps there (model_server/pace.py)."""
    _ensure(model)
    rows = JudgeState.objects.filter(key=key(model))
    rows.update(lanes=lanes, lanes_learned_at=now)


def _is_recent(row: JudgeState, now: datetime) -> bool:
    return row.lanes_learned_at is not None and now - row.lanes_learned_at < LANES_KNOWN_FOR


def trouble() -> str:
    """Return what the judge last said instead of an answer, if nothing went well since; else ""."""
    rows = JudgeState.objects.filter(base_url=settings.JUDGE_BASE_URL)
    for row in rows.exclude(last_error_at=None).order_by("-last_error_at"):
        if row.is_failing:
            return row.last_error
    return ""


def _learned(row: JudgeState, now: datetime) -> Learned:
    learned = learning.of(row.answer_form, row.manners)
    at = row.context_learned_at
    if at is None or now - at > CONTEXT_KNOWN_FOR:
        return learned
    return learned.but(room=row.room_tokens, context=row.context_tokens, cuts=row.cuts_silently)


def _ensure(model: str) -> None:
    row = JudgeState(key=key(model), base_url=settings.JUDGE_BASE_URL, model=model)
    JudgeState.objects.bulk_create([row], ignore_conflicts=True)
