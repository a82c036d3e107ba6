"""Remarks as the pages of a trace and of a session show them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.urls import reverse

from core.ids import span_id_hex
from core.ui.tones import UNLABELLED, tones
from signals_app.models import Remark, Signal, SignalVersion
from teams.models import Project
from traces.extensions import Mark

#: Of one page; the newest.
MOST = 100


def marks(project: Project, targets: Sequence[UUID]) -> list[Mark]:
    """Return what was remarked on these traces and sessions, newest first."""
    rows = list(
        Remark.objects.filter(project_id=project.pk, target__in=targets).order_by("-at")[:MOST]
    )
    if not rows:
        return []
    signals = Signal.objects.filter(project=project).in_bulk({row.signal_id for row in rows})
    versions = SignalVersion.objects.filter(signal__in=signals).order_by("number")
    shades: dict[int, dict[str, str]] = {}
    for version in versions:
        shades.setdefault(version.signal_id, {}).update(
            tones([(entry["name"], entry["sentiment"]) for entry in version.labels])
        )
    return [
        _mark(project, signals[row.signal_id], row, shades.get(row.signal_id, {}))
        for row in rows
        if row.signal_id in signals
    ]


def _mark(project: Project, signal: Signal, row: Remark, shades: dict[str, str]) -> Mark:
    return Mark(
        title=signal.name,
        url=reverse("signal", args=[project.slug, signal.uuid]),
        scope=row.scope,
        label=row.label,
        tone=shades.get(row.label, UNLABELLED),
        explanation=row.comment,
        reason="",
        judge="",
        span_id=span_id_hex(row.span_id) if row.span_id else "",
        at=row.at,
    )
