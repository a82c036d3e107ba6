"""The command line as a package: small, quick, and with nothing of the server in it."""

from __future__ import annotations

import ast
import os
import resource
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from signals_cli import VERSION

ROOT = Path(__file__).resolve().parents[2]
CLI = ROOT / "cli"
MODULES = sorted((CLI / "signals_cli").rglob("*.py"))
PROJECT = tomllib.loads((CLI / "pyproject.toml").read_text("utf-8"))["project"]
MAY_IMPORT = {"httpx2", "rich", "signals_cli", "typer", "yaml"}


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names


def test_it_imports_what_its_package_names_and_nothing_of_the_server() -> None:
    assert {name for path in MODULES for name in imported(path)} <= MAY_IMPORT


def test_no_module_is_longer_than_400_lines() -> None:
    lengths = {path.name: len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert {name: n for name, n in lengths.items() if n > 400} == {}


def test_no_folder_holds_more_than_15_modules() -> None:
    held = Counter(path.parent.name for path in MODULES if path.name != "__init__.py")
    assert {folder: n for folder, n in held.items() if n > 15} == {}


def test_its_version_stands_in_two_places() -> None:
    assert PROJECT["version"] == VERSION


def started(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "signals_cli", *words],
        env=os.environ | {"PYTHONPATH": str(CLI)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_loads_neither_http_nor_tables() -> None:
    code = (
        "import sys; from signals_cli.app import run; run(['--help'])\n"
        "print(*sorted({'httpx2', 'rich', 'yaml', 'pydantic', 'asyncio'} & set(sys.modules)))"
    )
    environment = os.environ | {"PYTHONPATH": str(CLI)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == ""


@pytest.mark.slow
def test_help_is_there_in_less_than_a_third_of_a_second() -> None:
    """Of the processor's time, which is what passes on a quiet machine."""
    took = []
    for _ in range(5):
        begun = _seconds_of_children()
        assert started("--help").returncode == 0
        took.append(_seconds_of_children() - begun)
    assert min(took) < 0.3


def _seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_can_complete(shell: str) -> None:
    source = started(
        _SIGNALS_COMPLETE=f"source_{shell}", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1"
    )
    assert "signals" in source.stdout
    words = {"COMP_WORDS": "signals ale", "COMP_CWORD": "1"}
    words |= {"_TYPER_COMPLETE_ARGS": "signals ale", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    assert "alerts" in started(_SIGNALS_COMPLETE=f"complete_{shell}", **words).stdout


def test_make_puts_the_program_beside_the_server(tmp_path: Path) -> None:
    """As `make run` does, in a folder of its own whose name has a space."""
    folder = tmp_path / "a copy"
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / "cli").symlink_to(CLI)
    python = folder / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    words = ["make", "-s", "-f", str(ROOT / "Makefile"), "-o", ".venv/installed"]
    (folder / "Makefile").touch()
    subprocess.run([*words, ".venv/bin/signals"], cwd=folder, check=True, capture_output=True)
    program = folder / ".venv" / "bin" / "signals"
    done = subprocess.run(
        [program, "--version"], cwd="/", capture_output=True, text=True, check=True
    )
    assert done.stdout == f"signals {VERSION}\n"
