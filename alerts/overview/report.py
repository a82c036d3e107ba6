"""What one day of a project was like, from its counts. Pure.

Shares are at equal sampling (alerts/decision/tally.py) and stand with the labels that they
rest on. Only
what was labelled live counts, as for alerts: a manual run over the day is in no figure but spend.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import NormalDist

from alerts.decision.evidence import newcombe
from alerts.decision.tally import Part, Tally
from alerts.overview.due_times import Day
from signals_app.labels import breakdown
from signals_app.models import Outcome, Sentiment, Signal, SignalVersion

HOUR = timedelta(hours=1)
UNLABELLED = (Outcome.FAILED, Outcome.REFUSED, Outcome.SKIPPED)
SENTIMENTS = (Sentiment.POSITIVE, Sentiment.NEUTRAL, Sentiment.NEGATIVE)
#: How rarely a day without any change may be given a "clear" one.
CHANCE = 0.05


@dataclass(frozen=True, slots=True)
class Counted:
    """`n` current classifications of one kind that fall into the hour from `at`.

    rate: under which they were included; None for that of the version.
    """

    signal_id: int
    version_id: int
    outcome: str
    label: str
    at: datetime
    n: int
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class Spend:
    """What judging took: `calls` to the judge, of which `priced` have a price, in USD."""

    calls: int = 0
    priced: int = 0
    cost_usd: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: Spend) -> Spend:
        return Spend(
            self.calls + other.calls,
            self.priced + other.priced,
            self.cost_usd + other.cost_usd,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
        )


@dataclass(frozen=True, slots=True)
class Move:
    """How one label's share went from the day before to the day.

    beyond_chance: the least change, a fraction, that the counts of all signals leave possible;
    0 where chance alone may have made it.
    """

    label: str
    sentiment: str
    now: Tally
    before: Tally
    beyond_chance: float

    @property
    def points(self) -> float:
        """Percentage points, signed; 0 where one of the days has no labels."""
        if self.now.share is None or self.before.share is None:
            return 0.0
        return 100 * (self.now.share - self.before.share)

    @property
    def is_known(self) -> bool:
        return self.now.share is not None and self.before.share is not None

    @property
    def is_clear(self) -> bool:
        return self.beyond_chance > 0


@dataclass(frozen=True, slots=True)
class Card:
    """One signal's day. moves: of each label that was given on either day, in the version's order;
    of a binary signal `true` alone, since `false` is its mirror."""

    signal: Signal
    version: SignalVersion
    labels: int
    labels_before: int
    volume: float
    volume_before: float
    by_label: Mapping[str, int]
    moves: tuple[Move, ...]
    unlabelled: Mapping[str, int]
    firings: int
    spend: Spend
    new_versions: tuple[int, ...] = ()

    @property
    def biggest(self) -> Move | None:
        return max(self.moves, key=_size, default=None)

    @property
    def is_at_equal_sampling(self) -> bool:
        """Whether the volumes are more than the labels of one rate, counted."""
        return abs(self.volume * self.labels_before - self.volume_before * self.labels) > 1e-6


@dataclass(frozen=True, slots=True)
class Bar:
    """The labels of one hour by sentiment; `at` is its start in UTC."""

    at: datetime
    by_sentiment: Mapping[str, int]

    @property
    def labels(self) -> int:
        return sum(self.by_sentiment.values())


@dataclass(frozen=True, slots=True)
class Report:
    """cards: the one that moved most first, then by labels."""

    day: Day
    cards: tuple[Card, ...]
    bars: tuple[Bar, ...]
    firings: int
    spend: Spend
    active_signals: int

    @property
    def labels(self) -> int:
        return sum(card.labels for card in self.cards)

    @property
    def labels_before(self) -> int:
        return sum(card.labels_before for card in self.cards)

    @property
    def unlabelled(self) -> dict[str, int]:
        return {kind: sum(c.unlabelled.get(kind, 0) for c in self.cards) for kind in UNLABELLED}

    @property
    def top(self) -> tuple[Card, Move] | None:
        """The biggest mover; None where nothing has labels on both days."""
        moves = [(card, move) for card in self.cards for move in card.moves if move.is_known]
        return max(moves, key=lambda pair: _size(pair[1]), default=None)

    @property
    def is_empty(self) -> bool:
        return not (
            self.labels or self.firings or self.spend.calls or any(self.unlabelled.values())
        )


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to know of a project's signals on two days, as the database has it."""

    shown: Sequence[tuple[Signal, SignalVersion]]
    versions: Mapping[int, SignalVersion]
    counts: Sequence[Counted]
    firings: Mapping[int, int] = field(default_factory=dict)
    spend: Mapping[int, Spend] = field(default_factory=dict)
    other_spend: Spend = Spend()  # of what is no signal's: a question that was only tried


