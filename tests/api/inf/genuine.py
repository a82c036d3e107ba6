"""The genuine `inf` of the vendor, as npm installs it, against a server of ours."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils import timezone

from teams import keys
from teams.models import Project
from tests.server import WebServer

PACKAGES = Path(__file__).resolve().parents[2] / "clients" / "node" / "node_modules"
MACHINES = {"x86_64": "x64", "aarch64": "arm64", "arm64": "arm64"}


def binary() -> Path:
    """The program itself, without the launcher in JavaScript; npm leaves it unexecutable where
    the vendor's archive forgot the bit."""
    machine = MACHINES[platform.machine()]
    found = PACKAGES / "@inference" / f"cli-{platform.system().lower()}-{machine}" / "bin" / "inf"
    assert found.is_file(), "no npm packages: `make tools` installs them"
    found.chmod(0o755)
    return found


@dataclass(frozen=True)
class Said:
    """What one command printed, and its exit code."""

    out: str
    err: str
    code: int

    @property
    def data(self) -> Any:
        """What was printed as JSON."""
        assert self.code == 0, self.out + self.err
        return json.loads(self.out)


class Inf:
    """`inf` with a key, a server and a folder of its own for what it keeps."""

    def __init__(
        self, url: str, secret: str, folder: Path, project: str = "", team: str = ""
    ) -> None:
        self.folder = folder
        self.ran: list[tuple[str, ...]] = []
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "INF_CONFIG_DIR": str(folder / "inf"),
            "INF_API_URL": f"{url}/inf",
            "INF_AUTH_URL": f"{url}/inf",
            "INF_API_KEY": secret,
            "INF_PROJECT_ID": project,
            "INF_TEAM_ID": team,
            "NO_COLOR": "1",
            "COLUMNS": "400",
        }

    def run(self, *words: str, **environment: str) -> Said:
        """Run one command to its end; it counts as one that was run unless it asks for help."""
        if "--help" not in words:
            self.ran.append(words)
        outcome = subprocess.run(
            [str(binary()), *words],
            env=self.environment | environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Said(outcome.stdout, outcome.stderr, outcome.returncode)

    def json(self, *words: str) -> Any:
        """Return what a command prints with `--json`."""
        return self.run("--json", *words).data

    def human(self, *words: str) -> str:
        """Return what a command prints for people."""
        said = self.run(*words)
        assert said.code == 0, said.out + said.err
        return said.out

    def fails(self, *words: str) -> str:
        """Return what a command that must fail says, the same with and without `--json`."""
        said, as_json = self.run(*words), self.run("--json", *words)
        assert (said.code, as_json.code) == (1, 1), said.out + as_json.out
        message = str(json.loads(as_json.err.strip().splitlines()[-1])["error"])
        assert message in said.err
        return message

    def both(self, *words: str) -> tuple[str, Any]:
        """Return what a command prints for people, and with `--json`."""
        return self.human(*words), self.json(*words)

    def commands(self, *group: str) -> set[tuple[str, ...]]:
        """Return every command of a group, and of the groups in it, as its help lists them."""
        text = self.run(*group, "--help").out
        listed = text.partition("\nCommands:\n")[2].partition("\n\n")[0]
        names = re.findall(r"^  ([a-z][a-z-]*)", listed, re.MULTILINE)
        found: set[tuple[str, ...]] = set()
        for name in names:
            if name != "help":
                found |= self.commands(*group, name) or {(*group, name)}
        return found

    def not_run(self, *group: str) -> set[tuple[str, ...]]:
        """Return the commands of a group that have not been run."""
        ran = [tuple(word for word in words if word != "--json") for words in self.ran]
        return {
            command
            for command in self.commands(*group)
            if not any(words[: len(command)] == command for words in ran)
        }

    def keep(self, **config: Any) -> None:
        """Write the client's own file, as a sign-in would."""
        home = self.folder / "inf"
        home.mkdir(exist_ok=True)
        self.environment["INF_API_KEY"] = ""
        (home / "config.json").write_text(json.dumps(config), "utf-8")


def client_of(server: WebServer, project: Project, folder: Path) -> Inf:
    secret = keys.issue(project, "terminal", None, now=timezone.now())[1]
    return Inf(server.url, secret, folder, str(project.uuid), str(project.team.uuid))


def refusals_of(inf: Inf, commands: dict[tuple[str, ...], str]) -> None:
    """Run commands that are not served: each says so with a sentence."""
    for words, said in commands.items():
        outcome = inf.run("--json", *words)
        assert outcome.code == 1, outcome.out
        message = json.loads(outcome.err.strip().splitlines()[-1])["error"]
        assert said in message, words
        assert message[-1] in "./", message
