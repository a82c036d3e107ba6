"""How often a rule would fire if nothing changed but chance, on a signal's own traffic. Pure.

The past is drawn again under the assumption that nothing happened in it, and the same decision is
replayed over it. Of a share, the labels of each minute stay as they were and the hits among them
are drawn at the overall share (a binomial); of a count or a volume, every minute is drawn at the
mean of all (Poisson).

For example, "the share of *angry* rises by 50 %" over 1 h with a cooldown of 1 h, on a week of one
label a minute, of which one in five was *angry*:

1. `Dice.of` takes the overall share, 0.2, and the labels of each minute from the week.
2. `under_chance` draws for each minute whether its one label is *angry*: a week of the same traffic
   in which nothing changed. An hour of it has 12 hits of 60, give or take 3.
3. `_count_firings` replays the rule over that week. Chance alone makes 9 of 60 be followed by 14 of
   60, a rise by 56 %: without the guard such windows fire, the guard holds most of them back.
4. As many rounds are drawn as make a week of minutes, and the firings are scaled to 30 days: 274
   without the guard, 99 with it. Sixty labels a window are too few for this rule.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate
from math import exp, lgamma, log, sqrt

from alerts.decision.backtest import readings, unguarded
from alerts.decision.decide import Action, State, step
from alerts.decision.rule import Metric, Rule
from alerts.decision.series import MINUTE, Series, Stretch, VersionSeries, floor, minute_number
from alerts.decision.tally import Tally

MONTH = timedelta(days=30)
#: Fewer say nothing about the traffic of a month.
LEAST_LABELS, LEAST_HITS = 50, 5
#: Minutes that are replayed: the newest of a longer past, a shorter one again and again.
MINUTES = 7 * 24 * 60
#: Above this mean the normal distribution is as good.
MANY = 500.0


@dataclass(frozen=True, slots=True)
class FalseFirings:
    """Expected in 30 days: of the rule without its guard, and with it."""

    bare: float
    guarded: float


def false_firings(
    rule: Rule, series: Series, since: datetime, until: datetime, stretches: Sequence[Stretch]
) -> FalseFirings | None:
    """Simulate how often the rule fires by chance; takes the arguments of `backtest.replay`. The
    same ones give the same answer, and another threshold or cooldown draws nothing else. None: too
    little traffic to say."""
    since, until = floor(since), floor(until)
    past, awake = series.tally(since, until), _awake(stretches, since, until)
    if not _is_enough(rule, past) or awake < rule.window:
        return None
    dice = Dice.of(past, awake, random.Random(f"{rule.watched} {rule.window} {past}"))
    since = max(since, until - MINUTES * MINUTE)
    if not rule.metric.is_share:
        stretches = [(since - rule.reach, until + MINUTE)]
    rounds = MINUTES * MINUTE // (until - since)
    bare = guarded = 0
    for _ in range(rounds):
        drawn = under_chance(rule, series, dice, since - rule.reach, until)
        counts = _count_firings(rule, drawn, since, until, stretches)
        bare, guarded = bare + counts[0], guarded + counts[1]
    months = rounds * _awake(stretches, since, until) / MONTH
    return FalseFirings(bare / months, guarded / months) if months else None


def _is_enough(rule: Rule, past: Tally) -> bool:
    hits = past.labels if rule.metric is Metric.LABEL_VOLUME else past.hits
    return past.labels >= LEAST_LABELS and hits >= LEAST_HITS


def _awake(stretches: Sequence[Stretch], since: datetime, until: datetime) -> timedelta:
    parts = (min(stop, until) - max(begin, since) for begin, stop in stretches)
    return sum((part for part in parts if part > timedelta(0)), timedelta(0))


def _count_firings(
    rule: Rule, drawn: Series, since: datetime, until: datetime, stretches: Sequence[Stretch]
) -> tuple[int, int]:
    """Count firings without the guard, and with it, in one replay."""
    watched = replace(rule, guard=True)
    bare, guarded = State(), State()
    counts = [0, 0]
    for at, reading in readings(watched, drawn, since, until, stretches):
        bare, action = step(watched, bare, unguarded(reading), at)
        guarded, guarded_action = step(watched, guarded, reading, at)
        counts[0] += action is Action.FIRE
        counts[1] += guarded_action is Action.FIRE
    return counts[0], counts[1]


@dataclass(frozen=True, slots=True)
class Dice:
    """share: of hits among labels. mean: labels a minute. rate: at which labels were sampled."""

    rng: random.Random
    share: float
    mean: float
    rate: float
    tables: dict[int, Sequence[float]]

    @classmethod
    def of(cls, past: Tally, awake: timedelta, rng: random.Random) -> Dice:
        mean = past.labels / (awake / MINUTE)
        return cls(rng, past.share or 0.0, mean, past.labels / past.volume, {})

    def hits(self, n: int) -> int:
        """Among n labels."""
        mean = n * self.share
        if mean > MANY:
            return _normal(self.rng, mean, mean * (1 - self.share), n)
        if n not in self.tables:
            self.tables[n] = binomial(n, self.share)
        return bisect_left(self.tables[n], self.rng.random())

    def labels(self) -> int:
        """Draw the labels of one minute."""
        if self.mean > MANY:
            return _normal(self.rng, self.mean, self.mean, 10 * self.mean)
        if -1 not in self.tables:
            self.tables[-1] = poisson(self.mean)
        return bisect_left(self.tables[-1], self.rng.random())


def under_chance(
    rule: Rule, series: Series, dice: Dice, since: datetime, until: datetime
) -> Series:
    """Draw the same traffic again, as if nothing had changed in it."""
    first, last = minute_number(since), minute_number(until)
    if not rule.metric.is_share:
        totals = ((minute, dice.labels()) for minute in range(first, last))
        return Series((VersionSeries.of(0, dice.rate, _with_hits(totals, dice)),))
    return Series(
        tuple(
            VersionSeries.of(
                version.version_id,
                version.rate,
                _with_hits(((m, n) for m, n, _ in version.counts() if first <= m < last), dice),
            )
            for version in series.versions
            if version.knows
        )
    )


def _with_hits(totals: Iterable[tuple[int, int]], dice: Dice) -> Iterator[tuple[int, int, int]]:
    return ((minute, n, dice.hits(n)) for minute, n in totals if n)


def binomial(n: int, share: float) -> Sequence[float]:
    """Return the probabilities of at most 0, 1, … n hits."""
    if not 0 < share < 1:
        return [float(share == 0)] * n + [1.0]
    log_p, log_q = log(share), log(1 - share)
    chances = (
        exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log_p + (n - k) * log_q)
        for k in range(n)
    )
    return [*accumulate(chances), 1.0]


def poisson(mean: float) -> Sequence[float]:
    """Return the probabilities of at most 0, 1, … events, as far as there are any to speak of."""
    most = int(mean + 12 * sqrt(mean) + 12)
    chances = (exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(most))
    return [*accumulate(chances), 1.0]


def _normal(rng: random.Random, mean: float, variance: float, most: float) -> int:
    return int(min(max(round(rng.gauss(mean, sqrt(variance))), 0), most))
