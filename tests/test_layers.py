"""Imports point down one list: each app may import what stands to its right."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = [
    "config",
    "runner",
    "demo",
    "api",
    "halo",
    "alerts",
    "signals_app",
    "traces",
    "teams",
    "core",
]


def modules(app: str) -> list[Path]:
    return [p for p in sorted((ROOT / app).rglob("*.py")) if "migrations" not in p.parts]


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imported(path: Path) -> list[tuple[int, str]]:
    """Return line and dotted name of every import, also of those hidden in functions."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found += ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append((node.lineno, node.module))
    return found


def offences(app: str) -> list[str]:
    allowed = LAYERS[LAYERS.index(app) :]
    found = []
    for path in modules(app):
        for line, name in imported(path):
            top = name.partition(".")[0]
            if top in LAYERS and top not in allowed:
                found.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
            if top == "tests":
                found.append(f"{path.relative_to(ROOT)}:{line} imports the tests")
    return found


@pytest.mark.parametrize("app", [app for app in LAYERS if (ROOT / app).is_dir()])
def test_an_app_imports_only_what_stands_to_its_right(app: str) -> None:
    assert offences(app) == []


def test_no_import_of_ours_hides_in_a_function() -> None:
    found = []
    for app in LAYERS:
        for path in modules(app) if (ROOT / app).is_dir() else []:
            tree = parsed(path)
            functions = [
                n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
            ]
            for function in functions:
                for node in ast.walk(function):
                    if not isinstance(node, ast.ImportFrom) or not node.module:
                        continue
                    if node.module.partition(".")[0] in LAYERS:
                        place = f"{path.relative_to(ROOT)}:{node.lineno}"
                        found.append(f"{place} imports {node.module}")
    assert found == []


#: Each outside system has one module that speaks to it.
SPEAKERS = {
    "openai": {"signals_app/judging/model_server/client.py"},
    "slack_sdk": {"alerts/delivery/slack.py"},
    "smtplib": {"alerts/delivery/email.py", "core/mail.py"},
    "httpcore2": {"core/http/outbound.py", "core/http/guarded_transport.py"},
    "csv": {"core/spreadsheet.py"},  # what a stranger wrote is no formula in any file
    "cryptography": {
        "core/sealing.py",
        "config/secret.py",
        "runner/backups/sealed_stream.py",
    },
}


def users_of(package: str) -> set[str]:
    return {
        str(path.relative_to(ROOT))
        for app in LAYERS
        if (ROOT / app).is_dir()
        for path in modules(app)
        for _line, name in imported(path)
        if name.partition(".")[0] == package
    }


@pytest.mark.parametrize("package", SPEAKERS)
def test_one_module_speaks_to_each_outside_system(package: str) -> None:
    assert users_of(package) == SPEAKERS[package]


def test_nothing_else_opens_a_connection() -> None:
    """But to ourselves, and to the judge, whose address the operator sets."""
    ours = {"runner/web_server.py", "demo/live.py"}
    guarded, judge = "core/http/guarded_transport.py", "signals_app/judging/model_server/client.py"
    assert users_of("httpx2") == {guarded, judge}
    assert users_of("http") <= {*ours, "alerts/delivery/slack.py"}
    assert not users_of("requests") | users_of("urllib3") | users_of("aiohttp")


@pytest.mark.parametrize("app", [app for app in LAYERS if (ROOT / app).is_dir()])
def test_no_module_is_longer_than_400_lines(app: str) -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in modules(app)
        if (lines := len(path.read_text("utf-8").splitlines())) > 400
    }
    assert long == {}


@pytest.mark.parametrize("app", [app for app in LAYERS if (ROOT / app).is_dir()])
def test_no_folder_holds_more_than_15_modules(app: str) -> None:
    held = Counter(path.parent for path in modules(app) if path.name != "__init__.py")
    assert {str(folder): n for folder, n in held.items() if n > 15} == {}


def importers_of_pages() -> list[str]:
    """Return every import of a page by what is no page and no `urls.py`."""
    found = []
    for app in LAYERS:
        for path in modules(app) if (ROOT / app).is_dir() else []:
            place = path.relative_to(ROOT)
            if place.name == "urls.py" or "pages" in place.parts:
                continue
            found += [
                f"{place}:{line} imports {name}"
                for line, name in imported(path)
                if "pages" in name.split(".") and name.partition(".")[0] in LAYERS
            ]
    return found


def test_only_addresses_and_pages_import_pages() -> None:
    assert importers_of_pages() == []
