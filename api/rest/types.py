"""The types of what is sent and asked for: strict in JSON, and within what the database can hold.

Every type names in the document exactly what it takes, so that what the document allows is
accepted and everything else is refused by field.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Schema
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, WithJsonSchema

from core.time_range.windows import FIRST, LAST

_RFC3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,18})", re.ASCII)
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,18})(\.\d{1,18})?([eE][+-]?\d{1,3})?", re.ASCII)


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("Null characters are not allowed.")
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("Half of a character is not allowed.")
    return text


def _moment(value: Any) -> Any:
    """Read a moment of RFC 3339 with its zone. Raises ValueError with a sentence."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        raise ValueError("Write a moment with its zone, such as 2026-11-27T08:00:00Z.")
    try:
        moment = datetime.fromisoformat(_six_digits(value)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("There is no such moment.") from None
    if not FIRST <= moment <= LAST:
        raise ValueError(f"A moment between {FIRST.year} and {LAST.year}.")
    return moment


def _six_digits(text: str) -> str:
    """Cut fractions of a second finer than microseconds."""
    return re.sub(r"(\.\d{6})\d+", r"\1", text.upper())


def _whole(value: Any) -> Any:
    """Read a whole number of an address: digits alone."""
    if isinstance(value, str):
        if not _WHOLE.fullmatch(value):
            raise ValueError("A whole number is expected.")
        return int(value)
    return value


def _number(value: Any) -> Any:
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            raise ValueError("A number is expected.")
        return float(value)
    return value


def _yes_or_no(value: Any) -> Any:
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _no_truth(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("A number is expected.")
    return value


def _id(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return UUID(value)
        except ValueError:
            raise ValueError("An id is expected, such as those that lists answer.") from None
    return value


#: The default of a parameter that may be left out: its type stays the one of what is sent, since
#: an address has no null.
NOT_GIVEN: Any = None

NoNul = AfterValidator(_without_nul)
#: Before a choice of numbers, since Python's True and False are equal to two of them.
NoTruth = BeforeValidator(_no_truth)
#: Read a number of an address; stands behind the bounds, which the document says.
NumberText, WholeText = BeforeValidator(_number), BeforeValidator(_whole)
Text = Annotated[str, NoNul, Field(max_length=1000)]
LongText = Annotated[str, NoNul, Field(max_length=100_000)]
#: Answered as 2026-11-27T08:00:00Z.
Moment = Annotated[datetime, BeforeValidator(_moment), Field(strict=False)]
Id = Annotated[UUID, BeforeValidator(_id), Field(strict=False)]
#: In addresses, where everything is text; bounds stand before the reading of the text, since the
#: document says only those.
Whole = Annotated[int, Field(ge=0, le=10**15), BeforeValidator(_whole)]
Number = Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False), BeforeValidator(_number)]
Flag = Annotated[
    bool, BeforeValidator(_yes_or_no), Field(strict=True), WithJsonSchema({"type": "boolean"})
]
Limit = Annotated[
    int, Field(ge=1, le=200, description="Rows of one page."), BeforeValidator(_whole)
]
CursorText = Annotated[
    str, NoNul, Field(max_length=1000, description="`next_cursor` of the page before.")
]
Fraction = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]


class Given(Schema):
    """A body: unknown fields and wrong types are refused, never guessed."""

    model_config = ConfigDict(extra="forbid", strict=True)
