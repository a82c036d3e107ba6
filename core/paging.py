"""Keyset paging of rows in order of time: a page begins where another row stands.

A cursor is `<microseconds since the epoch>-<key>`. Page numbers would read and skip all rows
before, and would shift while rows arrive.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from django import forms
from django.db.models import Model, Q, QuerySet

from core.time_range.unix_time import microseconds_of, moment_of

Row = TypeVar("Row", bound=Model)

PAGE_SIZE: Final = 50


class Signed(int):
    """A key that may be negative, and takes all of a column's 64 bits: a span id."""

    def __new__(cls, text: str | int) -> Signed:
        number = super().__new__(cls, text)
        if not -(1 << 63) <= number < 1 << 63:
            raise ValueError("not in 64 bits")
        return number


#: How a key of that type is written in a cursor.
WRITTEN: Final = {int: r"[0-9]{1,18}", Signed: r"-?[0-9]{1,19}", UUID: r"[0-9a-f]{32}"}


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a row stands: its time, and the key that tells it from others of that time."""

    at: datetime
    key: int | UUID

    def __str__(self) -> str:
        key = self.key.hex if isinstance(self.key, UUID) else self.key
        return f"{microseconds_of(self.at)}-{key}"


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows in their order, and the cursors of the pages beside them, "" at an end."""

    rows: list[Row]
    older: str
    newer: str


@dataclass(frozen=True, slots=True)
class Pager:
    """`time` and `key` name columns. Among rows of one time the lowest key comes first; the
    highest one where `key` has a minus, as in `order_by`."""

    time: str
    key: str
    key_type: type[int] | type[Signed] | type[UUID]

    def read(self, text: str) -> Cursor:
        """Read a cursor from text, or raise ValueError for what is no cursor of this list."""
        match = re.fullmatch(rf"([0-9]{{1,16}})-({WRITTEN[self.key_type]})", text)
        if match is None:
            raise ValueError("not a page of this list")
        return Cursor(moment_of(int(match[1])), self.key_type(match[2]))

    def page(
        self,
        queryset: QuerySet[Row],
        older: Cursor | None = None,
        newer: Cursor | None = None,
        size: int = PAGE_SIZE,
        oldest_first: bool = False,
    ) -> Page[Row]:
        """Return the rows right beside a cursor: older than `older`, or newer than `newer`.

        Without either they are the first ones in the order of the list.
        """
        in_order = queryset.order_by(f"-{self.time}", self.key)
        below, above = (older, "lt"), (newer, "gt")
        if oldest_first:
            rows, has_older, has_newer = self._walk(in_order.reverse(), above, below, size)
            return Page(rows, self._place(rows[:1], has_older), self._place(rows[-1:], has_newer))
        rows, has_newer, has_older = self._walk(in_order, below, above, size)
        return Page(rows, self._place(rows[-1:], has_older), self._place(rows[:1], has_newer))

    def shortened(self, page: Page[Row], begin: int, end: int) -> Page[Row]:
        """Return the rows from `begin` to before `end` of a page as a page of their own, newest
        first; its neighbours begin right beside them."""
        rows = page.rows[begin:end]
        has_older, has_newer = (
            bool(page.older) or end < len(page.rows),
            bool(page.newer) or begin > 0,
        )
        return Page(rows, self._place(rows[-1:], has_older), self._place(rows[:1], has_newer))

    def older_than(self, row: Model) -> Q:
        """Return the condition for the rows that come after this one in the order of the list."""
        return self._beside(self._cursor(row), "lt")

    def _walk(
        self,
        in_order: QuerySet[Row],
        onward: tuple[Cursor | None, str],
        back: tuple[Cursor | None, str],
        size: int,
    ) -> tuple[list[Row], bool, bool]:
        """Return a page of rows, and whether rows stand before it and after it."""
        cursor, side = back
        if cursor is not None:
            nearest = in_order.filter(self._beside(cursor, side)).reverse()
            rows = list(nearest[: size + 1])[::-1]
            return rows[-size:], len(rows) > size, True
        cursor, side = onward
        if cursor is not None:
            in_order = in_order.filter(self._beside(cursor, side))
        rows = list(in_order[: size + 1])
        return rows[:size], cursor is not None, len(rows) > size

    def _beside(self, cursor: Cursor, side: str) -> Q:
        """Return the condition for the rows on one side of a cursor.

        side: "gt" for the newer rows, "lt" for the older ones. The time alone bounds the walk
        through the index; the rest decides among equal times.
        """
        key_side = side if self.key.startswith("-") else {"gt": "lt", "lt": "gt"}[side]
        apart = Q((f"{self.time}__{side}", cursor.at)) | Q(
            (f"{self._key_column}__{key_side}", cursor.key)
        )
        return apart & Q((f"{self.time}__{side}e", cursor.at))

    def _place(self, row: list[Row], has_more: bool) -> str:
        return str(self._cursor(row[0])) if row and has_more else ""

    def _cursor(self, row: Model) -> Cursor:
        return Cursor(getattr(row, self.time), getattr(row, self._key_column))

    @property
    def _key_column(self) -> str:
        return self.key.removeprefix("-")


@dataclass(frozen=True, slots=True)
class KeyPage:
    """Some keys of a list in its order, and the cursors of the pages beside them, "" at an end."""

    keys: list[UUID]
    older: str
    newer: str
    first: int  # which one of the list the first of them is, counted from 1


def page_of_keys(
    keys: Sequence[UUID],
    older: UUID | None = None,
    newer: UUID | None = None,
    size: int = PAGE_SIZE,
) -> KeyPage:
    """Return the keys behind `older` or before `newer`, of a list that is in any order and short
    enough to be read whole; the first ones without either, or where it is gone from the list."""
    places = {key: place for place, key in enumerate(keys)}
    start = 0
    if older in places:
        start = places[older] + 1
    elif newer in places:
        start = max(0, places[newer] - size)
    shown = list(keys[start : start + size])
    has_more = start + size < len(keys)
    return KeyPage(
        keys=shown,
        older=shown[-1].hex if shown and has_more else "",
        newer=shown[0].hex if shown and start else "",
        first=start + 1,
    )


class KeyField(forms.UUIDField):
    """A place in a list of keys, as the key of the row beside it; None for the first page."""

    def __init__(self) -> None:
        message = "That page does not exist; this is the first."
        super().__init__(
            required=False, widget=forms.HiddenInput, error_messages={"invalid": message}
        )


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
