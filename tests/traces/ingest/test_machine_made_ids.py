"""Ids that a program drew, and ids that a person chose."""

from __future__ import annotations

import time

import pytest

from traces.conventions.machine_made import is_machine_made

DRAWN = [
    pytest.param("01a21aaf-6da8-7389-83d2-0938e0c6f007", id="a UUID"),
    pytest.param("01A21AAF-6DA8-7389-83D2-0938E0C6F007", id="in capitals"),
    pytest.param("urn:uuid:7d4f2f1e-9a70-4b5e-8f6a-0d4be8b4c1a2", id="as a URN"),
    pytest.param("RefundAgent_7d4f2f1e-9a70-4b5e-8f6a-0d4be8b4c1a2", id="behind a name"),
    pytest.param("7d4f2f1e9a704b5e8f6a0d4be8b4c1a2", id="a UUID without dashes"),
    pytest.param("refund-7d4f2f1e9a70", id="twelve digits of one"),
    pytest.param("refund-3f2a9c1b", id="eight digits of one"),
    pytest.param("01JDQX4Z6T8M2V9K3B7C5N1PWR", id="a ULID"),
    pytest.param("agent_01jvxq4z6t8m2v9k3b7c5n1pwr", id="a ULID in small letters, with a prefix"),
    pytest.param("V1StGXR8_Z5jdHi6B-myT", id="a nanoid"),
    pytest.param("2Dq0cVGx5xP4q6Z1jO9rKf8sT3a", id="a KSUID"),
    pytest.param("run-1732701234", id="the second of its start"),
    pytest.param("agent@0x7f3c5a1b2d90", id="an address in memory"),
    pytest.param("run_1732701234567_8", id="milliseconds and a counter"),
]

CHOSEN = [
    "refund-eu", "refund-us", "support", "Refund agent", "customerSupportAgentV2ForEurope", "42",
    "agent-2024-11", "asst_abc123DEF456ghi789JKL012", "gpt-4o-2024-08-06", "refund_lc", "deadbeef",
    "facade", "billing.v2.1", "team-7/agent-12", "Kundendienst (Österreich)", "ROUTER", "effaced",
    "2024", "a", "support-agent-for-returns-and-refunds-v12",
]  # fmt: skip


@pytest.mark.parametrize("text", DRAWN)
def test_an_id_that_was_drawn_is_told_by_its_look(text: str) -> None:
    assert is_machine_made(text)


@pytest.mark.parametrize("text", CHOSEN)
def test_an_id_that_a_person_chose_is_none(text: str) -> None:
    assert not is_machine_made(text)


@pytest.mark.parametrize("text", ["a1" * 500_000, "-" * 1_000_000, "0" * 1_000_000, "0x" * 500_000])
def test_a_megabyte_costs_no_time(text: str) -> None:
    before = time.perf_counter()
    is_machine_made(text)
    assert time.perf_counter() - before < 0.1
