from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError

from core.paging import Cursor, CursorField, Pager
from tests.traces.arrivals import new_project
from traces.models import Agent

NOON = datetime(2026, 6, 1, 12, 0, 0, 5, tzinfo=UTC)
BY_UUID = Pager("first_seen_at", "uuid", UUID)
BY_ID = Pager("first_seen_at", "-id", int)


@pytest.fixture
def agents() -> None:
    """Eleven in an order that is neither key's, several at one moment."""
    project = new_project()
    for number, second in enumerate([3, 1, 1, 2, 1, 1, 3, 0, 1, 2, 1]):
        at = NOON + timedelta(seconds=second)
        Agent.objects.create(
            project=project, identity=str(number), first_seen_at=at, last_seen_at=at
        )


PAGERS = pytest.mark.parametrize(
    ("pager", "order"),
    [
        pytest.param(BY_UUID, ("-first_seen_at", "uuid"), id="lowest key first"),
        pytest.param(BY_ID, ("-first_seen_at", "-id"), id="highest key first"),
    ],
)


@PAGERS
@pytest.mark.django_db
@pytest.mark.parametrize("size", [1, 2, 3, 5, 10, 11, 12])
def test_a_walk_to_the_end_and_back_meets_every_row_once_in_order(
    agents: None, pager: Pager, order: tuple[str, str], size: int
) -> None:
    every = list(Agent.objects.order_by(*order))
    pages = [pager.page(Agent.objects.all(), size=size)]
    while pages[-1].older:
        pages.append(pager.page(Agent.objects.all(), older=pager.read(pages[-1].older), size=size))
    assert [row for page in pages for row in page.rows] == every
    for before, page in pairwise(pages):
        back = pager.page(Agent.objects.all(), newer=pager.read(page.newer), size=size)
        assert (back.rows, back.newer, back.older) == (before.rows, before.newer, before.older)
    assert pages[0].newer == ""


@PAGERS
@pytest.mark.django_db
@pytest.mark.parametrize("size", [1, 2, 3, 5, 10, 11, 12])
def test_a_walk_from_the_oldest_meets_every_row_once_in_the_order_turned_round(
    agents: None, pager: Pager, order: tuple[str, str], size: int
) -> None:
    found, every = Agent.objects.all(), list(Agent.objects.order_by(*order).reverse())
    pages = [pager.page(found, size=size, oldest_first=True)]
    while place := pages[-1].newer:
        pages.append(pager.page(found, newer=pager.read(place), size=size, oldest_first=True))
    assert [row for page in pages for row in page.rows] == every
    for before, page in pairwise(pages):
        back = pager.page(found, older=pager.read(page.older), size=size, oldest_first=True)
        assert (back.rows, back.newer, back.older) == (before.rows, before.newer, before.older)
    assert pages[0].older == ""


@pytest.mark.django_db
def test_rows_that_arrive_do_not_shift_the_page_that_is_asked_for(agents: None) -> None:
    first = BY_ID.page(Agent.objects.all(), size=4)
    second = BY_ID.page(Agent.objects.all(), older=BY_ID.read(first.older), size=4)
    late = NOON + timedelta(minutes=1)
    Agent.objects.create(
        project=new_project(), identity="late", first_seen_at=late, last_seen_at=late
    )
    again = BY_ID.page(Agent.objects.all(), older=BY_ID.read(first.older), size=4)
    assert again.rows == second.rows


@pytest.mark.django_db
def test_a_list_without_rows_has_no_page_beside_it() -> None:
    page = BY_ID.page(Agent.objects.all())
    assert (page.rows, page.older, page.newer) == ([], "", "")


@pytest.mark.parametrize(
    ("pager", "key"), [(BY_ID, 7), (BY_ID, 10**18 - 1), (BY_UUID, UUID(int=7))], ids=repr
)
def test_a_cursor_survives_the_way_through_the_address(pager: Pager, key: int | UUID) -> None:
    cursor = Cursor(NOON, key)
    assert pager.read(str(cursor)) == cursor


@pytest.mark.parametrize(
    ("pager", "text"),
    [
        (BY_ID, "1-x"),
        (BY_ID, "-1-1"),
        (BY_ID, "1-1 "),
        (BY_ID, "1-" + "1" * 19),
        (BY_ID, "1-" + "0" * 32),
        (BY_ID, "1" * 17 + "-1"),
        (BY_ID, "9" * 16 + "-"),
        (BY_UUID, "1-1"),
        (BY_UUID, "1-" + "F" * 32),
        (BY_UUID, "\N{ARABIC-INDIC DIGIT ONE}-" + "0" * 32),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_cursor_of_the_list_is_refused(pager: Pager, text: str) -> None:
    with pytest.raises(ValueError, match="not a page of this list"):
        pager.read(text)


def test_the_longest_cursor_is_a_moment() -> None:
    assert BY_ID.read("9" * 16 + "-1").at.year == 2286


def test_the_field_says_what_is_shown_in_the_place_of_a_page_that_is_not_there() -> None:
    with pytest.raises(ValidationError, match="That page does not exist; this is the first"):
        CursorField(BY_ID).clean("1-x")


def test_no_cursor_is_the_first_page() -> None:
    assert CursorField(BY_ID).clean("") is None
