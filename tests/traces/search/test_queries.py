"""What a query refuses, by field, whichever door it came through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from traces.search.queries import Query, SessionQuery, TraceQuery, metadata_pair

NOW = datetime(2026, 11, 27, tzinfo=UTC)
WINDOW: dict[str, Any] = {"start": NOW - timedelta(days=1), "end": NOW}


def refusals(query: type[Query], /, **values: Any) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        query(**{**WINDOW, **values})
    return refused.value.message_dict


@pytest.mark.parametrize("kind", [TraceQuery, SessionQuery])
@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("end", {"end": NOW - timedelta(days=1)}),
        ("text", {"text": "x" * 201}),
        ("session_id", {"session_id": "a\x00b"}),
        ("user_id", {"user_id": "\x00"}),
        ("status", {"status": "lost"}),
    ],
)
def test_what_is_wrong_in_any_list_is_said_at_its_field(
    kind: type[Query], field: str, values: dict[str, Any]
) -> None:
    assert list(refusals(kind, **values)) == [field]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("kind", {"kind": "robot"}),
        ("min_s", {"min_s": -1}),
        ("max_usd", {"max_usd": 2e9}),
        ("max_tokens", {"min_tokens": 5, "max_tokens": 4}),
        ("min_s", {"min_s": float("nan")}),
        ("metadata", {"metadata": tuple((str(n), "x") for n in range(6))}),
    ],
)
def test_what_is_wrong_among_the_filters_of_traces_is_said_at_its_field(
    field: str, values: dict[str, Any]
) -> None:
    assert list(refusals(TraceQuery, **values)) == [field]


def test_several_mistakes_are_said_together() -> None:
    assert set(refusals(TraceQuery, status="lost", kind="robot")) == {"status", "kind"}


def test_a_limit_of_zero_narrows_and_an_empty_query_does_not() -> None:
    assert TraceQuery(**WINDOW, max_usd=0.0).is_narrowed
    assert not TraceQuery(**WINDOW).is_narrowed


def test_a_session_waits_for_turns_and_a_trace_for_spans() -> None:
    assert SessionQuery(**WINDOW, status="open").is_narrowed
    assert "status" in refusals(SessionQuery, status="ok")


@pytest.mark.parametrize("text", ["plan", "=pro", "k=" + "v" * 500, "k=\x00"])
def test_what_is_no_pair_of_metadata_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        metadata_pair(text)


def test_a_pair_is_split_at_its_first_equals_sign() -> None:
    assert metadata_pair(" plan = a=b ") == ("plan", "a=b")
