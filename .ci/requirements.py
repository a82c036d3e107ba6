"""Prints the dependencies that pyproject.toml names: the program's, or a group's.

Any pip reads this, where `pip install --group` needs a recent one.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

PROJECT = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))


def requirements(group: str | None) -> list[str]:
    if group:
        return list(PROJECT["dependency-groups"][group])
    return list(PROJECT["project"]["dependencies"])


if __name__ == "__main__":
    sys.stdout.write("\n".join(requirements(sys.argv[1] if sys.argv[1:] else None)) + "\n")
