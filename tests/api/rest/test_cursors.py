"""Cursors are opaque, and good for the list and the filters that they came from."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from api.rest import cursors
from api.rest.problems import Refused


def asked(path: str = "/api/v1/traces", **query: Any) -> HttpRequest:
    return RequestFactory().get(path, query)


def test_a_cursor_gives_back_the_place_that_it_was_written_for() -> None:
    text = cursors.written(asked(status="error"), "12-34")
    assert text is not None
    assert cursors.read(asked(status="error"), text, str) == "12-34"


def test_no_cursor_is_the_first_page_and_no_place_no_cursor() -> None:
    assert cursors.read(asked(), "", str) is None
    assert cursors.written(asked(), "") is None


def test_a_page_of_another_size_goes_on_where_the_one_before_ended() -> None:
    text = cursors.written(asked(limit=10), "12-34")
    assert text is not None
    assert cursors.read(asked(limit=50, cursor=text), text, str) == "12-34"


@pytest.mark.parametrize("other", [asked(status="ok"), asked("/api/v1/sessions", status="error")])
def test_a_cursor_of_other_filters_or_another_list_is_refused(other: HttpRequest) -> None:
    text = cursors.written(asked(status="error"), "12-34")
    assert text is not None
    with pytest.raises(Refused) as refusal:
        cursors.read(other, text, str)
    assert (refusal.value.status, refusal.value.code) == (422, "cursor_of_other_filters")


def forged(words: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(words).encode()).decode()


@pytest.mark.parametrize(
    "text",
    ["x", "é", "====", "a" * 1000, forged([]), forged({}), forged([2, "", "1"]), forged([1, 2, 3])],
)
def test_what_is_no_cursor_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        cursors.read(asked(), text, int)
    assert refusal.value.field == "cursor"


def test_a_place_that_the_list_cannot_read_is_refused() -> None:
    text = cursors.written(asked(), "not a number")
    assert text is not None
    with pytest.raises(Refused):
        cursors.read(asked(), text, int)
