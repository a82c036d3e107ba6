"""A session of any length is judged by all of it: what is not read is counted, and said."""

from __future__ import annotations

import itertools
import secrets
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import zstandard
from django.utils import timezone

from core.ids import session_key
from signals_app.judging import prompt, session_turns
from signals_app.models import Classification
from signals_app.queue import loading
from teams.models import Project
from tests.signals_app import conversations
from tests.signals_app.conftest import StartJudge
from traces.models import Agent
from traces.store import bounded_reading, payload, reading
from traces.store.reading import TurnRow

Line = Callable[..., list[Classification]]

pytestmark = pytest.mark.django_db(transaction=True)


def rows(count: int, failed: set[int] = frozenset(), spans: int = 1) -> list[TurnRow]:  # type: ignore[assignment]
    return [TurnRow(UUID(int=n), n in failed, spans, 10) for n in range(1, count + 1)]


def test_of_few_turns_all_are_read() -> None:
    assert session_turns.chosen(rows(session_turns.MOST_TURNS)) == list(
        range(session_turns.MOST_TURNS)
    )
    assert session_turns.chosen([]) == []


@pytest.mark.parametrize("count", [401, 1_000, 50_000])
def test_of_many_the_ends_the_failures_and_an_even_part_are_read(count: int) -> None:
    found = session_turns.chosen(rows(count, failed={count // 3}))
    assert len(found) == session_turns.MOST_TURNS
    assert set(range(session_turns.FIRST)) <= set(found)
    assert set(range(count - session_turns.LAST, count)) <= set(found)
    assert count // 3 - 1 in found
    longest = max(later - before for before, later in itertools.pairwise(found))
    assert longest <= count // 20


def test_turns_of_many_spans_are_fewer() -> None:
    found = session_turns.chosen(rows(1_000, spans=2_000))
    assert {0, 999} <= set(found)
    assert len(found) == session_turns.MOST_SPANS // 2_000


def test_of_large_turns_those_at_the_ends_are_read() -> None:
    most = session_turns.MOST_BYTES
    places = list(range(1_000))
    few = session_turns.within_bytes(places, dict.fromkeys(places, most // 1_000), 1_000)
    assert few == places
    found = session_turns.within_bytes(places, dict.fromkeys(places, most // 10), 1_000)
    assert found == [0, 1, 2, 3, 4, 995, 996, 997, 998, 999]
    alone = session_turns.within_bytes(places, dict.fromkeys(places, 2 * most), 1_000)
    assert alone == [999]


def test_no_more_bytes_are_read_for_a_judge_than_it_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project, key = talk(60, filler="x" * 1_000)
    read: list[int] = []
    real = payload.unpack

    def counting(data: bytes) -> dict[str, Any]:
        read.append(zstandard.frame_content_size(bytes(data)))
        return real(data)

    monkeypatch.setattr(reading, "unpack", counting)
    loading.read(project.pk, "session", key, 0)
    assert len(read) == 60
    monkeypatch.setattr(session_turns, "MOST_BYTES", sum(read) // 6)
    read.clear()
    said = loading.read(project.pk, "session", key, 0)
    assert 8 <= len(read) <= 10
    assert {1, 60} <= {turn.number for turn in said.turns}
    shown = prompt.evidence(said, "session", "c" * 20, 60_000)
    assert "left out here" in shown.text
    assert shown.cut_chars > 0


def talk(count: int, **more: Any) -> tuple[Project, UUID]:
    project = conversations.project()
    conversations.signal(project, scope="session")
    now = timezone.now() - timedelta(days=2)
    spans = [
        conversations.span(
            secrets.token_bytes(16),
            "I want a REFUND for order 7" if number == 1 else f"message {number}",
            f"reply {number}",
            at=now + timedelta(minutes=number),
            session="S250",
            **more,
        )
        for number in range(1, count + 1)
    ]
    conversations.send(project, spans, now)
    return project, session_key(Agent.objects.get().pk, "S250")


def test_a_session_of_250_turns_is_read_whole_with_its_numbers() -> None:
    project, key = talk(250)
    said = loading.read(project.pk, "session", key, 0)
    shown = prompt.evidence(said, "session", "c" * 20, 60_000)
    assert shown.cut_chars == 0
    assert "[turn 1]\n[user]\n| I want a REFUND for order 7\n" in shown.text
    assert "[turn 249]\n[user]\n| message 249\n[assistant]\n| reply 249\n[turn 250]" in shown.text


def test_the_label_of_a_session_of_many_turns_says_what_was_left_out(
    start_judge: StartJudge, run_line: Line
) -> None:
    judge = start_judge()
    talk(900)
    run_line()
    one = Classification.objects.get(scope="session")
    assert one.outcome == "labelled"
    assert one.cut_chars > 100
    text = judge.requests[-1].text
    assert "| I want a REFUND for order 7\n" in text
    assert "[turn 900]\n[user]\n| message 900\n[assistant]\n| reply 900" in text
    assert "left out here" in text
    for number in (41, 300, 600):
        line = f"[turn {number}]\n[user]\n| message {number}\n"
        assert line in text or f"[turn {number}]" not in text


def test_the_turns_of_a_long_session_are_let_go_one_after_the_other() -> None:
    project, key = talk(300, filler="x" * 100_000)
    loading.read(project.pk, "session", key, 0)  # what is loaded once is not counted
    tracemalloc.start()
    bounded_reading.SPANS_AT_ONCE, before = 10, bounded_reading.SPANS_AT_ONCE
    try:
        loading.read(project.pk, "session", key, 0)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        bounded_reading.SPANS_AT_ONCE = before
    assert peak < 12_000_000  # all 300 payloads are 30 MB
