"""What we learned about each judge's endpoint: whether it rests, what it takes and reads.

One row for each base URL and model, shared by all pumps on all machines. `of` is the endpoint, or
None for the one of the environment.
"""

from __future__ import annotations

import hashlib
import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError
from django.db.models import F, Q, QuerySet

from core import log_lines
from signals_app.judging.endpoint import Endpoint
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
    """An endpoint, by the model that is asked of it."""

    learned: dict[str, Learned]
    resting: dict[str, datetime]  # until when; also in the past, until a success clears it
    last_success: dict[str, datetime]
    lanes: dict[str, float]  # of one pump, as far as that is known of late


def key(model: str, of: Endpoint | None = None) -> str:
    """Return the key of a row: each judge of a project has its own, also at the same address."""
    own = f"{of.id}\n" if of is not None and of.is_projects_own else ""
    place = own + _base_url(of)
    return hashlib.sha256(f"{place}\n{model}".encode()).hexdigest()


def _base_url(of: Endpoint | None) -> str:
    return of.base_url if of is not None else str(settings.JUDGE_BASE_URL)


def rows_of(of: Endpoint | None = None) -> QuerySet[JudgeState]:
    """Return what is known of an endpoint, for each of its models."""
    rows = JudgeState.objects.filter(base_url=_base_url(of))
    if of is not None and of.is_offline:
        return rows.none()
    if of is not None and of.is_projects_own:
        return rows.filter(endpoint_id=of.id, model=of.model)
    return rows.filter(endpoint=None)


def known(now: datetime, of: Endpoint | None = None) -> Known:
    """Return what pumps have found out about an endpoint so far."""
    rows = list(rows_of(of))
    return Known(
        learned={row.model: _learned(row, now) for row in rows},
        resting={row.model: row.paused_until for row in rows if row.paused_until},
        last_success={row.model: row.last_success_at for row in rows if row.last_success_at},
        lanes={row.model: row.lanes for row in rows if row.lanes and _is_recent(row, now)},
    )


def resting(of: Endpoint | None = None) -> dict[str, datetime]:
    """Return by model until when it rests; also in the past, until a success clears it."""
    return {row.model: row.paused_until for row in rows_of(of) if row.paused_until}


def at_rest(now: datetime) -> list[tuple[int, str]]:
    """Return all endpoints that rest: the id, 0 for the environment's, with the model."""
    own = Q(base_url=F("endpoint__base_url"), model=F("endpoint__model"))
    ours = Q(endpoint=None, base_url=settings.JUDGE_BASE_URL)
    rows = JudgeState.objects.filter(own | ours, paused_until__gt=now)
    return sorted((pk or 0, model) for pk, model in rows.values_list("endpoint_id", "model"))


def rest(
    model: str, until: datetime, words: str, now: datetime, of: Endpoint | None = None
) -> None:
    """Let no pump ask this endpoint before `until`. A longer rest is never made shorter."""
    rows = _ensured(model, of)
    rows.update(last_error=words, last_error_at=now)
    if rows.filter(paused_until=None).update(paused_until=until):
        facts = {"model": model, "until": until.isoformat(timespec="seconds"), "reason": words}
        log_lines.note(log, logging.WARNING, "judge endpoint rests", **_which(of), **facts)
    else:  # it has not answered since it began to rest
        rows.filter(paused_until__lt=until).update(paused_until=until)


def note_error(model: str, words: str, now: datetime, of: Endpoint | None = None) -> None:
    """Note what it said instead of an answer."""
    _ensured(model, of).update(last_error=words, last_error_at=now)


def note_success(model: str, now: datetime, of: Endpoint | None = None) -> None:
    """Note that it answers: a rest that is over is forgotten."""
    rows = _ensured(model, of)
    rows.update(last_success_at=now)
    if rows.filter(paused_until__lte=now).update(paused_until=None):
        log_lines.note(log, logging.INFO, "judge endpoint answers again", **_which(of), model=model)


def remember(model: str, learned: Learned, now: datetime, of: Endpoint | None = None) -> None:
    """Keep what a pump found out. How much the judge reads keeps the time at which it was
    learned."""
    rows = _ensured(model, of)
    rows.update(answer_form=learned.form, manners=learned.manners)
    said = {
        "room_tokens": learned.room,
        "context_tokens": learned.context,
        "cuts_silently": learned.cuts,
    }
    if learned.room is not None:
        fresh = now - CONTEXT_KNOWN_FOR
        rows.exclude(**said, context_learned_at__gt=fresh).update(**said, context_learned_at=now)


def remember_lanes(model: str, lanes: float, now: datetime, of: Endpoint | None = None) -> None:
    """Keep how many questions one pump keeps there (model_server/pace.py)."""
    _ensured(model, of).update(lanes=lanes, lanes_learned_at=now)


def forget(endpoint_id: int) -> None:
    """Begin anew with a judge that a person has changed: it rests no more, and nothing is known."""
    JudgeState.objects.filter(endpoint_id=endpoint_id).delete()


def _is_recent(row: JudgeState, now: datetime) -> bool:
    return row.lanes_learned_at is not None and now - row.lanes_learned_at < LANES_KNOWN_FOR


def trouble(of: Endpoint | None = None) -> str:
    """Return what the judge last said instead of an answer, if nothing went well since; else ""."""
    for row in rows_of(of).exclude(last_error_at=None).order_by("-last_error_at"):
        if row.is_failing:
            return row.last_error
    return ""


def _learned(row: JudgeState, now: datetime) -> Learned:
    learned = learning.of(row.answer_form, row.manners)
    at = row.context_learned_at
    if at is None or now - at > CONTEXT_KNOWN_FOR:
        return learned
    return learned.but(room=row.room_tokens, context=row.context_tokens, cuts=row.cuts_silently)


def _which(of: Endpoint | None) -> dict[str, object]:
    return {"endpoint": of.id} if of is not None and of.is_projects_own else {}


def _ensured(model: str, of: Endpoint | None) -> QuerySet[JudgeState]:
    """Return the row of an endpoint and model, which is made if there is none."""
    own = of.id if of is not None and of.is_projects_own else None
    row = JudgeState(key=key(model, of), endpoint_id=own, base_url=_base_url(of), model=model)
    with suppress(IntegrityError):  # the endpoint may be gone by now, with its project
        JudgeState.objects.bulk_create([row], ignore_conflicts=True)
    return JudgeState.objects.filter(key=key(model, of))
