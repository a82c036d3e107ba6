"""Every command of docs/api.md, as it stands there, against a live server."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone

from signals_app.models import Signal
from teams import keys
from teams.models import Project
from tests.api.rest import seeds
from tests.server import WebServer, test_database_url

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
COMMANDS = [
    command.replace("\\\n", " ")
    for block in BLOCKS
    for command in re.findall(r"^curl .*?(?<!\\)$", block, re.DOTALL | re.MULTILINE)
]


@pytest.fixture
def server(transactional_db: None) -> Iterator[WebServer]:
    with WebServer(test_database_url()) as started:
        yield started


@pytest.mark.slow
def test_every_command_of_the_page_is_answered(server: WebServer, project: Project) -> None:
    seeds.fill(project)
    _key, secret = keys.issue(project, "docs", None, now=timezone.now())
    given = {
        "SIGNALS_URL": server.url,
        "SIGNALS_API_KEY": secret,
        "SIGNAL": str(Signal.objects.values_list("uuid", flat=True)[0]),
    }
    assert len(COMMANDS) >= 9
    for command in COMMANDS:
        done = subprocess.run(
            ["sh", "-c", command],
            env=os.environ | given,
            capture_output=True,
            text=True,
            check=True,
        )
        answer = json.loads(done.stdout)
        assert "code" not in answer, (command, answer)
