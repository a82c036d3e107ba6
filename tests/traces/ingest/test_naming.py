"""Under which identity an agent is looked for, and whose an identity is: pure."""

from __future__ import annotations

from uuid import UUID

import pytest

from traces.ingest.naming import Naming, Row, Said, agreed, choose, choose_all, said_by

DRAWN = "01a21aaf-6da8-7389-83d2-0938e0c6f007"
OTHER = "01a21aaf-7041-7616-b702-bf62ec9a140c"
HERE, ELSEWHERE = UUID(int=1), UUID(int=2)

SAID = [
    pytest.param("refund-eu", "Refund", Said(Naming("refund-eu"), "Refund"), id="a chosen id"),
    pytest.param(None, "Refund", Said(Naming("Refund"), "Refund"), id="a name alone"),
    pytest.param(
        DRAWN, "Refund", Said(Naming("Refund", DRAWN), "Refund"), id="a drawn id and a name"
    ),
    pytest.param(
        "asst_abc123DEF456ghi789JKL012", "Refund",
        Said(Naming("asst_abc123DEF456ghi789JKL012"), "Refund"), id="an assistant of OpenAI stays",
    ),
    pytest.param(DRAWN, None, Said(Naming(DRAWN), DRAWN, is_weak=True), id="a drawn id alone"),
    pytest.param("refund", None, Said(Naming("refund"), "refund"), id="a chosen id alone"),
    pytest.param(None, None, None, id="nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("agent_id", "name", "expected"), SAID)
def test_what_a_span_says_of_its_agent(
    agent_id: str | None, name: str | None, expected: Said | None
) -> None:
    assert said_by(agent_id, name, "chain", "x") == expected


def test_the_name_of_an_agents_span_stands_beside_a_drawn_id() -> None:
    found = said_by(DRAWN, None, "agent", "invoke_agent refund")
    assert found == Said(Naming("refund", DRAWN), "refund")
    assert said_by(DRAWN, None, "agent", "CodeAgent.run") == Said(Naming(DRAWN), DRAWN, True)


NAME, CHOSEN = Said(Naming("R"), "R"), Said(Naming("r-eu"), "R")
BOTH, WEAK = Said(Naming("R", DRAWN), "R"), Said(Naming(OTHER), OTHER, is_weak=True)

TOGETHER = [
    pytest.param([NAME, CHOSEN], [CHOSEN, CHOSEN], id="a name beside one chosen id is that one"),
    pytest.param([NAME, BOTH], [BOTH, BOTH], id="and beside a drawn one"),
    pytest.param(
        [NAME, CHOSEN, Said(Naming("r-us"), "R")],
        [NAME, CHOSEN, Said(Naming("r-us"), "R")],
        id="two chosen ids of one name stay two",
    ),
    pytest.param([NAME, WEAK, None], [NAME, None, None], id="a lone drawn id gives way"),
    pytest.param([WEAK, None], [WEAK, None], id="where nothing else names one it counts"),
    pytest.param(
        [NAME, Said(Naming("S"), "S")], [NAME, Said(Naming("S"), "S")], id="two names are two"
    ),
]


@pytest.mark.parametrize(("said", "expected"), TOGETHER)
def test_the_spans_of_one_trace_are_heard_together(
    said: list[Said | None], expected: list[Said | None]
) -> None:
    assert agreed(said) == expected


def agent(number: int) -> Row:
    return Row(number, is_agent=True, is_own=True, trace_id=None)


def alias(number: int, first: UUID | None = ELSEWHERE) -> Row:
    return Row(number, is_agent=False, is_own=True, trace_id=first)


KNOWN = [
    pytest.param(Naming("R"), {"R": agent(1)}, 1, id="a name that is an agent's"),
    pytest.param(Naming("R"), {}, None, id="a new name"),
    pytest.param(Naming("R", DRAWN), {"R": agent(1)}, 1, id="a new id under a known name"),
    pytest.param(
        Naming("R", DRAWN), {"R": agent(1), DRAWN: agent(2)}, 2, id="an id that has stayed"
    ),
    pytest.param(Naming("S", DRAWN), {DRAWN: agent(2)}, 2, id="the same with another name"),
    pytest.param(Naming("S", DRAWN), {DRAWN: alias(1)}, 1, id="an id heard in another trace"),
    pytest.param(
        Naming("S", DRAWN), {DRAWN: alias(1, HERE)}, None, id="two agents of one run share its id"
    ),
    pytest.param(
        Naming("S", DRAWN), {"S": agent(3), DRAWN: alias(1)}, 3, id="a known name goes before it"
    ),
    pytest.param(Naming("R"), {"R": alias(4)}, 4, id="a name that was merged away"),
]


@pytest.mark.parametrize(("naming", "rows", "expected"), KNOWN)
def test_whose_a_naming_is(naming: Naming, rows: dict[str, Row], expected: int | None) -> None:
    found = choose(naming, rows, HERE)
    assert (found.id if found else None) == expected


def test_a_name_heard_together_with_a_known_id_is_no_new_agent() -> None:
    heard = {Naming("S"): HERE, Naming("S", DRAWN): HERE}
    assert {row.id if row else None for row in choose_all(heard, {DRAWN: alias(1)}).values()} == {1}
