"""The document says what the server does: Schemathesis asks thousands of questions made of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone

from teams import keys
from teams.models import Project
from tests.api.rest import seeds
from tests.server import WebServer, test_database_url

#: Values that are right each by itself may be wrong together (an end before its start) or name what
#: is not there: 422, 409 and 404; and the database may take too long: 503.
CONFIG = """
[parameters]
{parameters}

[checks.positive_data_acceptance]
expected-statuses = ["2xx", 401, 403, 404, 409, 422, 429, 503]

[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 411, 413, 415, 422, 428, 429]
"""
#: Of one operation and phase: with some sixty operations that is well over 5,000 in all.
MOST_EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "25"))
LEAST_CASES = 5_000


@pytest.fixture
def server(transactional_db: None) -> Iterator[WebServer]:
    environment = {"API_CALLS_PER_MINUTE": "10000000", "LOG_LEVEL": "ERROR"}
    with WebServer(test_database_url(), environment=environment) as started:
        yield started


@pytest.mark.slow
def test_nothing_that_is_asked_of_the_document_is_answered_otherwise(
    server: WebServer, project: Project, tmp_path: Path
) -> None:
    _key, secret = keys.issue(project, "schemathesis", None, now=timezone.now())
    report, config = tmp_path / "report.json", tmp_path / "schemathesis.toml"
    things = seeds.fill(project) | {"project": project.slug}
    lines = [f"{name} = {json.dumps(value, default=str)}" for name, value in things.items()]
    parameters = "\n".join(lines)
    config.write_text(CONFIG.format(parameters=parameters))
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)),
        *("run", f"{server.url}/api/v1/openapi.json", "--checks", "all", "--seed", "1"),
        *("--header", f"Authorization: Bearer {secret}", "--max-examples", str(MOST_EXAMPLES)),
        *(
            "--workers",
            "1",
            "--request-timeout",
            "60",
            "--report",
            "json",
            "--report-json-path",
            str(report),
        ),
        *("--suppress-health-check", "all", "--continue-on-failure"),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    assert json.loads(report.read_text())["test_cases"]["generated"] >= LEAST_CASES
