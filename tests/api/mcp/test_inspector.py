"""The MCP inspector's own command line finds nothing wrong with the server."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from teams.models import Project
from tests.api.mcp.calling import secret_of
from tests.api.mcp.test_every_tool import TOOLS
from tests.api.mcp.tokenizer import FOLDER
from tests.clients import environments
from tests.server import WebServer
from tests.traces.arrivals import arrive, trace_id_of, turn

pytestmark = pytest.mark.slow

LAUNCHER = "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"


@pytest.fixture
def inspect(web_server: WebServer, project: Project, tmp_path: Path) -> Any:
    secret = secret_of(project)

    def run(*words: str) -> Any:
        command = [str(environments.node() / "node"), str(FOLDER / LAUNCHER), "--cli"]
        command.append(f"{web_server.url}/mcp")
        command += ["--transport", "http", "--header", f"Authorization: Bearer {secret}", *words]
        given = os.environ | {"HOME": str(tmp_path)}
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=given, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    return run


def test_the_inspector_lists_and_calls_tools_and_finds_their_schemas_portable(
    inspect: Any, project: Project
) -> None:
    arrive(project, *turn("one"))
    listed = inspect("--method", "tools/list", "--strict")
    assert {tool["name"] for tool in listed["tools"]} == set(TOOLS)
    asked = ("--method", "tools/call", "--tool-name", "list_traces", "--tool-arg", "range=1d")
    assert trace_id_of("one").hex in inspect(*asked)["content"][0]["text"]


def test_the_inspector_reads_resources_and_prompts(inspect: Any, project: Project) -> None:
    arrive(project, *turn("one"))
    templates = inspect("--method", "resources/templates/list")["resourceTemplates"]
    assert len(templates) == 3
    uri = f"signals://trace/{trace_id_of('one').hex}"
    read = inspect("--method", "resources/read", "--uri", uri)
    assert "| On its way." in read["contents"][0]["text"]
    assert len(inspect("--method", "prompts/list")["prompts"]) == 2
    asked = ("--method", "prompts/get", "--prompt-name", "find-signals-for-agent")
    said = inspect(*asked, "--prompt-args", "agent=support")["messages"][0]["content"]["text"]
    assert "the agent 'support'" in said
