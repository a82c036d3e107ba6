"""What the page of a span makes of its stored payload."""

from __future__ import annotations

from typing import Any

from tests.traces.conversations import span
from traces.pages.trace.span_details import MOST_ATTRIBUTES, details


def named(**attributes: Any) -> list[str]:
    return [attribute.name for attribute in details(span(1, **attributes)).attributes]


def test_attributes_stand_in_the_order_in_which_people_count() -> None:
    names = named(m__10__role="a", m__9__role="b", m__9__content="c", a="d")
    assert names == ["a", "m.9.content", "m.9.role", "m.10.role"]


def test_numbers_of_any_length_are_only_names() -> None:
    assert len(named(**{"9" * 5000: "a", "x": "b", "1x": "c", "²": "d"})) == 4


def test_a_short_value_stands_beside_its_name_and_a_long_one_is_folded() -> None:
    short, long, lines = details(span(1, a='{"b":[1]}', b="x" * 500, c="1\n2")).attributes
    assert (short.is_inline, short.value.text) == (True, '{"b":[1]}')
    assert (long.is_inline, long.size) == (False, 500)
    assert not lines.is_inline


def test_values_of_every_kind_are_shown_as_json() -> None:
    shown = details(span(1, a=True, b=None, c=[1, "x"], d={"e": 1.5}, f="text")).attributes
    assert [each.value.text for each in shown] == ["true", "null", '[1,"x"]', '{"e":1.5}', "text"]


def test_of_very_many_attributes_the_rest_is_shown_when_asked_for() -> None:
    many: dict[str, Any] = {f"key {n}": n for n in range(MOST_ATTRIBUTES + 3)}
    some, every = details(span(1, **many)), details(span(1, **many), whole=True)
    assert (len(some.attributes), some.more_attributes) == (MOST_ATTRIBUTES, 3)
    assert (len(every.attributes), every.more_attributes) == (MOST_ATTRIBUTES + 3, 0)


def test_a_failed_span_says_how() -> None:
    assert details(span(1, error="card declined")).error == "card declined"
    assert details(span(1)).error == ""
