"""From when on the environment names another judge: marked where versions are."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from signals_app.judge_endpoints import use
from signals_app.judging import judge_in_use
from signals_app.judging.offline import MODEL as OFFLINE
from signals_app.models import EnvironmentJudge, JudgeEndpoint, Signal

_ROW = 1


def note_start(now: datetime) -> None:
    """Mark for the signals that the environment's judge answers that it is another one than at the
    last start, if it is. Of workers that start together one does it."""
    judge = judge_in_use.environment()
    current = {"model": judge.model, "host": judge_in_use.host_of(judge.base_url)}
    with transaction.atomic():
        rows = EnvironmentJudge.objects.select_for_update()
        before, is_first = rows.get_or_create(pk=_ROW, defaults=current)
        after = EnvironmentJudge(pk=_ROW, **current)
        if not is_first and str(before) != str(after):
            _mark(before, after, now)
            after.save()


def _mark(before: EnvironmentJudge, after: EnvironmentJudge, now: datetime) -> None:
    """Mark it; who has chosen a model keeps it, wherever that is asked for."""
    signals = _answered()
    for model in sorted(set(signals.values_list("live_version__judge_model", flat=True))):
        was, is_now = _of_model(before, model), _of_model(after, model)
        use.note_change(signals.filter(live_version__judge_model=model), was, is_now, None, now)


def _of_model(judge: EnvironmentJudge, model: str) -> str:
    return str(EnvironmentJudge(model=model or judge.model, host=judge.host))


def _answered() -> QuerySet[Signal]:
    """Return the signals whose live version the environment's judge answers."""
    rows = Signal.objects.exclude(state=Signal.State.ARCHIVED).exclude(live_version=None)
    rows = rows.filter(live_version__endpoint=None).exclude(live_version__judge_model=OFFLINE)
    if not settings.PROJECT_JUDGES:
        return rows
    own = JudgeEndpoint.objects.filter(is_default=True, archived_at=None).values("project_id")
    return rows.exclude(live_version__judge_model="", project_id__in=own)
