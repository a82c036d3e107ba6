"""What the counts of a signal say. Pure: counts in, segments, trends and totals out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import fsum

from core.time_range.windows import Window
from core.ui import wording
from core.ui.tones import UNLABELLED, Segment, tones
from signals_app.labels import outcomes
from signals_app.models import Outcome, SignalVersion


@dataclass(frozen=True)
class Count:
    """`n` current classifications of one outcome and label whose time falls into `bucket`.

    label: of those without one, the code of their reason. weight: for how many targets they stand,
    by the rates under which they were included (labels/weights.py); None for as many as they are.
    """

    signal_id: int
    bucket: datetime
    outcome: str
    label: str
    n: int
    weight: float | None = None

    @property
    def size(self) -> float:
        """What shares go by."""
        return self.n if self.weight is None else self.weight


@dataclass(frozen=True)
class Trend:
    """The share of one label (or of the negative ones) over time; None where none was given."""

    of: str
    shares: list[float | None]
    text: str


def tones_of(version: SignalVersion) -> dict[str, str]:
    """Return the colour of each label of a version, the same wherever it is shown."""
    return tones([(label["name"], label["sentiment"]) for label in version.labels])


def tone_of(version: SignalVersion, label: str) -> str:
    return tones_of(version).get(label, UNLABELLED)


def by_label(counts: Iterable[Count]) -> Counter[str]:
    totals: Counter[str] = Counter()
    for count in counts:
        if count.outcome == Outcome.LABELLED:
            totals[count.label] += count.n
    return totals


def sizes(counts: Iterable[Count]) -> dict[str, float]:
    """Sum up by label for how many targets they stand: what shares go by."""
    totals: dict[str, list[float]] = {}
    for count in counts:
        if count.outcome == Outcome.LABELLED:
            totals.setdefault(count.label, []).append(count.size)
    return {label: fsum(parts) for label, parts in totals.items()}


def is_mixed(counts: Iterable[Count]) -> bool:
    """Say whether labels stand for different numbers of targets, so that their own numbers cannot
    be compared."""
    each = [c.size / c.n for c in counts if c.outcome == Outcome.LABELLED and c.n]
    return bool(each) and max(each) > min(each) * (1 + 1e-9)


def by_outcome(counts: Iterable[Count]) -> Counter[str]:
    """Sum up counts by kind of outcome (signals_app/labels/outcomes.py)."""
    totals: Counter[str] = Counter()
    for count in counts:
        totals[outcomes.kind(count.outcome, count.label)] += count.n
    return totals


def label_names(version: SignalVersion, given: Iterable[str]) -> list[str]:
    """Return the version's labels in their order, then those that only older versions gave."""
    return list(dict.fromkeys([*version.label_names, *sorted(given)]))


def segments(version: SignalVersion, counts: Iterable[Count]) -> list[Segment]:
    counted = list(counts)
    totals, weighed, colours = by_label(counted), sizes(counted), tones_of(version)
    names = label_names(version, totals)
    return [
        Segment(name, colours.get(name, UNLABELLED), totals[name], weighed.get(name, 0.0))
        for name in names
    ]


def watched(version: SignalVersion) -> tuple[str, set[str]]:
    """Return what a trend follows: `true`, else all negative labels, else the first label."""
    if version.type == SignalVersion.Type.BINARY:
        return "true", {"true"}
    negative = {entry["name"] for entry in version.labels if entry["sentiment"] == "negative"}
    if negative:
        return " or ".join(name for name in version.label_names if name in negative), negative
    first = version.label_names[0]
    return first, {first}


def trend(
    version: SignalVersion,
    counts: Sequence[Count],
    window: Window,
    period: str = "the last 7 days",
) -> Trend:
    """`period` names the window in words, to stand after "over"."""
    of, names = watched(version)
    shares = window.fill(_shares(counts, names), None)
    return Trend(of, shares, _in_words(of, shares, period))


def _shares(counts: Iterable[Count], names: set[str]) -> dict[datetime, float | None]:
    hits: dict[datetime, float] = defaultdict(float)
    all_labels: dict[datetime, float] = defaultdict(float)
    for count in counts:
        if count.outcome == Outcome.LABELLED:
            all_labels[count.bucket] += count.size
            hits[count.bucket] += count.size if count.label in names else 0
    return {bucket: hits[bucket] / n for bucket, n in all_labels.items() if n}


def _in_words(of: str, shares: Iterable[float | None], period: str) -> str:
    known = [share for share in shares if share is not None]
    if not known:
        return f"no labels in {period}, so no share of {of}"
    first, last = wording.percent(known[0], 1), wording.percent(known[-1], 1)
    return f"share of {of} over {period}: from {first} to {last}"
