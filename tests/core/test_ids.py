from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import ids


@given(st.binary(min_size=8, max_size=8))
def test_a_span_id_survives_the_way_to_the_database_and_back(raw: bytes) -> None:
    number = ids.span_id_from_bytes(raw)
    assert -(2**63) <= number < 2**63
    assert ids.span_id_hex(number) == raw.hex()
    assert ids.span_id_from_hex(raw.hex()) == number


@given(st.binary(min_size=16, max_size=16))
def test_a_trace_id_survives_the_way_to_the_database_and_back(raw: bytes) -> None:
    assert ids.trace_id_from_hex(raw.hex()).hex == raw.hex()


@pytest.mark.parametrize("text", ["", "abc", "g" * 16, "0" * 17], ids=repr)
def test_what_is_not_a_span_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        ids.span_id_from_hex(text)


def test_the_same_session_id_under_two_agents_is_two_sessions() -> None:
    assert ids.session_key(1, "a") != ids.session_key(2, "a")
    assert ids.session_key(1, "a") == ids.session_key(1, "a")
