"""Runs over past traffic: what one would find, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ninja import Schema

from api.shapes import links, signals
from api.shapes.signals import SignalRef
from signals_app.labels.counts import Reason
from signals_app.models import Outcome
from signals_app.runs.cost import Estimate
from signals_app.runs.preview import Found
from signals_app.runs.progress import Progress
from teams.models import Project


class EstimateShape(Schema):
    """What judging may take. Null with a reason beside it where that is not known; it rests on
    `measured` judged targets, or on the length of `guessed` ones."""

    tokens: int | None
    cost_usd: float | None
    measured: int
    guessed: int
    why_no_tokens: str
    why_no_cost: str


class PreviewShape(Schema):
    """What a run would find. sampled: of those matched, below the rate; of these some have a label
    already, were judged without one, or wait. is_cut: there are more than were looked at."""

    start: datetime
    end: datetime
    rate: float
    matched: int
    sampled: int
    labelled: int
    unlabelled: int
    waiting: int
    to_judge: int
    is_cut: bool
    estimate: EstimateShape


class ReasonShape(Schema):
    """Why so many targets have no label."""

    outcome: str
    reason: str
    n: int


class RunShape(Schema):
    """A run. total: to be judged in all, as far as is known; left_s: seconds until the end at the
    speed of now, null where nothing moves."""

    id: UUID
    signal: SignalRef
    version: int
    state: str
    start: datetime
    end: datetime
    rate: float
    matched: int
    total: int
    judged: int
    labelled: int
    failed: int
    refused: int
    skipped: int
    share: float
    per_minute: float | None
    left_s: float | None
    labels: dict[str, int]
    reasons: list[ReasonShape] = []
    created_at: datetime
    created_by: str | None
    finished_at: datetime | None
    url: str


def preview_of(
    start: datetime, end: datetime, rate: float, found: Found, estimate: Estimate
) -> PreviewShape:
    return PreviewShape(
        start=start,
        end=end,
        rate=rate,
        matched=found.matched,
        sampled=found.sampled,
        labelled=found.labelled,
        unlabelled=found.unlabelled,
        waiting=found.waiting,
        to_judge=found.to_judge,
        is_cut=found.is_cut,
        estimate=EstimateShape(
            tokens=estimate.tokens,
            cost_usd=estimate.cost_usd,
            measured=estimate.measured,
            guessed=estimate.guessed,
            why_no_tokens=estimate.why_no_tokens,
            why_no_cost=estimate.why_no_cost,
        ),
    )


def run_of(project: Project, progress: Progress, reasons: Sequence[Reason] = ()) -> RunShape:
    run = progress.run
    labels = {label: n for (kind, label), n in progress.counts.items() if kind == Outcome.LABELLED}
    return RunShape(
        id=run.uuid,
        signal=signals.ref(run.signal),
        version=run.version.number,
        state=run.state,
        start=run.start,
        end=run.end,
        rate=run.sample_rate,
        matched=run.matched,
        total=progress.total,
        judged=progress.judged,
        labelled=progress.labelled,
        failed=progress.of(Outcome.FAILED),
        refused=progress.of(Outcome.REFUSED),
        skipped=progress.of(Outcome.SKIPPED),
        share=progress.share,
        per_minute=progress.per_minute,
        left_s=progress.left_s,
        labels=labels,
        reasons=[ReasonShape(outcome=r.outcome, reason=r.text, n=r.n) for r in reasons],
        created_at=run.created_at,
        created_by=run.created_by.email if run.created_by else None,
        finished_at=run.finished_at,
        url=links.page("signal_run", project.slug, run.signal.uuid, run.uuid),
    )
