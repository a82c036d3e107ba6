"""Docstrings of functions are full sentences with their verb first, as the next contributor will
copy the voice that stands there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = [
    "alerts",
    "benchmarks",
    "cli",
    "config",
    "core",
    "demo",
    "runner",
    "signals_app",
    "teams",
    "traces",
]

#: How a fragment begins that only its neighbour explains.
NO_VERBS = frozenset(
    re.findall(
        r"\w+",
        """
        a after all also an another any anybody anything as at because before beside beyond both
        but by each either even every everybody everything few first for from half her here his
        how if in its just last least less many more most newest next no nobody none not nothing
        now of oldest on one only or other others same several since so some somebody something
        still such that the their then there these they this those till to too two until very
        what when where whether which who whom whose with without yes
        """,
    )
)


def docstrings(app: str) -> Iterator[tuple[str, str]]:
    """Yield where each documented function stands, and its first paragraph."""
    for path in sorted((ROOT / app).rglob("*.py")):
        if "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            names = {each.id for each in node.decorator_list if isinstance(each, ast.Name)}
            if not names & {"property", "cached_property"} and (said := ast.get_docstring(node)):
                place = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
                yield place, said.partition("\n\n")[0].strip()


def first_word(sentence: str) -> str:
    return sentence.split()[0].strip("`\"“('").rstrip(".,:;").lower()


@pytest.mark.parametrize("app", APPS)
def test_a_docstring_begins_with_its_verb(app: str) -> None:
    assert [place for place, said in docstrings(app) if first_word(said) in NO_VERBS] == []


@pytest.mark.parametrize("app", APPS)
def test_a_docstring_ends_its_sentence(app: str) -> None:
    ends = (".", "?", "!", ":", '"', ")", "`")
    assert [place for place, said in docstrings(app) if not said.endswith(ends)] == []
