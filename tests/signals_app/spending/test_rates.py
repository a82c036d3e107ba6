"""By which factor rates were lowered, and when: read back for any moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from signals_app.models import RateStep
from signals_app.spending import rates
from signals_app.spending.rates import without
from teams.models import Project
from tests.traces.arrivals import new_project

NOON = datetime(2026, 11, 11, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hours: float) -> datetime:
    return NOON + hours * HOUR


def step(project: Project, hours: float, factor: float) -> None:
    RateStep.objects.create(
        project=project, since=at(hours), factor=factor, why="forecast", spent=0, unit="usd"
    )


@pytest.mark.django_db
def test_each_moment_has_the_factor_that_began_before_it() -> None:
    ours, theirs = new_project(), new_project("Theirs")
    for hours, factor in ((0, 0.5), (1, 0.0), (2, 0.25), (5, 0.0)):
        step(ours, hours, factor)
    step(theirs, 1, 0.8)
    for since in (at(-9), at(0), at(0.5)):
        found = rates.factors_of([ours.pk, theirs.pk], since)
        moments = [hours for hours in (-1, 0, 0.9, 1, 1.9, 2, 4) if at(hours) >= since]
        expected = {-1: 1.0, 0: 0.5, 0.9: 0.5, 1: 0.0, 1.9: 0.0, 2: 0.25, 4: 0.25}
        assert [found.at(ours.pk, at(h)) for h in moments] == [expected[h] for h in moments]
        assert found.stopped(ours.pk, at(1.5), at(6)) == [(at(1.5), at(2)), (at(5), at(6))]
        assert found.at(theirs.pk, at(3)) == 0.8
        assert found.least(ours.pk, at(2.5), at(4)) == 0.25
        assert found.least(theirs.pk, at(0.5), at(4)) == 0.8
    assert rates.factors_of([], NOON).at(1, NOON) == 1.0


@pytest.mark.parametrize(
    ("stopped", "left"),
    [
        pytest.param([], [(0, 4), (6, 9)], id="nothing"),
        pytest.param([(1, 2)], [(0, 1), (2, 4), (6, 9)], id="a hole"),
        pytest.param([(3, 7)], [(0, 3), (7, 9)], id="over a gap"),
        pytest.param([(0, 9)], [], id="all of it"),
        pytest.param([(4, 6)], [(0, 4), (6, 9)], id="what was a gap already"),
        pytest.param([(0, 1), (8, 20)], [(1, 4), (6, 8)], id="both ends"),
    ],
)
def test_what_was_stopped_is_cut_out(
    stopped: list[tuple[int, int]], left: list[tuple[int, int]]
) -> None:
    cuts = [(at(a), at(b)) for a, b in stopped]
    assert without([(at(0), at(4)), (at(6), at(9))], cuts) == [(at(a), at(b)) for a, b in left]
