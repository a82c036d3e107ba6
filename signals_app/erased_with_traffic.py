"""What judges, people and programs said of traces and sessions goes with them
(traces/erasing/extensions.py)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from signals_app.labels import count_changes
from signals_app.labels.count_changes import Counted
from signals_app.models import Classification, JudgeJob, Remark, TrialResult
from traces.erasing import extensions

#: A label that a later one replaced counts nowhere.
LABELS = """
DELETE FROM classification WHERE project_id = %s AND target = ANY(%s)
RETURNING is_current, project_id, signal_id, version_id, source, outcome,
    coalesce(label, reason_code), counted_at, sample_rate
"""


class SaidOfTraffic:
    def count(self, project_id: int, targets: Sequence[UUID]) -> Counter[str]:
        labels = Classification.objects.filter(project_id=project_id, target__in=targets)
        return Counter(labels=labels.count()) + Counter(
            {noun: rows.count() for noun, rows in _others(project_id, targets).items()}
        )

    def erase(self, project_id: int, targets: Sequence[UUID]) -> Counter[str]:
        with connection.cursor() as cursor:
            cursor.execute(LABELS, [project_id, list(targets)])
            rows = cursor.fetchall()
        counted = [Counted(*row[1:]) for row in rows if row[0]]
        count_changes.apply(count_changes.changes(counted, -1))
        gone = Counter(labels=len(rows))
        for noun, others in _others(project_id, targets).items():
            gone[noun] += others.delete()[0]
        return gone

    def forget(self, project_id: int, text: str) -> None:
        """Do nothing: what judges said names nobody but by what they judged."""

    def is_busy(self, project_id: int) -> bool:
        return False


def _others(project_id: int, targets: Sequence[UUID]) -> dict[str, QuerySet[Any]]:
    tried = TrialResult.objects.filter(target__in=targets, trial__project_id=project_id)
    return {
        "waiting targets": JudgeJob.objects.filter(project_id=project_id, target__in=targets),
        "remarks": Remark.objects.filter(project_id=project_id, target__in=targets),
        "results of trials": TrialResult.objects.filter(pk__in=tried.values("pk")),
    }


extensions.register(SaidOfTraffic())
