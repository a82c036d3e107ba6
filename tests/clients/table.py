"""The table of docs/clients.md, from what the tests expect of each client.

python -m tests.clients.table     writes it into the page
"""

from __future__ import annotations

import re
from typing import Any, Final

from tests.clients.setups import PAGES, Setup, all_setups

PAGE: Final = PAGES.with_suffix(".md")
CELLS: Final = ("agent", "session", "user", "words", "tools", "tokens", "errors")
BEGIN, END = "<!-- table -->\n", "<!-- /table -->\n"


def rendered() -> str:
    setups = sorted(all_setups(), key=lambda setup: str(setup.facts["title"]).lower())
    head = ["client", "version", *CELLS]
    lines = [head, ["---"] * len(head), *(_row(setup) for setup in setups)]
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    notes = [_note(setup, cell) for setup in setups for cell in CELLS if cell in setup.not_sent]
    return table + "".join(["\n", *notes] if notes else [])


def _row(setup: Setup) -> list[str]:
    link = f"[{setup.facts['title']}](clients/{setup.name}.md)"
    version = f"`{setup.facts['package']}` {setup.version}"
    return [link, version, *(_mark(setup, cell) for cell in CELLS)]


def _mark(setup: Setup, cell: str) -> str:
    if cell not in setup.not_sent:
        return "✓"
    return "partly" if _says(setup.facts["cells"][cell]) else "not sent"


def _says(value: Any) -> bool:
    """Whether anything at all is there."""
    if isinstance(value, (dict, list)):
        return any(map(_says, value.values() if isinstance(value, dict) else value))
    return bool(value)


def _note(setup: Setup, cell: str) -> str:
    return f"- {setup.facts['title']}, {cell}: {setup.not_sent[cell]}\n"


def of_page() -> str:
    return PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]


if __name__ == "__main__":
    text = PAGE.read_text("utf-8")
    pattern = re.escape(BEGIN) + ".*?" + re.escape(END)
    PAGE.write_text(re.sub(pattern, lambda _: BEGIN + rendered() + END, text, flags=re.S), "utf-8")
