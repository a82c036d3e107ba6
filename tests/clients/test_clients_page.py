"""docs/clients.md says of each client what the tests expect of it."""

from __future__ import annotations

import re

import pytest

from tests.clients import cells, table
from tests.clients.setups import PAGES, Setup, all_setups

each_setup = pytest.mark.parametrize("setup", all_setups(), ids=lambda setup: setup.name)


def test_the_table_is_what_the_tests_expect() -> None:
    message = "write it with `python -m tests.clients.table`"
    assert table.of_page() == table.rendered(), message


def test_each_page_is_of_a_client_that_is_run() -> None:
    names = {path.stem for path in PAGES.glob("*.md")}
    assert names == {setup.name for setup in all_setups()}


@each_setup
def test_a_cell_differs_only_where_a_reason_stands(setup: Setup) -> None:
    given = setup.facts.get("cells", {})
    assert set(given) == set(setup.not_sent)
    assert set(given) <= set(cells.EXPECTED) == set(table.CELLS)
    assert all(value != cells.EXPECTED[cell] for cell, value in given.items())


@each_setup
def test_what_a_page_installs_is_pinned(setup: Setup) -> None:
    (line,) = re.findall(r"^(?:pip|npm) install (.+)$", setup.page, re.MULTILINE)
    pins = (setup.folder / ("requirements.txt" if setup.is_python else "package.json")).read_text()
    for word in line.split():
        name = re.sub(r"\[.*\]|==.*", "", word.strip("\"'"))
        assert re.search(rf'^\s*"?{re.escape(name)}(==|": )', pins, re.MULTILINE), name
