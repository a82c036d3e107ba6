"""What we learned about each judge's endpoint: whether it rests, and which answer form it knows.

One row for each base URL and model, shared by all pumps on all machines.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Q

from signals_app.models import JudgeEndpoint


@dataclass(frozen=True, slots=True)
class Known:
    """All endpoints under the base URL in use, by model."""

    forms: dict[str, str]
    resting: dict[str, datetime]  # until when; also in the past, until a success clears it
    last_success: dict[str, datetime]


def key(model: str) -> str:
    return hashlib.sha256(f"{settings.JUDGE_BASE_URL}\n{model}".encode()).hexdigest()


def known() -> Known:
    rows = list(JudgeEndpoint.objects.filter(base_url=settings.JUDGE_BASE_URL))
    return Known(
        forms={row.model: row.answer_form for row in rows if row.answer_form},
        resting={row.model: row.paused_until for row in rows if row.paused_until},
        last_success={row.model: row.last_success_at for row in rows if row.last_success_at},
    )


def resting_models(now: datetime) -> list[str]:
    rows = JudgeEndpoint.objects.filter(base_url=settings.JUDGE_BASE_URL, paused_until__gt=now)
    return sorted(rows.values_list("model", flat=True))


def rest(model: str, until: datetime, words: str, now: datetime) -> None:
    """No pump asks this endpoint before `until`. A longer rest is never made shorter."""
    _ensure(model)
    rows = JudgeEndpoint.objects.filter(key=key(model))
    rows.update(last_error=words, last_error_at=now)
    rows.filter(Q(paused_until=None) | Q(paused_until__lt=until)).update(paused_until=until)


def note_error(model: str, words: str, now: datetime) -> None:
    _ensure(model)
    JudgeEndpoint.objects.filter(key=key(model)).update(last_error=words, last_error_at=now)


def note_success(model: str, now: datetime) -> None:
    """It answers: a rest that is over is forgotten."""
    _ensure(model)
    rows = JudgeEndpoint.objects.filter(key=key(model))
    rows.update(last_success_at=now)
    rows.filter(paused_until__lte=now).update(paused_until=None)


def remember_form(model: str, form: str) -> None:
    _ensure(model)
    JudgeEndpoint.objects.filter(key=key(model)).update(answer_form=form)


def trouble() -> str:
    """What the judge last said instead of an answer, if nothing went well since; else ""."""
    rows = JudgeEndpoint.objects.filter(base_url=settings.JUDGE_BASE_URL)
    for row in rows.exclude(last_error_at=None).order_by("-last_error_at"):
        if row.last_error_at and (
            row.last_success_at is None or row.last_success_at < row.last_error_at
        ):
            return row.last_error
    return ""


def _ensure(model: str) -> None:
    row = JudgeEndpoint(key=key(model), base_url=settings.JUDGE_BASE_URL, model=model)
    JudgeEndpoint.objects.bulk_create([row], ignore_conflicts=True)
