"""A question tried on recent targets, and two versions beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ninja import Schema

from api.shapes import agents, labels, links, signals
from api.shapes.agents import AgentRef
from api.shapes.labels import TargetShape
from api.shapes.signals import SignalRef
from signals_app.models import Trial
from signals_app.trials.comparison_figures import Comparison, Side
from signals_app.trials.figures import Figures, Row
from teams.models import Project


class TrialRowShape(Schema):
    """One target of a trial. outcome: "" until the judge has answered; before: the label of the
    trial before; wanted: the label that a person says is right, where that is another one."""

    position: int
    target: TargetShape
    target_time: datetime
    outcome: str
    label: str | None
    explanation: str
    reason: str
    before: str | None
    wanted: str
    is_cut: bool


class TrialFigures(Schema):
    """counts and shares: of the labels alone; unlabelled: by kind of outcome. agreed: of those
    labelled, not marked as wrong; flips: other labels than in the trial before."""

    total: int
    judged: int
    labelled: int
    counts: dict[str, int]
    shares: dict[str, float]
    unlabelled: dict[str, int]
    agreed: int
    flips: int
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None


class TrialShape(TrialFigures):
    """A trial: nothing of it counts. state: running, done, cancelled or stopped, then with the
    reason."""

    id: UUID
    agent: AgentRef
    signal: SignalRef | None
    version: int | None
    before: UUID | None
    scope: str
    type: str
    prompt: str
    state: str
    is_running: bool
    stopped_reason: str
    start: datetime
    end: datetime
    created_at: datetime
    rows: list[TrialRowShape]
    url: str


class SideShape(Schema):
    """One version of a comparison. only_here: labels that the other one cannot give."""

    trial: UUID
    name: str
    version: int | None
    state: str
    only_here: list[str]
    figures: TrialFigures


class MoveShape(Schema):
    """So many targets went from one label to another."""

    before: str
    after: str
    n: int


class ComparisonShape(Schema):
    """Two versions on the same targets. both: labelled under either, of which `agreed` have the
    same label; counts: of rows, by what may be shown."""

    id: UUID
    signal: SignalRef | None
    state: str
    is_running: bool
    judged: int
    total: int
    both: int
    agreed: int
    agreement: float | None
    before: SideShape
    after: SideShape
    moves: list[MoveShape]
    counts: dict[str, int]
    rows: list[TrialRowShape]
    url: str


def figures_of(figures: Figures) -> TrialFigures:
    counts = {segment.name: segment.n for segment in figures.segments}
    n = figures.labelled
    return TrialFigures(
        total=figures.total,
        judged=figures.judged,
        labelled=n,
        counts=counts,
        shares={name: count / n for name, count in counts.items()} if n else {},
        unlabelled=dict(figures.kinds),
        agreed=figures.agreed,
        flips=figures.flips,
        input_tokens=figures.input_tokens,
        output_tokens=figures.output_tokens,
        cost_usd=figures.cost_usd,
    )


def row_of(scope: str, row: Row) -> TrialRowShape:
    result = row.result
    return TrialRowShape(
        position=result.position,
        target=labels.target_of(scope, result.target, result.span_id, row.title, row.url),
        target_time=result.target_time,
        outcome=result.outcome,
        label=result.label,
        explanation=result.explanation,
        reason=result.reason,
        before=row.before.label if row.before else None,
        wanted=result.wanted,
        is_cut=bool(result.cut_chars),
    )


def trial_of(project: Project, trial: Trial, rows: Sequence[Row], figures: Figures) -> TrialShape:
    return TrialShape(
        id=trial.uuid,
        agent=agents.ref_of(trial.agent),
        signal=signals.ref(trial.signal) if trial.signal else None,
        version=trial.version.number if trial.version else None,
        before=trial.before.uuid if trial.before else None,
        scope=trial.scope,
        type=trial.type,
        prompt=trial.prompt,
        state=trial.state,
        is_running=trial.is_running,
        stopped_reason=trial.stopped_reason,
        start=trial.start,
        end=trial.end,
        created_at=trial.created_at,
        **figures_of(figures).dict(),
        rows=[row_of(trial.scope, row) for row in rows],
        url=links.page("trial", project.slug, trial.uuid),
    )


def _side_of(side: Side) -> SideShape:
    version = side.trial.version
    return SideShape(
        trial=side.trial.uuid,
        name=side.name,
        version=version.number if version else None,
        state=side.trial.state,
        only_here=side.only_here,
        figures=figures_of(side.figures),
    )


def _state_of(comparison: Comparison) -> str:
    if comparison.is_running:
        return str(Trial.State.RUNNING)
    ended = {side.trial.state for side in comparison.sides} - {Trial.State.DONE}
    return str(min(ended, default=Trial.State.DONE))


def comparison_of(project: Project, comparison: Comparison) -> ComparisonShape:
    after, both = comparison.after.trial, comparison.both
    signal = after.signal
    assert signal is not None, "two versions are of one signal"
    return ComparisonShape(
        id=after.uuid,
        signal=signals.ref(signal),
        state=_state_of(comparison),
        is_running=comparison.is_running,
        judged=comparison.judged,
        total=comparison.total,
        both=both,
        agreed=comparison.agreed,
        agreement=comparison.agreed / both if both else None,
        before=_side_of(comparison.before),
        after=_side_of(comparison.after),
        moves=[MoveShape(before=m.before, after=m.after, n=m.n) for m in comparison.moves],
        counts=comparison.counts,
        rows=[row_of(after.scope, row) for row in comparison.rows],
        url=links.page("comparison", project.slug, after.uuid),
    )
