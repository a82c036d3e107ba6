"""The audit of dependencies says what is known, and never takes silence for "nothing"."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CLEAN = {"dependencies": [{"name": "django", "version": "5.2", "vulns": []}]}
KNOWN = {
    "dependencies": [
        {
            "name": "django",
            "version": "5.2",
            "vulns": [{"id": "OSV-1", "fix_versions": ["5.2.99"]}],
        }
    ]
}
NPM_CLEAN = {"vulnerabilities": {"a": {"severity": "low"}}}
NPM_KNOWN = {"vulnerabilities": {"a": {"severity": "critical"}}}


def program(folder: Path, name: str, answer: object, to: str) -> str:
    """Write a program that answers as the genuine one: to a file (`--output`) or to stdout."""
    path = folder / name
    write = "open(sys.argv[-1], 'w')" if to == "file" else "sys.stdout"
    says = f"{write}.write({json.dumps(answer)!r})" if answer else "sys.exit('no route to host')"
    path.write_text(f"#!{sys.executable}\nimport sys\n{says}\n")
    path.chmod(0o755)
    return str(path)


def audit(folder: Path, python: object, npm: object) -> tuple[int, str]:
    environment = {
        "PATH": "/usr/bin:/bin",
        "PIP_AUDIT": program(folder, "pip-audit", python, "file"),
        "NPM": program(folder, "npm", npm, "stdout"),
    }
    done = subprocess.run(
        [sys.executable, ".ci/audit"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("python", "npm", "code", "said"),
    [
        pytest.param(CLEAN, NPM_CLEAN, 0, "nothing known", id="nothing is known"),
        pytest.param(KNOWN, NPM_CLEAN, 1, "OSV-1, mended in 5.2.99", id="of Python"),
        pytest.param(CLEAN, NPM_KNOWN, 1, "a: critical", id="of JavaScript"),
        pytest.param(None, NPM_CLEAN, 3, "NOT AUDITED: requirements.lock: no route", id="silence"),
        pytest.param(CLEAN, {"error": {}}, 3, "NOT AUDITED: tests/clients", id="npm's silence"),
        pytest.param(KNOWN, None, 1, "OSV-1", id="silence hides nothing that is known"),
    ],
)
def test_the_audit_ends_with(
    tmp_path: Path, python: object, npm: object, code: int, said: str
) -> None:
    ended, output = audit(tmp_path, python, npm)
    assert ended == code, output
    assert said in output
