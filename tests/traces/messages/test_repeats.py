"""A list that begins as an earlier one did is decoded from there on, to the same value."""

from __future__ import annotations

import json
import random
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from traces.messages import repeats


@pytest.fixture(autouse=True)
def short_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "_LEAST_CHARS", 10)
    monkeypatch.setattr(repeats, "_BEGINNING_CHARS", 5)


def outcome(loads: Any, text: str) -> Any:
    try:
        return loads(text)
    except ValueError:
        return "no JSON"


def broken(chance: random.Random, text: str) -> str:
    """The text with one letter missing, or one more."""
    place = chance.randrange(1, len(text))
    if chance.random() < 0.5:
        return text[:place] + text[place + 1 :]
    return text[:place] + chance.choice('{}[]," x1') + text[place:]


@pytest.mark.parametrize("seed", range(60))
def test_every_text_has_the_value_that_it_has_alone(seed: int) -> None:
    chance = random.Random(seed)
    words = ['a"b', "{x", "],[", "é\n", "\\", "", 1, 2.5, None, True, {"c": [{}]}]
    items: list[Any] = [{"role": "user", "content": "Hi"}]
    spaces = chance.choice((None, 1, 2))
    with repeats.remembered():
        for _ in range(60):
            items.append({"role": "user", "content": chance.choice(words)})
            if chance.random() < 0.1:
                items[chance.randrange(len(items))] = chance.choice(words)
            text = json.dumps(items, indent=spaces, ensure_ascii=chance.random() < 0.5)
            if chance.random() < 0.3:
                text = broken(chance, text)
            assert outcome(repeats.loads, text) == outcome(orjson.loads, text)


@pytest.mark.parametrize("end", ["]", ",]", ', {"a": 2}', '{"a": 2}]', "] x", ", 2]]", ""])
def test_what_follows_a_repeated_beginning_must_be_the_end_of_a_list(end: str) -> None:
    beginning = '[{"a": 1}, {"a": "two"}'
    with repeats.remembered():
        assert len(repeats.loads(f'{beginning}, {{"a": 3}}]')) == 3
        assert outcome(repeats.loads, beginning + end) == outcome(orjson.loads, beginning + end)


def test_a_long_conversation_is_decoded_about_once(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[int] = []

    def loads(text: str) -> Any:
        decoded.append(len(text))
        return orjson.loads(text)

    monkeypatch.setattr(repeats, "orjson", SimpleNamespace(loads=loads, dumps=orjson.dumps))
    items: list[Any] = []
    sent = 0
    with repeats.remembered():
        for number in range(400):
            items.append({"role": "user", "content": f"message {number}"})
            text = json.dumps(items)
            sent += len(text)
            assert repeats.loads(text) == items
    assert sum(decoded) < 2 * len(text)
    assert sent > 100 * len(text)


def test_no_more_than_some_histories_are_remembered() -> None:
    with repeats.remembered():
        for number in range(10, 100):
            repeats.loads(json.dumps([{f"{number}": "x"}, {"role": "user"}]))
        memory = repeats._memory.get()
        assert memory is not None
        assert len(memory.histories) == repeats._MOST_HISTORIES
    assert repeats._memory.get() is None
