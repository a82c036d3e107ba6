"""How many questions a pump keeps at an endpoint, tried on servers that are simulated."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable

import pytest

from signals_app.judging.model_server.pace import HOLD_S, START, Pace

TIMEOUT_S = 60.0
Server = Callable[[list[float], float], float]


def slots(count: int, call_s: float) -> Server:
    """Answers that many questions at a time, the others wait in a queue."""
    free = [0.0] * count

    def answer_at(_under_way: list[float], now: float) -> float:
        begins = max(heapq.heappop(free), now)
        heapq.heappush(free, begins + call_s)
        return begins + call_s

    return answer_at


def provider(call_s: float, spread: float = 0.0, seed: int = 1) -> Server:
    """Answers everybody at once, some later than others."""
    chance = random.Random(seed)
    return lambda _under_way, now: now + call_s * (1 + spread * (chance.random() * 2 - 1))


def answers(pace: Pace, server: Server, seconds: float) -> tuple[int, int, int]:
    """Keep the lanes full for so long: (answers in time, time-outs, lanes at the end)."""
    now, answered, lost = 0.0, 0, 0
    lanes: list[tuple[float, float]] = []  # ends, began
    while now < seconds:
        while len(lanes) < pace.lanes:
            ends = server([one for one, _began in lanes], now)
            heapq.heappush(lanes, (min(ends, now + TIMEOUT_S), now))
        now, began = heapq.heappop(lanes)
        if now - began >= TIMEOUT_S:
            lost += 1
            pace.timed_out(began, now)
        else:
            answered += 1
            pace.answered(began, now, is_full=len(lanes) + 1 >= pace.lanes)
    return answered, lost, pace.lanes


@pytest.mark.parametrize(
    ("count", "call_s", "most"),
    [
        pytest.param(4, 20.0, 16, id="a laptop with four slots, 20 s a call"),
        pytest.param(4, 20.0, 64, id="however many are allowed"),
        pytest.param(1, 5.0, 16, id="one slot"),
        pytest.param(1, 25.0, 16, id="one slow slot"),
        pytest.param(8, 2.0, 64, id="eight slots, 2 s a call"),
        pytest.param(4, 45.0, 16, id="answers that take most of the time limit"),
    ],
)
def test_a_small_server_gives_nine_tenths_of_what_it_can(
    count: int, call_s: float, most: int
) -> None:
    seconds = max(1_800.0, 100 * call_s)
    answered, lost, lanes = answers(Pace(most, TIMEOUT_S), slots(count, call_s), seconds)
    assert answered >= 0.9 * count * seconds / call_s
    assert lost <= 0.1 * answered
    assert lanes <= max(4 * count, 2 * START)


@pytest.mark.parametrize("spread", [0.0, 0.9])
def test_a_provider_with_room_for_all_is_used_to_the_ceiling_within_seconds(spread: float) -> None:
    pace = Pace(64, TIMEOUT_S)
    answered, _lost, lanes = answers(pace, provider(0.5, spread), 30.0)
    assert lanes == 64
    assert answered >= 0.85 * 64 * 30 / 0.5


def test_a_pace_that_is_remembered_is_taken_up() -> None:
    assert Pace(64, TIMEOUT_S, remembered=37.5).lanes == 37
    assert Pace(16, TIMEOUT_S, remembered=37.5).lanes == 16
    assert Pace(64, TIMEOUT_S).lanes == START
    assert Pace(2, TIMEOUT_S).lanes == 2


def test_a_429_halves_once_for_all_that_were_under_way() -> None:
    pace = Pace(64, TIMEOUT_S, remembered=32)
    for _ in range(32):
        pace.overloaded(began=1.0, now=2.0)
    assert pace.lanes == 16
    pace.overloaded(began=3.0, now=4.0)
    assert pace.lanes == 8


def test_it_never_falls_under_one() -> None:
    pace = Pace(4, TIMEOUT_S)
    for now in range(10):
        pace.overloaded(began=now, now=now + 0.5)
    assert pace.lanes == 1


def test_a_target_that_hangs_among_quick_answers_does_not_halve() -> None:
    pace = Pace(16, TIMEOUT_S, remembered=16)
    pace.answered(began=0.0, now=1.0, is_full=False)
    pace.timed_out(began=0.0, now=60.0)
    assert pace.lanes == 16


def test_lanes_that_nobody_fills_do_not_grow() -> None:
    pace = Pace(64, TIMEOUT_S)
    for now in range(100):
        pace.answered(began=now, now=now + 0.5, is_full=False)
    assert pace.lanes == START


def test_after_a_while_it_looks_again_whether_more_is_possible() -> None:
    pace = Pace(64, TIMEOUT_S)
    answers(pace, slots(4, 2.0), 300.0)
    held = pace.lanes
    assert held < 16
    for now in range(int(HOLD_S) + 301, int(HOLD_S) + 500):
        pace.answered(began=now, now=now + 0.1, is_full=True)
    assert pace.lanes > held


def test_a_question_is_stuck_after_many_times_the_usual() -> None:
    pace = Pace(4, TIMEOUT_S)
    assert (pace.is_stuck(0.0, 9.0), pace.is_stuck(0.0, 11.0)) == (False, True)
    pace.answered(began=0.0, now=20.0, is_full=False)
    assert (pace.is_stuck(0.0, 60.0), pace.is_stuck(0.0, 101.0)) == (False, True)
