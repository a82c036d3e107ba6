"""No setting is undocumented, and no document names a default that is not the code's."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
EXAMPLE_LINE = re.compile(r"^# ([A-Z][A-Z0-9_]+)=(.*)$", re.MULTILINE)
TABLE_ROW = re.compile(r"^\| `([A-Z][A-Z0-9_]+)` \|(?: `([^`]*)`)? \| (.+) \|$", re.MULTILINE)

PRINT_SETTINGS = """
import json
from config import env, settings
shown = {n: v for n, v in vars(settings).items() if n.isupper()}
print(json.dumps({"names": sorted(set(env.read_names)), "values": shown}, default=str))
"""


def settings_with(env_file: Path) -> dict[str, Any]:
    """Return what a fresh process makes of a file of settings and nothing else."""
    environment = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "only-for-tests",
        "ENCRYPTION_KEY": "only-for-tests",
        "ENV_FILE": str(env_file),
    }
    words = [sys.executable, "-c", PRINT_SETTINGS]
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, check=True)
    settings: dict[str, Any] = json.loads(done.stdout)
    return settings


def example() -> dict[str, str]:
    return dict(EXAMPLE_LINE.findall((ROOT / ".env.example").read_text(encoding="utf-8")))


def documented() -> dict[str, str]:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    return {name: default for name, default, _meaning in TABLE_ROW.findall(text)}


def test_every_setting_stands_in_the_example_file() -> None:
    assert sorted(example()) == settings_with(Path(os.devnull))["names"]


def test_every_setting_stands_in_the_documentation() -> None:
    assert sorted(documented()) == settings_with(Path(os.devnull))["names"]


def test_the_documentation_and_the_example_file_name_the_same_defaults() -> None:
    assert documented() == example()


def test_the_example_files_values_are_the_defaults(tmp_path: Path) -> None:
    uncommented = tmp_path / "settings"
    lines = [f"{name}={value}" for name, value in example().items() if name != "ENV_FILE"]
    uncommented.write_text("\n".join(lines), encoding="utf-8")
    assert settings_with(uncommented)["values"] == settings_with(Path(os.devnull))["values"]
