"""The limit of a context in the words of many servers, and what is sent after them."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from signals_app.judging.model_server import context_budget
from signals_app.judging.model_server.context_limits import Limit, said

CASES = json.loads((Path(__file__).parents[2] / "data/judge-cases/context_limits.json").read_text())
PROSE = "The parcel was sent on Monday, and it arrives tomorrow before noon, she said. " * 200


@pytest.mark.parametrize("case", CASES, ids=[case["message"][:40] for case in CASES])
def test_a_limit_is_read(case: dict[str, Any]) -> None:
    assert said(case["message"]) == Limit(case["tokens"], case["prompt"])


@pytest.mark.parametrize(
    "piece", ["maximum ", "context length ", "1,111,", "9", "limit of the ", "> "]
)
def test_hostile_messages_are_read_quickly(piece: str) -> None:
    began = time.process_time()
    said(piece * 100_000)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("limit", "least", "most"),
    [
        pytest.param(Limit(), 5000, 5000, id="nothing said: half of what was sent"),
        pytest.param(Limit(8192, 11_000), 4500, 6000, id="both said"),
        pytest.param(Limit(8192, 200_000), 0, 0, id="far too long"),
        pytest.param(Limit(2000), 2000, 5000, id="the limit alone"),
        pytest.param(Limit(100_000), 5000, 5000, id="a limit that our estimate is below"),
    ],
)
def test_what_is_sent_next_is_by_the_servers_own_numbers(
    limit: Limit, least: int, most: int
) -> None:
    request = ("word " * 2600)[:13_000]
    assert least <= context_budget.shrunk(10_000, request, limit, reserve=1000) <= most


@pytest.mark.parametrize("limit", [Limit(), Limit(8192, 12_000)])
def test_one_odd_text_does_not_shorten_all_others(limit: Limit) -> None:
    plain = context_budget.room(PROSE, 12_000, "rules " * 500, limit, reserve=1000)
    odd = context_budget.room("\U0001f600\u0301" * 8000, 1200, "rules " * 500, limit, reserve=1000)
    assert plain is not None
    assert odd is None or odd >= plain


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        pytest.param(PROSE + PROSE[: len(PROSE) // 2], 4096, id="prose, a quarter too long"),
        pytest.param(PROSE * 3, 4096, id="prose, three times too long"),
        pytest.param(PROSE * 3, 2050, id="no round number, but far too few"),
        pytest.param("订单明天中午之前送达,她说。" * 2000, 2048, id="Chinese"),
        pytest.param("for (i = 0; i < n; i++) { total += price[i]; }\n" * 800, 4096, id="code"),
    ],
)
def test_a_count_that_is_far_too_small_shows_a_cut(text: str, tokens: int) -> None:
    assert context_budget.was_cut(tokens, text)


@pytest.mark.parametrize(
    ("text", "chars_to_a_token"),
    [
        pytest.param(PROSE, 5.4, id="English, with the best of tokenizers"),
        pytest.param("def total(self) -> int:\n        return self.price\n" * 300, 5.5, id="code"),
        pytest.param("=" * 60_000, 64.0, id="a rule"),
        pytest.param(" " * 60_000, 80.0, id="spaces"),
        pytest.param("| \n" * 20_000, 3.0, id="empty lines"),
        pytest.param("0123456789" * 5000, 3.0, id="digits"),
        pytest.param("QUJDREVG+/9" * 4000, 3.0, id="base64"),
        pytest.param("Donaudampfschifffahrtsgesellschaft " * 900, 6.0, id="long words"),
        pytest.param("订单明天中午之前送达,她说。" * 2000, 2.2, id="Chinese"),
        pytest.param("配送は明日の正午までに届きます。" * 2000, 2.2, id="Japanese"),
        pytest.param("посылка придёт завтра до полудня " * 900, 6.0, id="Russian"),
        pytest.param('{"id":"a1","ok":true,"items":[1,2,3]}' * 900, 4.5, id="JSON"),
        pytest.param("short", 4.0, id="a few words"),
    ],
)
def test_a_whole_text_is_never_taken_for_a_cut_one(text: str, chars_to_a_token: float) -> None:
    assert not context_budget.was_cut(round(len(text) / chars_to_a_token) + 3, text)


@pytest.mark.parametrize("counted", [None, 0, 1, 200])
def test_a_count_that_is_no_context_shows_nothing(counted: int | None) -> None:
    assert not context_budget.was_cut(counted, PROSE)
