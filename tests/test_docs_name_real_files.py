"""The documentation names files that are there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
NAMED = re.compile(r"`((?:[\w.-]+/)*[\w-]+\.(?:py|js|css|html|lock|md))`")


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [f"/{name}" for name in listed.stdout.splitlines()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_a_document_names_is_there(document: Path) -> None:
    files = tracked()
    named = set(NAMED.findall(document.read_text("utf-8")))
    missing = {name for name in named if not any(path.endswith(f"/{name}") for path in files)}
    assert missing == set()
