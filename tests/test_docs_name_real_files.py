"""The documentation names files that are there, and so does the code."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
NAMED = re.compile(r"`((?:[\w.-]+/)*[\w-]+\.(?:py|js|css|html|lock|md))`")
#: In code, docstrings and comments name modules without ceremony: "(model_server/pace.py)".
MODULE_NAMED = re.compile(r"(?<![\w./-])((?:\w+/)*\w+\.py)\b")
APPS = ("alerts", "config", "core", "demo", "runner", "signals_app", "teams", "traces")


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [f"/{name}" for name in listed.stdout.splitlines()]


def missing(names: Iterable[str]) -> set[str]:
    files = tracked()
    return {name for name in set(names) if not any(path.endswith(f"/{name}") for path in files)}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_a_document_names_is_there(document: Path) -> None:
    assert missing(NAMED.findall(document.read_text("utf-8"))) == set()


@pytest.mark.parametrize("app", APPS)
def test_every_module_that_the_code_names_is_there(app: str) -> None:
    texts = [path.read_text("utf-8") for path in (ROOT / app).rglob("*.py")]
    assert missing(name for text in texts for name in MODULE_NAMED.findall(text)) == set()
