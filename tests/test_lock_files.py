"""What is installed is what was tested: both lock files hold what pyproject.toml asks for."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROGRAM, TESTS = "requirements.lock", "requirements-test.lock"


def pins(name: str) -> dict[str, set[str]]:
    """Return the versions of each package that a lock file pins, by its name."""
    pinned: dict[str, set[str]] = {}
    for package, version in re.findall(
        r"^([a-z0-9.-]+)==([^ ;\\]+)", (ROOT / name).read_text("utf-8"), re.M
    ):
        pinned.setdefault(package, set()).add(version)
    return pinned


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("name", [PROGRAM, TESTS])
def test_a_lock_holds_every_dependency_of_the_program_within_its_range(name: str) -> None:
    pinned = pins(name)
    for text in PROJECT["project"]["dependencies"]:
        wanted = Requirement(text)
        versions = pinned[normal(wanted.name)]
        assert all(wanted.specifier.contains(version, prereleases=True) for version in versions)


def test_the_tests_lock_holds_what_the_tests_need_within_its_range() -> None:
    pinned = pins(TESTS)
    for text in PROJECT["dependency-groups"]["test"]:
        wanted = Requirement(text)
        versions = pinned[normal(wanted.name)]
        assert all(wanted.specifier.contains(version, prereleases=True) for version in versions)


def test_the_program_is_tested_with_the_versions_that_it_runs_with() -> None:
    tested = pins(TESTS)
    assert {name: tested[name] for name in pins(PROGRAM)} == pins(PROGRAM)


#: Our own folders, and what only one kind of installation has.
OURS = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {"grpc"}


def imported_by_the_program() -> set[str]:
    """Return the first name of every module that the program, tests left out, imports."""
    names: set[str] = set()
    for path in ROOT.glob("*/**/*.py"):
        if path.relative_to(ROOT).parts[0] in OURS - {"tests", "benchmarks"}:
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Import):
                    names |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    names.add(node.module.partition(".")[0])
    return names - OURS - set(sys.stdlib_module_names)


@pytest.mark.slow
def test_the_program_imports_only_what_it_declares() -> None:
    wanted = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
    declared = {normal(each.name) for each in wanted}
    # An extra such as psycopg[pool] brings a package of that name.
    declared |= {normal(f"{each.name}-{extra}") for each in wanted for extra in each.extras}
    distributions = packages_distributions()
    undeclared = {
        name
        for name in imported_by_the_program()
        if not declared & {normal(package) for package in distributions.get(name, [])}
    }
    assert undeclared == set()


@pytest.mark.parametrize("name", [PROGRAM, TESTS])
def test_every_pin_names_the_hashes_of_its_files_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    blocks = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert len(blocks) > 20
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in text


#: django-q2 imports it under `try`, and does without it.
TAKEN_IF_THERE = {"prometheus_client"}

#: Prints each module at the top of what the program has loaded, and the packages that bring it.
LOADED = """
import json, sys
import django
from importlib.metadata import packages_distributions
import config.asgi
import config.urls
from alerts import tasks
from api import tasks
from runner import launcher
from signals_app import tasks
from traces import tasks
brought_by = packages_distributions()
tops = {name.partition(".")[0] for name in sys.modules}
print(json.dumps({top: brought_by[top] for top in sorted(tops) if top in brought_by}))
"""


def test_the_program_loads_nothing_but_what_its_own_lock_holds() -> None:
    """A package that only the tests install would be missed on a fresh machine alone: some library
    may import one that it does not ask for."""
    given = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "ENV_FILE": os.devnull}
    command = [sys.executable, "-W", "ignore", "-c", LOADED]
    done = subprocess.run(command, env=given, capture_output=True, text=True, check=True, cwd=ROOT)
    locked = {normal(name) for name in pins("requirements.lock")} | {"setuptools"}
    missing = {
        top: packages
        for top, packages in json.loads(done.stdout).items()
        if not locked & {normal(name) for name in packages}
    }
    assert missing.keys() <= TAKEN_IF_THERE
