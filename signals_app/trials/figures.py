"""What a trial says: its distribution, agreement and flips. Pure but for `shown`, which reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.urls import reverse

from core.ids import span_id_hex
from core.ui.tones import UNLABELLED, Segment, tones
from signals_app.labels import outcomes
from signals_app.labels.label_table import names_of
from signals_app.models import Scope, Trial, TrialResult
from teams.models import Project

Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class Row:
    """One target; `before` is what the earlier trial said about it, if there was one."""

    result: TrialResult
    tone: str
    before: TrialResult | None
    before_tone: str
    title: str = ""
    url: str = ""

    @property
    def is_flip(self) -> bool:
        """Both trials gave a label, and not the same one."""
        was = self.before.label if self.before else None
        return None not in (was, self.result.label) and was != self.result.label

    @property
    def is_disputed(self) -> bool:
        """A person says that the label should be another one."""
        wanted = self.result.wanted
        return bool(wanted and self.result.label and wanted != self.result.label)

    @property
    def outcome_kind(self) -> str:
        """As in labels/outcomes.py; "" while nothing was answered."""
        return outcomes.kind(self.result.outcome, self.result.reason_code)

    @property
    def outcome_name(self) -> str:
        """With its kind; "" while nothing was answered."""
        return outcomes.name(self.outcome_kind) if self.outcome_kind else ""


@dataclass(frozen=True)
class Figures:
    """Counts of one trial. Tokens and cost are None where no answer says them."""

    total: int
    judged: int
    labelled: int
    agreed: int
    agreed_before: int | None  # by the same marks, of `both`
    both: int  # labelled in both trials
    flips: int
    segments: list[Segment]
    kinds: list[tuple[str, int]]  # of outcomes without a label
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None

    @property
    def unlabelled(self) -> list[tuple[str, int]]:
        """The same by the names of the kinds."""
        return [(outcomes.name(kind), n) for kind, n in self.kinds]

    @property
    def disputed(self) -> int:
        return self.labelled - self.agreed


def rows_of(trial: Trial, project: Project) -> list[Row]:
    """Return every target of the trial, the newest first, with its name and the way to it."""
    results = list(trial.results.all())
    before = _before(trial)
    colours = _tones(trial)
    old_colours = _tones(trial.before) if trial.before else {}
    names = names_of(project.pk, trial.scope, {row.target for row in results})
    rows = []
    for result in results:
        was = before.get((result.target, result.span_id))
        rows.append(
            Row(
                result=result,
                tone=colours.get(result.label or "", UNLABELLED),
                before=was,
                before_tone=old_colours.get(was.label or "", UNLABELLED) if was else "",
                title=names.get(result.target, "no longer stored"),
                url=_url(project, trial.scope, result),
            )
        )
    return rows


def figures(trial: Trial, rows: Sequence[Row]) -> Figures:
    """Sum up the rows of a trial: its distribution, agreement and flips."""
    results = [row.result for row in rows]
    totals = Counter(result.label for result in results if result.label is not None)
    others = Counter(row.outcome_kind for row in rows if row.outcome_kind and not row.result.label)
    labelled, colours = sum(totals.values()), _tones(trial)
    pairs = [row for row in rows if row.before and row.before.label and row.result.label]
    return Figures(
        total=len(rows),
        judged=sum(bool(result.outcome) for result in results),
        labelled=labelled,
        agreed=labelled - sum(row.is_disputed for row in rows),
        agreed_before=sum(_was_right(row) for row in pairs) if pairs else None,
        both=len(pairs),
        flips=sum(row.is_flip for row in rows),
        segments=[Segment(name, colours[name], totals[name]) for name in trial.label_names],
        kinds=others.most_common(),
        input_tokens=_sum([result.input_tokens for result in results]),
        output_tokens=_sum([result.output_tokens for result in results]),
        cost_usd=_sum([result.cost_usd for result in results]),
    )


def _was_right(row: Row) -> bool:
    was = row.before.label if row.before else None
    return not row.result.wanted or row.result.wanted == was


def _sum(values: Sequence[Number | None]) -> Number | None:
    known = [value for value in values if value is not None]
    return sum(known[1:], known[0]) if known else None


def _before(trial: Trial) -> dict[tuple[UUID, int], TrialResult]:
    if trial.before is None:
        return {}
    return {(row.target, row.span_id): row for row in trial.before.results.all()}


def _tones(trial: Trial) -> dict[str, str]:
    return tones([(label["name"], label["sentiment"]) for label in trial.labels])


def _url(project: Project, scope: str, result: TrialResult) -> str:
    """Return the address of the trace, at the span where it is about one, or of the session."""
    if scope == Scope.SESSION:
        return reverse("session", args=[project.slug, result.target])
    url = reverse("trace", args=[project.slug, result.target])
    return f"{url}?span={span_id_hex(result.span_id)}" if scope == Scope.SPAN else url
