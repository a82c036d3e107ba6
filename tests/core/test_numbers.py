"""Numbers that somebody else wrote."""

from __future__ import annotations

import pytest

from core.numbers import MAX_INT32, NumberConverter, number_in


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("007", 7),
        ("0" * 9_000 + "1", 1),
        (str(MAX_INT32), MAX_INT32),
        (str(MAX_INT32 + 1), None),
        ("9" * 5_000, None),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("1_0", None),
        ("\u0663" * 5_000, None),
        ("\u00b2", None),
    ],
)
def test_digits_are_a_number_of_ours_or_none(text: str, number: int | None) -> None:
    assert number_in(text) == number


def test_an_address_with_a_larger_number_is_no_page() -> None:
    with pytest.raises(ValueError, match="larger"):
        NumberConverter().to_python(str(MAX_INT32 + 1))
