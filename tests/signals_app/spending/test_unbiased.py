"""Months simulated target by target: counts and shares stay unbiased while a budget runs out.

Traffic grows and its share of hits moves within the month, so that a sample that thins out has
seen another mix than there was: the unweighted figures are wrong by far more than chance, and the
weighted ones are not.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import sqrt
from statistics import fmean, stdev
from uuid import UUID

import pytest

from alerts.decision.tally import Part, Tally
from signals_app import sampling
from signals_app.spending.regulation import Month, State, decide

START = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAYS = 12
RATE = 0.5


@dataclass
class Outcome:
    """What a month gave: by day, the truth, and labels and hits by rate."""

    true_n: list[int] = field(default_factory=lambda: [0] * DAYS)
    true_hits: list[int] = field(default_factory=lambda: [0] * DAYS)
    seen: list[dict[float, list[int]]] = field(default_factory=lambda: [{} for _ in range(DAYS)])
    factors: list[float] = field(default_factory=list)

    def tally(self, first: int, last: int) -> Tally:
        return Tally.of(
            Part(1, rate, n, hits)
            for day in self.seen[first:last]
            for rate, (n, hits) in day.items()
        )


def month(seed: int, budget: float) -> Outcome:
    """Twelve days at the end of a month, judged under a budget of so many labels."""
    dice, found = random.Random(seed), Outcome()
    end = Month.of(START).end
    spent, factor = 0, 1.0
    since: datetime | None = None
    by_hour: list[float] = []
    for hour in range(24 * DAYS):
        now, day = end - (24 * DAYS - hour) * HOUR, hour // 24
        recent = by_hour[-168:]
        pace = 24 * fmean(recent) if len(recent) >= 6 else None
        decision = decide(State(budget, spent, 0.0, pace, factor, since, now))
        if decision is not None:
            factor, since = decision.factor, now
        found.factors.append(factor)
        labels = 0
        for _ in range(4 + day):
            is_hit = dice.random() < 0.05 + 0.03 * day
            found.true_n[day] += 1
            found.true_hits[day] += is_hit
            text = sampling.target_text(UUID(int=dice.getrandbits(128)))
            rate = RATE * factor
            if sampling.is_sampled("salt", text, rate):
                labels += 1
                row = found.seen[day].setdefault(rate, [0, 0])
                row[0] += 1
                row[1] += is_hit
        spent += labels
        by_hour.append(labels / factor if factor else fmean(recent))
    return found


@pytest.fixture(scope="module")
def months() -> list[Outcome]:
    return [month(seed, 550.0) for seed in range(100)]


def z_of(differences: list[float]) -> float:
    """How many standard errors the mean lies from nothing."""
    return fmean(differences) / (stdev(differences) / sqrt(len(differences)))


def test_the_budget_runs_out_by_steps_and_never_to_nothing(months: list[Outcome]) -> None:
    for each in months:
        assert each.tally(0, DAYS).labels < 560  # the last hour's were on their way
        assert min(each.factors) < 0.5
        assert 0 not in each.factors
        changes = sum(a != b for a, b in zip(each.factors, each.factors[1:], strict=False))
        assert changes <= 40


@pytest.mark.parametrize(("first", "last"), [(0, DAYS), (2, 9), (5, 6), (10, 12)])
def test_counts_are_unbiased_where_the_rate_changes(
    months: list[Outcome], first: int, last: int
) -> None:
    volume, hits, naive = [], [], []
    for each in months:
        n, true_hits = sum(each.true_n[first:last]), sum(each.true_hits[first:last])
        tally = each.tally(first, last)
        volume.append(tally.volume - n)
        hits.append(tally.count - true_hits)
        naive.append(tally.labels / RATE - n)
    assert abs(z_of(volume)) < 3.5
    assert abs(z_of(hits)) < 3.5
    assert z_of(naive) < -20 or (first == 0 and last < 3)


@pytest.mark.parametrize(("first", "last"), [(0, DAYS), (2, 9)])
def test_shares_are_unbiased_where_the_rate_changes(
    months: list[Outcome], first: int, last: int
) -> None:
    weighted, naive = [], []
    for each in months:
        truth = sum(each.true_hits[first:last]) / sum(each.true_n[first:last])
        tally = each.tally(first, last)
        share = tally.share
        assert share is not None
        weighted.append(share - truth)
        naive.append(tally.hits / tally.labels - truth)
    assert abs(z_of(weighted)) < 3.5
    assert abs(z_of(naive)) > 7
