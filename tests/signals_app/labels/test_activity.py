"""When a signal was active, from its history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from signals_app.definition import activity, states
from signals_app.definition.activity import Change, between
from signals_app.models import Signal, StateChange
from tests.signals_app.labelled import new_agent, new_signal
from tests.traces.arrivals import new_project

SINCE = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hours: float) -> datetime:
    return SINCE + hours * HOUR


@pytest.mark.parametrize(
    ("changes", "state", "expected"),
    [
        pytest.param([], "active", [(0, 10)], id="no change: active all the time"),
        pytest.param([], "paused", [], id="no change: paused all the time"),
        pytest.param([(3, "draft", "active")], "active", [(3, 10)], id="activated"),
        pytest.param([(3, "active", "paused")], "paused", [(0, 3)], id="paused"),
        pytest.param(
            [(3, "active", "paused"), (5, "paused", "active")],
            "active",
            [(0, 3), (5, 10)],
            id="paused and resumed",
        ),
        pytest.param(
            [(3, "active", "paused"), (3, "paused", "active")],
            "active",
            [(0, 10)],
            id="resumed at the same moment: it never slept",
        ),
        pytest.param(
            [(3, "active", "archived"), (4, "archived", "paused"), (5, "paused", "active")],
            "active",
            [(0, 3), (5, 10)],
            id="archived, restored and resumed",
        ),
        pytest.param(
            [(12, "active", "paused")], "paused", [(0, 10)], id="what comes later has not happened"
        ),
        pytest.param([(12, "draft", "active")], "active", [], id="what is activated later sleeps"),
    ],
)
def test_the_stretches_between_changes(
    changes: list[tuple[float, str, str]], state: str, expected: list[tuple[float, float]]
) -> None:
    history: list[Change] = [(at(hours), before, after) for hours, before, after in changes]
    found = between(history, state, SINCE, at(10))
    assert found == [(at(start), at(end)) for start, end in expected]


@pytest.fixture
def signal(db: None) -> Signal:
    return new_signal(new_agent(new_project()), active=False)


def test_the_states_that_people_set_are_its_stretches(signal: Signal) -> None:
    states.activate(signal, None, at(1))
    states.pause(signal, None, at(2))
    states.resume(signal, None, at(4))
    states.block(signal.pk, "The judge refuses.", at(6))
    found = activity.stretches([signal.pk], SINCE, at(8))
    assert found == {signal.pk: [(at(1), at(2)), (at(4), at(6))]}
    assert activity.stretches([signal.pk], at(1.5), at(5)) == {
        signal.pk: [(at(1.5), at(2)), (at(4), at(5))]
    }


def test_without_a_history_it_was_active_since_it_was_activated(signal: Signal) -> None:
    states.activate(signal, None, at(1))
    StateChange.objects.all().delete()
    assert activity.stretches([signal.pk], SINCE, at(8)) == {signal.pk: [(at(1), at(8))]}


def test_any_number_of_signals_takes_two_queries(
    signal: Signal, django_assert_num_queries: object
) -> None:
    second = new_signal(new_agent(signal.project, "second"))
    with django_assert_num_queries(2):  # type: ignore[operator]
        found = activity.stretches([signal.pk, second.pk], SINCE, at(8))
    assert sorted(found) == sorted([signal.pk, second.pk])
