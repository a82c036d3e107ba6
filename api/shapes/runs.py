"""Manual runs over past traffic: what one would find, and how far they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Schema

from api.shapes import links
from api.shapes.labels import ReasonShape, reason_of
from api.shapes.signals import SignalRef, ref
from signals_app.labels import outcomes
from signals_app.labels.breakdown import label_names
from signals_app.labels.counts import Reason
from signals_app.models import Outcome
from signals_app.runs.cost import Estimate
from signals_app.runs.progress import Progress
from signals_app.runs.runs import Preview
from teams.models import Project


class CostShape(Schema):
    """An estimate. tokens, cost_usd: null where the reason beside them says why; it rests on
    `measured` judged targets, or on the length of `guessed` ones."""

    tokens: int | None
    cost_usd: float | None
    measured: int
    guessed: int
    why_no_tokens: str
    why_no_cost: str


class PreviewShape(Schema):
    """What a run would find: matched in all, sampled below the rate, of which labelled and
    unlabelled were judged under the version already, waiting are in the queue, and to_judge are
    left. is_cut: there are more than were looked at. over_budget: why it would burst the budget of
    the month, so that no key can start it; empty where it does not."""

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
    cost: CostShape
    over_budget: str


class RunShape(Schema):
    """A run and how far it is. counts: judged targets by label; unlabelled: those without one, by
    kind of outcome; total: to be judged in all; share: of them judged; eta_s: seconds until the
    end, null where nothing is known of it."""

    id: UUID
    signal: SignalRef
    version: int
    state: str
    start: datetime
    end: datetime
    rate: float
    expected: int
    matched: int
    queued: int
    total: int
    judged: int
    labelled: int
    counts: dict[str, int]
    unlabelled: dict[str, int]
    share: float
    per_minute: float | None
    eta_s: float | None
    created_at: datetime
    created_by: str | None
    finished_at: datetime | None
    url: str


class RunDetailShape(RunShape):
    """reasons: the commonest ones for which targets have no label."""

    reasons: list[ReasonShape]


class RetriedShape(RunShape):
    """A run of which `retried` targets are judged again."""

    retried: int


class CancelledShape(RunShape):
    """A run that was stopped; `dropped` targets were waiting."""

    dropped: int


def preview_of(preview: Preview) -> PreviewShape:
    found = preview.found
    return PreviewShape(
        start=preview.start,
        end=preview.end,
        rate=preview.rate,
        matched=found.matched,
        sampled=found.sampled,
        labelled=found.labelled,
        unlabelled=found.unlabelled,
        waiting=found.waiting,
        to_judge=found.to_judge,
        is_cut=found.is_cut,
        cost=cost_of(preview.estimate),
        over_budget=preview.over_budget,
    )


def cost_of(estimate: Estimate) -> CostShape:
    return CostShape(
        tokens=estimate.tokens,
        cost_usd=estimate.cost_usd,
        measured=estimate.measured,
        guessed=estimate.guessed,
        why_no_tokens=estimate.why_no_tokens,
        why_no_cost=estimate.why_no_cost,
    )


def run_of(project: Project, progress: Progress) -> RunShape:
    return RunShape(**_run(project, progress))


def detail_of(project: Project, progress: Progress, reasons: Sequence[Reason]) -> RunDetailShape:
    more = [reason_of(reason) for reason in reasons]
    return RunDetailShape(**_run(project, progress), reasons=more)


def retried_of(project: Project, progress: Progress, retried: int) -> RetriedShape:
    return RetriedShape(**_run(project, progress), retried=retried)


def cancelled_of(project: Project, progress: Progress, dropped: int) -> CancelledShape:
    return CancelledShape(**_run(project, progress), dropped=dropped)


def _run(project: Project, progress: Progress) -> dict[str, Any]:
    run = progress.run
    labels, unlabelled = _counts(progress)
    return {
        "id": run.uuid,
        "signal": ref(run.signal),
        "version": run.version.number,
        "state": run.state,
        "start": run.start,
        "end": run.end,
        "rate": run.sample_rate,
        "expected": run.expected,
        "matched": run.matched,
        "queued": run.queued,
        "total": progress.total,
        "judged": progress.judged,
        "labelled": progress.labelled,
        "counts": {name: labels[name] for name in label_names(run.version, labels)},
        "unlabelled": unlabelled,
        "share": progress.share,
        "per_minute": progress.per_minute,
        "eta_s": progress.left_s,
        "created_at": run.created_at,
        "created_by": run.created_by.email if run.created_by else None,
        "finished_at": run.finished_at,
        "url": links.page("signal_run", project.slug, run.signal.uuid, run.uuid),
    }


def _counts(progress: Progress) -> tuple[Counter[str], Counter[str]]:
    labels: Counter[str] = Counter()
    unlabelled: Counter[str] = Counter()
    for (outcome, said), n in progress.counts.items():
        if outcome == Outcome.LABELLED:
            labels[said] += n
        else:
            unlabelled[outcomes.kind(outcome, said)] += n
    return labels, unlabelled
