"""The sample is the same in Python and in PostgreSQL, of the right size, and nested."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from signals_app import sampling

RATES = st.floats(min_value=1e-9, max_value=1.0)
SPAN_IDS = st.integers(min_value=-(2**63), max_value=2**63 - 1)


@given(target=st.uuids(), salt=st.text(max_size=64), one=RATES, other=RATES)
def test_raising_the_rate_only_adds_targets(
    target: UUID, salt: str, one: float, other: float
) -> None:
    salt = salt.encode("utf-8", "replace").decode()
    text = sampling.target_text(target)
    low, high = sorted((one, other))
    assert not sampling.is_sampled(salt, text, low) or sampling.is_sampled(salt, text, high)


@given(target=st.uuids(), salt=st.text(alphabet="abc", max_size=9))
def test_a_rate_of_one_takes_all(target: UUID, salt: str) -> None:
    assert sampling.is_sampled(salt, sampling.target_text(target), 1.0)


def test_the_share_is_the_rate() -> None:
    texts = [secrets.token_hex(16) for _ in range(20_000)]
    share = sum(sampling.is_sampled("salt", text, 0.1) for text in texts) / len(texts)
    assert 0.09 < share < 0.11


def test_another_salt_is_another_sample() -> None:
    texts = [secrets.token_hex(16) for _ in range(4000)]
    one = {text for text in texts if sampling.is_sampled("one", text, 0.5)}
    two = {text for text in texts if sampling.is_sampled("two", text, 0.5)}
    assert 0.4 < len(one & two) / len(one) < 0.6


def test_rates_are_not_rounded_to_steps() -> None:
    places = [sampling.place("s", str(number)) for number in range(200_000)]
    assert 0 < sum(place < 0.00005 for place in places) < 40


def test_the_texts_that_are_hashed_stay_as_they_are() -> None:
    target = UUID("0123456789abcdef0123456789abcdef")
    assert sampling.target_text(target) == "0123456789abcdef0123456789abcdef"
    assert sampling.target_text(target, -1) == "0123456789abcdef0123456789abcdef:ffffffffffffffff"
    assert sampling.place("salt", sampling.target_text(target)) == pytest.approx(0.66276, abs=1e-5)


@pytest.mark.django_db
@settings(max_examples=60, deadline=None)
@given(target=st.uuids(), span_id=SPAN_IDS, rate=RATES)
def test_python_and_postgresql_agree(target: UUID, span_id: int, rate: float) -> None:
    values: dict[str, Any] = {"salt": "s:älz", "rate": rate, "target": target, "span": str(span_id)}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {sampling.sql_is_sampled('t.target')},"
            f" {sampling.sql_is_sampled('t.target', 't.span')}"
            " FROM (SELECT %(target)s::uuid AS target, %(span)s::bigint AS span) t",
            values,
        )
        found = cursor.fetchone()
    assert found == (
        sampling.is_sampled("s:älz", sampling.target_text(target), rate),
        sampling.is_sampled("s:älz", sampling.target_text(target, span_id), rate),
    )
