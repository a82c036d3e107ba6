"""Whole numbers that somebody else wrote: in an address, a cursor, a name of an attribute.

Python refuses to read more than 4,300 digits, and a column holds ten: everything that turns
such text into a number goes through here.
"""

from __future__ import annotations

from typing import Final

#: The largest number of PostgreSQL's `integer`.
MAX_INT32: Final = 2**31 - 1


def number_in(text: str, most: int = MAX_INT32) -> int | None:
    """Read ASCII digits as a number from 0 to `most`; None for any other text."""
    digits = text.lstrip("0")
    if not (text.isascii() and text.isdigit()) or len(digits) > len(str(most)):
        return None
    number = int(digits or "0")
    return number if number <= most else None


class NumberConverter:
    """A number in the path of an address, as `<number:name>`; others are no such page."""

    regex = "[0-9]{1,10}"

    def to_python(self, value: str) -> int:
        number = number_in(value)
        if number is None:
            raise ValueError("larger than any number of ours")
        return number

    def to_url(self, value: int) -> str:
        return str(value)
