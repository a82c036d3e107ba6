"""Keyset paging of rows in order of time, newest first: a page begins where another row stands.

A cursor is `<microseconds since the epoch>-<key>`. Page numbers would read and skip all rows
before, and would shift while rows arrive.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from django import forms
from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)

PAGE_SIZE: Final = 50
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
#: How a key of that type is written in a cursor.
WRITTEN: Final = {int: r"[0-9]{1,18}", UUID: r"[0-9a-f]{32}"}


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a row stands: its time, and the key that tells it from others of that time."""

    at: datetime
    key: int | UUID

    def __str__(self) -> str:
        key = self.key.hex if isinstance(self.key, UUID) else self.key
        return f"{(self.at - EPOCH) // MICROSECOND}-{key}"


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows newest first, and the cursors of the pages beside them, "" at an end."""

    rows: list[Row]
    older: str
    newer: str


@dataclass(frozen=True, slots=True)
class Pager:
    """`time` and `key` name columns. Among rows of one time the lowest key comes first; the
    highest one where `key` has a minus, as in `order_by`."""

    time: str
    key: str
    key_type: type[int] | type[UUID]

    def read(self, text: str) -> Cursor:
        """Raises ValueError for what is no cursor of this list."""
        match = re.fullmatch(rf"([0-9]{{1,16}})-({WRITTEN[self.key_type]})", text)
        if match is None:
            raise ValueError("not a page of this list")
        return Cursor(EPOCH + int(match[1]) * MICROSECOND, self.key_type(match[2]))

    def page(
        self,
        found: QuerySet[Row],
        older: Cursor | None = None,
        newer: Cursor | None = None,
        size: int = PAGE_SIZE,
    ) -> Page[Row]:
        """The rows below the one at `older`, or right above the one at `newer`, or the first."""
        newest_first = found.order_by(f"-{self.time}", self.key)
        if newer is not None:
            above = newest_first.filter(self._beside(newer, "gt")).reverse()
            rows = list(above[: size + 1])[::-1]
            return self._page(rows[-size:], has_older=True, has_newer=len(rows) > size)
        if older is not None:
            newest_first = newest_first.filter(self._beside(older, "lt"))
        rows = list(newest_first[: size + 1])
        return self._page(rows[:size], has_older=len(rows) > size, has_newer=older is not None)

    def _beside(self, cursor: Cursor, side: str) -> Q:
        """`side`: "gt" for the newer rows, "lt" for the older ones.

        The time alone bounds the walk through the index; the rest decides among equal times.
        """
        key_side = side if self.key.startswith("-") else {"gt": "lt", "lt": "gt"}[side]
        apart = Q((f"{self.time}__{side}", cursor.at)) | Q(
            (f"{self._key_column}__{key_side}", cursor.key)
        )
        return apart & Q((f"{self.time}__{side}e", cursor.at))

    def _page(self, rows: list[Row], has_older: bool, has_newer: bool) -> Page[Row]:
        return Page(
            rows=rows,
            older=str(self._cursor(rows[-1])) if rows and has_older else "",
            newer=str(self._cursor(rows[0])) if rows and has_newer else "",
        )

    def _cursor(self, row: Model) -> Cursor:
        return Cursor(getattr(row, self.time), getattr(row, self._key_column))

    @property
    def _key_column(self) -> str:
        return self.key.removeprefix("-")


class CursorField(forms.CharField):
    """A place in a list, as a `Cursor`; None for the first page."""

    def __init__(self, pager: Pager) -> None:
        super().__init__(required=False, widget=forms.HiddenInput)
        self.pager = pager

    def clean(self, value: Any) -> Cursor | None:
        text = super().clean(value)
        try:
            return self.pager.read(text) if text else None
        except ValueError:
            raise forms.ValidationError("That page does not exist; this is the first.") from None
