"""The table of verbs in docs/architecture.md is true: each is there, and needs no request."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "architecture.md").read_text("utf-8")
TABLE = PAGE.partition("## Verbs")[2].partition("\n## ")[0]
VERBS = sorted(set(re.findall(r"`((?:teams|traces|signals_app|alerts)\.[\w.]+\.\w+)`", TABLE)))
#: What no door but a page has.
OF_PAGES = re.compile(r"HttpRequest|SignedInRequest|QueryDict|Form\b|Field\b")


def function_of(path: str) -> Callable[..., Any]:
    module, _dot, name = path.rpartition(".")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found


def test_the_table_has_the_verbs_of_every_app() -> None:
    assert len(VERBS) > 60
    assert {path.partition(".")[0] for path in VERBS} == {
        "teams",
        "traces",
        "signals_app",
        "alerts",
    }


@pytest.mark.parametrize("path", VERBS)
def test_a_verb_takes_values_and_stands_below_the_pages(path: str) -> None:
    function = function_of(path)
    assert callable(function)
    assert ".pages." not in f".{function.__module__}."
    parameters = inspect.signature(function).parameters.values()
    assert [p.name for p in parameters if OF_PAGES.search(str(p.annotation))] == []
    assert {p.name for p in parameters} & {"request", "form"} == set()


@pytest.mark.parametrize("path", VERBS)
def test_a_verb_says_in_a_sentence_what_it_does(path: str) -> None:
    said = inspect.getdoc(function_of(path)) or ""
    first = said.partition("\n\n")[0]
    assert re.match(r"[A-Z][a-z]+ ", first), "it begins with a verb"
    assert first.rstrip().endswith(".")
