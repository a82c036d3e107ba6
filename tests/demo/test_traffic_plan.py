"""When conversations are replayed: a history of 14 days, then one live turn a slot at most."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from demo.recording import conversations
from demo.spans import NS_PER_S
from demo.traffic import GAP, HISTORY, SLOT_S, Program, history, slot_at

ANCHOR = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SLOT = slot_at(ANCHOR)


def test_the_history_holds_every_conversation_once() -> None:
    visits = history(conversations(), ANCHOR)
    found = sorted((v.conversation.task_id, v.conversation.trial) for v in visits)
    assert found == [(task, trial) for task in range(50) for trial in range(4)]


def test_the_history_lies_in_the_fourteen_days_before_its_anchor() -> None:
    starts, ends = [], []
    for visit in history(conversations(), ANCHOR):
        spans = visit.records()
        starts.append(min(span.start_ns for span in spans))
        ends.append(max(span.end_ns for span in spans))
    assert min(starts) > (ANCHOR - HISTORY).timestamp() * NS_PER_S
    assert max(ends) <= (ANCHOR - GAP).timestamp() * NS_PER_S
    assert max(ends) - min(starts) > timedelta(days=12).total_seconds() * NS_PER_S


def test_the_history_is_busier_by_day_than_by_night() -> None:
    hours = [visit.end.hour for visit in history(conversations(), ANCHOR)]
    assert sum(11 <= hour < 19 for hour in hours) > 3 * sum(hour < 8 for hour in hours)


def test_the_history_of_an_anchor_is_always_the_same() -> None:
    assert history(conversations(), ANCHOR) == history(conversations(), ANCHOR)


def test_the_turns_of_a_visit_come_in_order_and_apart() -> None:
    for visit in history(conversations(), ANCHOR):
        roots = [span for span in visit.records() if span.parent_span_id is None]
        for earlier, later in pairwise(roots):
            assert later.start_ns > earlier.end_ns + NS_PER_S // 2


def test_live_sessions_run_in_order_and_one_after_the_other() -> None:
    turns = Program(conversations()).since(SLOT, SLOT + 200)
    for earlier, later in pairwise(turns):
        goes_on = later.place.session_id == earlier.place.session_id
        assert later.turn.number == (earlier.turn.number + 1 if goes_on else 0)
        if not goes_on:
            assert earlier.turn == earlier.conversation.turns[-1]


def test_what_is_due_begins_with_the_beginning_of_a_conversation() -> None:
    program = Program(conversations())
    for slot in range(SLOT, SLOT + 40):
        assert program.since(slot, slot)[0].turn.number == 0


def test_two_programs_agree_about_every_slot() -> None:
    one, other = Program(conversations()), Program(conversations())
    assert [one.at(s).records() for s in range(SLOT, SLOT + 30)] == [
        other.at(s).records() for s in range(SLOT, SLOT + 30)
    ]


def test_no_trace_id_comes_twice_in_the_history_and_two_rounds_of_live_traffic() -> None:
    program = Program(conversations())
    ids = [program.at(slot).place.trace_id for slot in range(SLOT, SLOT + 2 * program.firsts[-1])]
    ids += [
        span.trace_id
        for visit in history(conversations(), ANCHOR)
        for span in visit.records()
        if span.parent_span_id is None
    ]
    assert len(set(ids)) == len(ids)


def test_a_live_turn_has_ended_at_its_slot_and_leaves_room_for_the_one_before() -> None:
    program = Program(conversations())
    for slot in range(SLOT, SLOT + program.firsts[-1]):
        root = program.at(slot).records()[0]
        assert root.end_ns == slot * SLOT_S * NS_PER_S
        assert root.start_ns > (slot - 1) * SLOT_S * NS_PER_S


def test_the_newest_slot_is_never_in_the_future() -> None:
    for seconds in range(40):
        now = ANCHOR + timedelta(seconds=seconds, microseconds=1)
        assert 0 <= now.timestamp() - slot_at(now) * SLOT_S < SLOT_S + 1
