"""What signals said of targets: one by one, over time, and why they said nothing."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ninja import Schema

from api.shapes import links
from core.ids import span_id_hex
from signals_app.explain.no_labels import Silence
from signals_app.labels.breakdown import label_names
from signals_app.labels.counts import Reason
from signals_app.labels.distribution import Distribution, shares
from signals_app.labels.label_table import TargetRow
from signals_app.models import Scope, SignalVersion


class TargetShape(Schema):
    """What was judged: a trace, one of its spans, or a session by its key."""

    scope: str
    trace_id: str | None
    span_id: str | None
    session: str | None
    title: str
    url: str


class JudgedShape(Schema):
    """What came of judging one target. label, sentiment: null where there is no label, and then
    reason says why. judge_name: what the project's judge was called, "" for the environment's.
    is_cut: the judge read only part of the transcript."""

    id: int
    target: TargetShape
    outcome: str
    label: str | None
    sentiment: str | None
    explanation: str
    reason: str
    reason_code: str
    source: str
    version: int
    judge_name: str
    judge_model: str
    counted_at: datetime
    is_cut: bool


class BucketShape(Schema):
    """counts: targets by label; estimated: of how many targets in all, by the sample rates under
    which these were taken; unlabelled: targets without a label, by kind of outcome."""

    start: datetime
    counts: dict[str, int]
    estimated: dict[str, float]
    unlabelled: dict[str, int]


class DistributionShape(Schema):
    """Labels over time, with empty buckets; start and end are those of whole buckets. shares: of
    the labelled targets, each weighed by the sample rate under which it was taken, as in
    estimated; sample_rate: of the live version, which a budget may lower."""

    start: datetime
    end: datetime
    bucket: str
    time_zone: str
    buckets: list[BucketShape]
    totals: dict[str, int]
    shares: dict[str, float]
    unlabelled: dict[str, int]
    labelled: int
    sample_rate: float


class ReasonShape(Schema):
    """Why n targets have no label."""

    outcome: str
    text: str
    n: int


class SilenceShape(Schema):
    """Why a signal gives no labels, or no more: sentences, the most decisive first; none while it
    is at work. waiting: targets in the queue."""

    labelled: int
    unlabelled: int
    waiting: int
    last_error: str
    sentences: list[str]
    reasons: list[ReasonShape]


def target_of(scope: str, target: UUID, span_id: int, title: str, path: str) -> TargetShape:
    """path: of its page, on this server."""
    is_session = scope == Scope.SESSION
    return TargetShape(
        scope=scope,
        trace_id=None if is_session else target.hex,
        span_id=span_id_hex(span_id) if scope == Scope.SPAN else None,
        session=target.hex if is_session else None,
        title=title,
        url=links.whole(path),
    )


def label_of(row: TargetRow) -> JudgedShape:
    given = row.row
    return JudgedShape(
        id=given.id,
        target=target_of(given.scope, given.target, given.span_id, row.title, row.url),
        outcome=given.outcome,
        label=given.label,
        sentiment=None if given.label is None else row.version.sentiment_of(given.label),
        explanation=given.explanation,
        reason=given.reason,
        reason_code=given.reason_code,
        source=given.source,
        version=row.version.number,
        judge_name=given.judge_name,
        judge_model=given.judge_model,
        counted_at=given.counted_at,
        is_cut=given.cut_chars > 0,
    )


def distribution_of(spread: Distribution, version: SignalVersion, zone: str) -> DistributionShape:
    labels = spread.labels
    names = label_names(version, labels)
    return DistributionShape(
        start=spread.start,
        end=spread.end,
        bucket=spread.bucket,
        time_zone=zone,
        buckets=[
            BucketShape(
                start=each.start,
                counts=each.labels,
                estimated={name: round(size, 2) for name, size in each.weights.items()},
                unlabelled=each.unlabelled,
            )
            for each in spread.buckets
        ],
        totals={name: labels[name] for name in names},
        shares=shares(spread.weights, names),
        unlabelled=spread.unlabelled,
        labelled=labels.total(),
        sample_rate=version.sample_rate,
    )


def silence_of(silence: Silence) -> SilenceShape:
    return SilenceShape(
        labelled=silence.labelled,
        unlabelled=silence.unlabelled,
        waiting=silence.waiting.n,
        last_error=silence.waiting.last_error,
        sentences=list(silence.sentences),
        reasons=[reason_of(each) for each in silence.reasons],
    )


def reason_of(reason: Reason) -> ReasonShape:
    return ReasonShape(outcome=reason.outcome, text=reason.text, n=reason.n)
