"""What a signal said about its targets: the only rows that the client reads in snake_case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.inf import words
from api.shapes import links
from core.ids import span_id_hex
from signals_app.labels import label_table
from signals_app.labels.label_table import TargetRow
from signals_app.models import Classification, Run, Scope, Signal, SignalVersion
from teams.models import Project

Row = dict[str, Any]


def rows_of(
    project: Project, signal: Signal, classifications: Sequence[Classification]
) -> list[Row]:
    """Return labels with what they are about."""
    run_ids = {row.run_id for row in classifications if row.run_id}
    known_runs = Run.objects.filter(project=project, pk__in=run_ids).values_list("pk", "uuid")
    runs = {pk: str(uuid) for pk, uuid in known_runs}
    targets = label_table.target_rows(project, signal, classifications)
    return [_row_of(target, runs) for target in targets]


def target_id(scope: str, target: TargetRow) -> str:
    """Return the id that the client's own commands take: of a span, a trace or a session."""
    if scope == Scope.SPAN:
        return span_id_hex(target.row.span_id)
    if scope == Scope.SESSION:
        return target.id_in_words or target.title
    return target.row.target.hex


def _row_of(target: TargetRow, runs: dict[int, str]) -> Row:
    row = target.row
    is_binary = target.version.type == SignalVersion.Type.BINARY
    return {
        "signal_label_id": str(row.pk[1]),
        "target_type": row.scope,
        "target_id": target_id(row.scope, target),
        "trace_id": None if row.scope == Scope.SESSION else row.target.hex,
        "status": words.LABELS.get(row.outcome, row.outcome),
        "string_label": None if is_binary else row.label,
        "bool_label": row.label == "true" if is_binary and row.label else None,
        "manual_run_id": runs.get(row.run_id or 0),
        "completed_at": words.moment(row.counted_at),
        "signal_version": target.version.number,
        "explanation": row.explanation,
        "reason": row.reason or None,
        "url": links.whole(target.url),
    }
