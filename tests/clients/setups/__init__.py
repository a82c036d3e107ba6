"""The genuine clients that tests run, a folder each.

`requirements.txt` (or `package.json` with its lock) pins what is installed, `setup.json` says what
the client leaves in the database where that differs from `cells.EXPECTED`, and `docs/clients/`
holds its page, of which the test runs the lines.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
PAGES = FOLDER.parents[2] / "docs" / "clients"


@dataclass(frozen=True)
class Setup:
    """One client as its users set it up. Its name is that of its folder and of its page."""

    name: str

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    @property
    def is_python(self) -> bool:
        return (self.folder / "requirements.txt").exists()

    @cached_property
    def facts(self) -> dict[str, Any]:
        """title; package, whose version the table shows; not_sent: cell → why; cells; model.

        `instead` maps words of `cells.EXPECTED` to those that the client has for them (a name
        that it would take, a prompt that it puts around the given one), `own` has cells in which
        it tells all, and more: both are right, and `cells` are what is missing.
        """
        facts: dict[str, Any] = json.loads((self.folder / "setup.json").read_text("utf-8"))
        return facts

    @property
    def not_sent(self) -> dict[str, str]:
        """The cells that the client does not fill, wholly or in part, and why."""
        return dict(self.facts.get("not_sent", {}))

    @property
    def version(self) -> str:
        """Of the package that the table names, as it is pinned."""
        package = self.facts["package"]
        if not self.is_python:
            pins = json.loads((self.folder / "package.json").read_text("utf-8"))
            return str(pins["dependencies"][package])
        pins = (self.folder / "requirements.txt").read_text("utf-8")
        found = re.search(rf"^{re.escape(package)}==(\S+)$", pins, re.MULTILINE)
        assert found, f"{self.name}: {package} is not pinned"
        return found[1]

    @cached_property
    def page(self) -> str:
        return (PAGES / f"{self.name}.md").read_text("utf-8")

    @property
    def program(self) -> str:
        """The page's one block of code that is no shell's."""
        (program,) = re.findall(r"^```(?:python|js)\n(.*?)^```$", self.page, re.M | re.S)
        return str(program)

    @property
    def exports(self) -> dict[str, str]:
        """The variables that the page's shell lines export."""
        lines = "\n".join(re.findall(r"^```sh\n(.*?)^```$", self.page, re.M | re.S))
        found = re.findall(r'^export (\w+)=("?)(.*?)\2$', lines, re.MULTILINE)
        return {name: value for name, _, value in found}


def all_setups() -> list[Setup]:
    return [Setup(path.parent.name) for path in sorted(FOLDER.glob("*/setup.json"))]
