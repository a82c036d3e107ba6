"""What a signal said of its targets, and how often."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ninja import Schema

from api.shapes import links
from core.ids import span_id_hex
from signals_app.labels.distribution import Distribution
from signals_app.labels.label_table import TargetRow
from signals_app.models import Scope, Signal


class TargetShape(Schema):
    """What one answer is about. session: the session's key; title: what was asked first."""

    scope: str
    trace_id: str | None = None
    span_id: str | None = None
    session: str | None = None
    title: str
    url: str


class JudgedShape(Schema):
    """One judged target. label and sentiment are null where there is no label; `outcome` and
    `reason` then say why. counted_at: the moment that it counts at. is_cut: the judge did not read
    all of it."""

    target: TargetShape
    outcome: str
    label: str | None
    sentiment: str | None
    explanation: str
    reason: str
    reason_code: str
    source: str
    version: int
    counted_at: datetime
    is_cut: bool


class BucketShape(Schema):
    """labels: how often each was given from `start` to the next bucket; unlabelled: by outcome."""

    start: datetime
    labels: dict[str, int]
    unlabelled: dict[str, int]


class DistributionShape(Schema):
    """Labels over a stretch of time. shares: of the labels alone; what has none stands beside.
    sample_rate: of the live version, so that a count can be set against the traffic."""

    start: datetime
    end: datetime
    bucket: str
    labels: dict[str, int]
    shares: dict[str, float]
    unlabelled: dict[str, int]
    sample_rate: float
    buckets: list[BucketShape]
    url: str


def target_of(scope: str, target: UUID, span_id: int, title: str, url: str) -> TargetShape:
    """url: the path of the target's page, or the whole address."""
    is_session = scope == Scope.SESSION
    return TargetShape(
        scope=scope,
        trace_id=None if is_session else target.hex,
        span_id=span_id_hex(span_id) if scope == Scope.SPAN else None,
        session=target.hex if is_session else None,
        title=title,
        url=links.whole(url),
    )


def judged_of(row: TargetRow) -> JudgedShape:
    said = row.row
    return JudgedShape(
        target=target_of(said.scope, said.target, said.span_id, row.title, row.url),
        outcome=said.outcome,
        label=said.label,
        sentiment=None if said.label is None else row.version.sentiment_of(said.label),
        explanation=said.explanation,
        reason=said.reason,
        reason_code=said.reason_code,
        source=said.source,
        version=row.version.number,
        counted_at=said.counted_at,
        is_cut=bool(said.cut_chars),
    )


def distribution_of(
    signal: Signal, bucket: str, sample_rate: float, found: Distribution
) -> DistributionShape:
    return DistributionShape(
        start=found.start,
        end=found.end,
        bucket=bucket,
        labels=dict(found.labels),
        shares=found.shares,
        unlabelled=dict(found.unlabelled),
        sample_rate=sample_rate,
        buckets=[
            BucketShape(start=b.start, labels=dict(b.labels), unlabelled=dict(b.unlabelled))
            for b in found.buckets
        ],
        url=links.page("signal", signal.project.slug, signal.uuid),
    )