def report(day: Day, known: Known) -> Report:
    counts: dict[int, list[Counted]] = {}
    for count in known.counts:
        counts.setdefault(count.signal_id, []).append(count)
    compared = [_compared(version, counts.get(signal.pk, [])) for signal, version in known.shown]
    z = _z_for(sum(len(names) for names in compared))
    cards = [
        _card(day, signal, version, counts.get(signal.pk, []), known, z)
        for signal, version in known.shown
    ]
    cards.sort(key=_rank)
    return Report(
        day=day,
        cards=tuple(cards),
        bars=_bars(day, known),
        firings=sum(known.firings.values()),
        spend=sum(known.spend.values(), known.other_spend),
        active_signals=sum(s.state == Signal.State.ACTIVE for s, _ in known.shown),
    )


def _z_for(comparisons: int) -> float:
    """Return the z of Bonferroni's correction: many shares are looked at and the one that moved
    most is told of, so every twentieth would count as clear on a day like any other."""
    return NormalDist().inv_cdf(1 - CHANCE / (2 * max(comparisons, 1)))


def _rank(card: Card) -> tuple[float, float, int, str]:
    certain, points = _size(card.biggest) if card.biggest else (0.0, 0.0)
    return -certain, -points, -card.labels, card.signal.name.lower()


def _size(move: Move) -> tuple[float, float]:
    """Rank by what is certain of a change: a small sample moves far, and says little."""
    return move.beyond_chance, abs(move.points)


def _card(
    day: Day,
    signal: Signal,
    version: SignalVersion,
    counts: Sequence[Counted],
    known: Known,
    z: float,
) -> Card:
    now = [count for count in counts if count.at >= day.start]
    before = [count for count in counts if count.at < day.start]
    labels, labels_before = _by_label(now), _by_label(before)
    moves = [
        _move(name, version, _tally(now, name, known), _tally(before, name, known), z)
        for name in _compared(version, counts)
    ]
    return Card(
        signal=signal,
        version=version,
        labels=sum(labels.values()),
        labels_before=sum(labels_before.values()),
        volume=_tally(now, "", known).volume,
        volume_before=_tally(before, "", known).volume,
        by_label={n: labels[n] for n in breakdown.label_names(version, labels) if n in labels},
        moves=tuple(moves),
        unlabelled={kind: sum(c.n for c in now if c.outcome == kind) for kind in UNLABELLED},
        firings=known.firings.get(signal.pk, 0),
        spend=known.spend.get(signal.pk, Spend()),
        new_versions=_new_versions(now, before, known),
    )


def _compared(version: SignalVersion, counts: Iterable[Counted]) -> list[str]:
    """Return the labels that were given on either day, in the version's order."""
    given = _by_label(counts)
    if version.type == SignalVersion.Type.BINARY:
        return ["true"] if given else []
    return [name for name in breakdown.label_names(version, given) if name in given]


def _by_label(counts: Iterable[Counted]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for count in counts:
        if count.outcome == Outcome.LABELLED:
            totals[count.label] = totals.get(count.label, 0) + count.n
    return totals


def _tally(counts: Iterable[Counted], label: str, known: Known) -> Tally:
    """Sum up all labels, with those called `label` as hits."""
    labels: Counter[tuple[int, float]] = Counter()
    hits: Counter[tuple[int, float]] = Counter()
    for count in counts:
        if count.outcome == Outcome.LABELLED and count.version_id in known.versions:
            key = count.version_id, count.rate or known.versions[count.version_id].sample_rate
            labels[key] += count.n
            if count.label == label:
                hits[key] += count.n
    return Tally.of(Part(*key, n, hits[key]) for key, n in labels.items())


def _move(label: str, version: SignalVersion, now: Tally, before: Tally, z: float) -> Move:
    certain = 0.0
    if now.share is not None and before.share is not None:
        low, high = newcombe(now.share, now.effective, before.share, before.effective, z)
        certain = max(0.0, low, -high)
    return Move(label, version.sentiment_of(label), now, before, certain)


def _new_versions(
    now: Iterable[Counted], before: Iterable[Counted], known: Known
) -> tuple[int, ...]:
    """Numbers of those that gave labels on the day and none on the day before, if any did."""
    was = {count.version_id for count in before}
    fresh = {count.version_id for count in now} - was if was else set()
    return tuple(sorted(known.versions[pk].number for pk in fresh if pk in known.versions))


def _bars(day: Day, known: Known) -> tuple[Bar, ...]:
    """Return a bar for each hour from local midnight on, also for those without labels."""
    by_hour: dict[datetime, dict[str, int]] = {}
    for count in known.counts:
        if count.outcome != Outcome.LABELLED or count.at < day.start:
            continue
        version = known.versions.get(count.version_id)
        sentiment = version.sentiment_of(count.label) if version else Sentiment.NEUTRAL.value
        hour = by_hour.setdefault(count.at, dict.fromkeys(SENTIMENTS, 0))
        hour[sentiment] += count.n
    hours = -(-(day.end - day.start) // HOUR)
    starts = (day.start + index * HOUR for index in range(hours))
    return tuple(Bar(at, by_hour.get(at, dict.fromkeys(SENTIMENTS, 0))) for at in starts)
