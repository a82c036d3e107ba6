"""What a procedure was given, field by field: strict where a field is read, deaf to all others.

A field that is null counts as left out, as the client means it. What is wrong is refused with a
sentence that names the field.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from api.inf.errors import refused
from api.rest.problems import Refused
from core.time_range.windows import FIRST, LAST

MOST_CHARS = 100_000
MOST_WORDS = 100
MOST_WHOLE = 10**12


class Given:
    """The fields of an input, or of an object in it."""

    def __init__(self, fields: Mapping[str, Any], place: str = "") -> None:
        self._fields, self._place = fields, place

    def has(self, name: str) -> bool:
        return self._fields.get(name) is not None

    def raw(self, name: str) -> Any:
        """Return a field as it was sent."""
        return self._fields.get(name)

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text; one without default must be there and not empty."""
        value = self._value(name, default)
        if not isinstance(value, str) or len(value) > MOST_CHARS:
            raise self._wrong(name, f"A text of at most {MOST_CHARS:,} characters.")
        if default is None and not value.strip():
            raise self._wrong(name, "This is needed.")
        return value

    def uuid(self, name: str) -> UUID:
        text = self.text(name)
        try:
            return UUID(text)
        except ValueError:
            raise self._wrong(name, "Give an id, such as the lists print it.") from None

    def whole(self, name: str, default: int | None = None, *, least: int, most: int) -> int:
        value = self._value(name, default)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self._wrong(name, f"A whole number from {least:,} to {most:,}.")
        return value

    def number(self, name: str, default: float | None = None) -> float:
        value = self._value(name, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self._wrong(name, "A number.")
        if abs(value) > 1e300 or not math.isfinite(value):
            raise self._wrong(name, "A number.")
        return float(value)

    def flag(self, name: str, default: bool | None = None) -> bool:
        value = self._value(name, default)
        if not isinstance(value, bool):
            raise self._wrong(name, "True or false.")
        return value

    def moment(self, name: str, default: datetime | None = None) -> datetime:
        """Return a moment; one that names no zone is in UTC."""
        value = self._value(name, default)
        if isinstance(value, datetime):
            return value
        try:
            read = datetime.fromisoformat(value)
            moment = read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
        except (TypeError, ValueError, OverflowError):
            said = "Write a moment such as 2026-11-27T08:00:00Z."
            raise self._wrong(name, said) from None
        if not FIRST <= moment <= LAST:
            raise self._wrong(name, f"A moment between {FIRST.year} and {LAST.year}.")
        return moment

    def words(self, name: str) -> list[str]:
        """Return a list of texts, empty where it is left out."""
        value = self._value(name, [])
        is_list = isinstance(value, list) and len(value) <= MOST_WORDS
        if not is_list or not all(isinstance(each, str) for each in value):
            raise self._wrong(name, f"A list of at most {MOST_WORDS} texts.")
        return list(value)

    def object(self, name: str) -> Given:
        """Return an object of fields, an empty one where it is left out."""
        value = self._value(name, {})
        if not isinstance(value, dict):
            raise self._wrong(name, "An object of fields.")
        return Given(value, self._named(name))

    def objects(self, name: str) -> list[Given]:
        """Return a list of objects, empty where it is left out."""
        value = self._value(name, [])
        is_list = isinstance(value, list) and len(value) <= 10_000
        if not is_list or not all(isinstance(each, dict) for each in value):
            raise self._wrong(name, "A list of objects.")
        return [Given(each, self._named(name)) for each in value]

    def pairs(self, name: str) -> dict[str, str]:
        """Return an object whose values are texts."""
        value = self._value(name, {})
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            raise self._wrong(name, "An object of texts.")
        return dict(value)

    def wrong(self, name: str, message: str) -> Refused:
        """Return the error that says what is wrong with a field."""
        return self._wrong(name, message)

    def _value(self, name: str, default: Any) -> Any:
        value = self._fields.get(name)
        if value is not None:
            return value
        if default is None:
            raise self._wrong(name, "This is needed.")
        return default

    def _named(self, name: str) -> str:
        return f"{self._place}.{name}" if self._place else name

    def _wrong(self, name: str, message: str) -> Refused:
        return refused(message, field=self._named(name))
