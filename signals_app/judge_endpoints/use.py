"""Which signals a judge answers, and what becomes of them when another one does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet

from signals_app.judging import judge_in_use
from signals_app.judging.endpoint import shown
from signals_app.models import JudgeChange, JudgeEndpoint, Signal
from teams.models import Project, User


def signals_of(endpoint: JudgeEndpoint) -> QuerySet[Signal]:
    """Return the signals whose live version this judge answers, by choice or by default."""
    asks = Q(live_version__endpoint=endpoint)
    if endpoint.is_default:
        asks |= Q(live_version__endpoint=None, live_version__judge_model="")
    return _signals(endpoint.project_id).filter(asks)


def choosers_of(endpoint: JudgeEndpoint) -> QuerySet[Signal]:
    """Return the signals whose live version has chosen this judge."""
    return _signals(endpoint.project_id).filter(live_version__endpoint=endpoint)


def without_choice(project: Project) -> QuerySet[Signal]:
    """Return the signals that the project's default judge answers, whichever that is."""
    rows = _signals(project.pk)
    return rows.filter(live_version__endpoint=None, live_version__judge_model="")


def by_judge(project: Project) -> dict[int | None, list[Signal]]:
    """Return the signals of a project by the id of their judge, None for the environment's."""
    default = judge_in_use.defaults_of([project.pk]).get(project.pk)
    found: defaultdict[int | None, list[Signal]] = defaultdict(list)
    for signal in _signals(project.pk).select_related("live_version").order_by("name"):
        version = signal.live_version
        assert version is not None, "asked for below"
        pk = version.endpoint_id
        if pk is None and not version.judge_model and default is not None:
            pk = default.pk
        found[pk].append(signal)
    return found


def _signals(project_id: int) -> QuerySet[Signal]:
    rows = Signal.objects.filter(project_id=project_id).exclude(state=Signal.State.ARCHIVED)
    return rows.exclude(live_version=None)


def words(endpoint: JudgeEndpoint | None) -> str:
    """Return what a judge is called beside a chart: name, model and host; None: the
    environment's."""
    if endpoint is None:
        judge = judge_in_use.environment()
        return judge.model
    place = judge_in_use.host_of(endpoint.base_url)
    return f"{shown(endpoint.name, endpoint.model)} at {place}"


def note_change(
    signals: Iterable[Signal], before: str, after: str, by: User | None, now: datetime
) -> None:
    """Mark for each signal that another judge answers from now on."""
    if before == after:
        return
    JudgeChange.objects.bulk_create(
        JudgeChange(signal=signal, at=now, before=before, after=after, by=by) for signal in signals
    )
