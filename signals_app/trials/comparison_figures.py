"""What two trials on the same targets say beside each other. Pure but for `shown`, which reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from signals_app.judging import judge_in_use
from signals_app.judging.endpoint import Chosen
from signals_app.models import JudgeEndpoint, Trial
from signals_app.runs import cost as run_cost
from signals_app.trials.figures import Figures, Row, figures, rows_of
from teams.models import Project

NO_TOKENS = "no answer has said its tokens yet"
#: Which rows the table shows: the value of `?show=`, and what it is called.
FLIPS, UNPAIRED, ALL = "flips", "unpaired", "all"
SHOWS = {FLIPS: "Flips", UNPAIRED: "Without a pair of labels", ALL: "All"}


@dataclass(frozen=True)
class Side:
    """One of the two trials. name: of its version, in words; only_here: labels that the other
    one cannot give; judge: who answers it."""

    trial: Trial
    name: str
    figures: Figures
    only_here: list[str]
    judge: Chosen

    @property
    def why_no_tokens(self) -> str:
        """Where they are not known, in words."""
        return run_cost.OFFLINE if self.judge.endpoint.is_offline else NO_TOKENS

    @property
    def why_no_cost(self) -> str:
        return run_cost.why_no_price(self.judge) or NO_TOKENS


@dataclass(frozen=True)
class Move:
    """So many targets went from one label to another; the tones are those of the two trials."""

    before: str
    before_tone: str
    after: str
    after_tone: str
    n: int


@dataclass(frozen=True)
class Comparison:
    """both: targets with a label under either version, of which `agreed` have the same one."""

    before: Side
    after: Side
    both: int
    agreed: int
    moves: list[Move]
    rows: list[Row]  # those that are shown
    counts: dict[str, int]  # of rows, by what may be shown

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.before, self.after

    @property
    def is_running(self) -> bool:
        return any(side.trial.is_running for side in self.sides)

    @property
    def is_cancelled(self) -> bool:
        return any(side.trial.state == Trial.State.CANCELLED for side in self.sides)

    @property
    def judged(self) -> int:
        return sum(side.figures.judged for side in self.sides)

    @property
    def total(self) -> int:
        """Answers that are wanted: two for a target."""
        return sum(side.figures.total for side in self.sides)

    @property
    def differs_in_labels(self) -> bool:
        return any(side.only_here for side in self.sides)


KINDS: dict[str, Callable[[Row], bool]] = {
    FLIPS: lambda row: row.is_flip,
    UNPAIRED: lambda row: not _is_pair(row),
    ALL: lambda row: True,
}


def shown(after: Trial, project: Project, show: str) -> Comparison:
    """Compare a trial with the one before it. show: a key of SHOWS."""
    before = after.before
    assert before is not None
    rows = rows_of(after, project)
    default = judge_in_use.defaults_of([project.pk]).get(project.pk)
    was = [Row(row.before, row.before_tone, None, "") for row in rows if row.before]
    flips = sum(row.is_flip for row in rows)
    both = sum(_is_pair(row) for row in rows)
    return Comparison(
        before=_side(before, figures(before, was), after, default),
        after=_side(after, figures(after, rows), before, default),
        both=both,
        agreed=both - flips,
        moves=_moves(rows),
        rows=[row for row in rows if KINDS[show](row)],
        counts={name: sum(map(belongs, rows)) for name, belongs in KINDS.items()},
    )


def name_of(trial: Trial) -> str:
    return f"version {trial.version.number}" if trial.version else "unsaved question"


def _side(
    trial: Trial, trial_figures: Figures, other: Trial, default: JudgeEndpoint | None
) -> Side:
    """Say what one trial comes to. default: the project's own judge, if it has one."""
    theirs = set(other.label_names)
    only_here = [name for name in trial.label_names if name not in theirs]
    return Side(
        trial, name_of(trial), trial_figures, only_here, judge_in_use.chosen(trial, default)
    )


def _is_pair(row: Row) -> bool:
    return bool(row.before and row.before.label and row.result.label)


def _moves(rows: Sequence[Row]) -> list[Move]:
    """Count the changes from label to label, the commonest first."""
    ways = Counter(
        (row.before.label or "", row.before_tone, row.result.label or "", row.tone)
        for row in rows
        if row.is_flip and row.before
    )
    return [Move(*way, n) for way, n in ways.most_common()]
