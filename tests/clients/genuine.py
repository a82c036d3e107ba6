"""Runs a client's page against the fake model and the real server."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Final

from teams.models import ApiKey, Project, Team
from tests.clients import cells, environments
from tests.clients.dialects.scenario import FAILING, QUESTION
from tests.clients.recorder import recorded
from tests.clients.refund_model import refund_model
from tests.clients.setups import Setup

#: What the pages write where a reader puts his own.
ADDRESS: Final = "http://localhost:8799"
KEY: Final = "YOUR_KEY"
LONGEST_S: Final = 120
#: Frameworks that tell their makers, or ask a server of theirs, are kept from it.
SILENT: Final = {
    "AGNO_TELEMETRY": "false",
    "CREWAI_DISABLE_TELEMETRY": "true",
    "CREWAI_DISABLE_VERSION_CHECK": "true",
    "DO_NOT_TRACK": "1",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "MASTRA_TELEMETRY_DISABLED": "1",
}


def assert_lands_right(setup: Setup, url: str, folder: Path) -> None:
    """The page's program, asked both questions, leaves every cell as it should."""
    project = Project.objects.create(team=Team.objects.create(name="team"), name=setup.name)
    key = ApiKey.objects.issue(project, "clients")[1]
    with refund_model() as model, recorded(url, setup.name) as address:
        output = _run(setup, folder, model, {ADDRESS: address, KEY: key})
    found, right = cells.left_by_client(project), expected(setup)
    wrong = {cell: {"left": found[cell], "right": right[cell]} for cell in found}
    wrong = {cell: both for cell, both in wrong.items() if both["left"] != both["right"]}
    assert not wrong, f"{json.dumps(wrong, indent=1, ensure_ascii=False)}\n{output}"


def expected(setup: Setup) -> dict[str, Any]:
    """The common cells, in words that this client must use, and where it sends less, that."""
    model = setup.facts.get("model", cells.EXPECTED["tokens"]["model"][0])
    tokens = cells.EXPECTED["tokens"] | {"model": [model] * 2}
    differing: dict[str, Any] = setup.facts.get("cells", {})
    usual = json.dumps(cells.EXPECTED | {"tokens": tokens})
    for ours, theirs in setup.facts.get("instead", {}).items():
        usual = usual.replace(json.dumps(ours)[1:-1], json.dumps(theirs)[1:-1])
    own: dict[str, Any] = setup.facts.get("own", {})
    return dict(json.loads(usual)) | own | differing


def _run(setup: Setup, folder: Path, model: str, own: dict[str, str]) -> str:
    """Both questions, one after the other, in one process; what it printed."""
    file = folder / ("refund_agent.py" if setup.is_python else "refund_agent.mjs")
    file.write_text(_filled_in(setup.program, own), "utf-8")
    exports = {name: _filled_in(value, own) for name, value in setup.exports.items()}
    done = subprocess.run(
        [*_interpreter(setup, folder), str(file), QUESTION, FAILING],
        env=_surroundings(folder, model) | exports,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    return done.stdout[-1_500:]


def _filled_in(text: str, own: dict[str, str]) -> str:
    for placeholder, value in own.items():
        text = text.replace(placeholder, value)
    return text


def _interpreter(setup: Setup, folder: Path) -> list[str]:
    if setup.is_python:
        return [str(environments.python(setup))]
    # Packages are looked for from where the program lies.
    (folder / "node_modules").symlink_to(environments.node_modules(setup))
    return [str(environments.node() / "node")]


def _surroundings(folder: Path, model: str) -> dict[str, str]:
    """The model's address under the names that vendors' clients look for, and little else."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "OPENAI_API_KEY": "not-needed",
        "OPENAI_BASE_URL": f"{model}/v1",
        "OPENAI_API_BASE": f"{model}/v1",
        "ANTHROPIC_API_KEY": "not-needed",
        "ANTHROPIC_BASE_URL": model,
        "GEMINI_API_KEY": "not-needed",
        "GOOGLE_GEMINI_BASE_URL": model,
        # What asks the world for prices or versions is refused at once.
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "127.0.0.1,localhost",
    } | SILENT
