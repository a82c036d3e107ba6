"""The same tools by `signals mcp`, for clients that start a process."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from mcp import Client, StdioServerParameters
from mcp.shared.exceptions import MCPError

from teams.models import ApiKey, Project
from tests.api.mcp.calling import ERAS, run, secret_of, text_of
from tests.api.mcp.test_every_tool import TOOLS
from tests.server import WebServer
from tests.traces.arrivals import arrive, trace_id_of, turn

pytestmark = pytest.mark.slow

CLI = Path(__file__).parents[3] / "cli"


def bridge(server: WebServer, secret: str) -> StdioServerParameters:
    path = os.pathsep.join([str(CLI), os.environ.get("PYTHONPATH", "")])
    environment = {"SIGNALS_URL": server.url, "SIGNALS_API_KEY": secret, "PYTHONPATH": path}
    return StdioServerParameters(
        command=sys.executable, args=["-m", "signals_cli", "mcp"], env=environment
    )


def test_the_tools_are_there_over_standard_input_and_output(
    web_server: WebServer, project: Project
) -> None:
    arrive(project, *turn("one"))
    secret = secret_of(project)

    async def story(era: Any) -> tuple[list[str], str]:
        async with Client(bridge(web_server, secret), mode=era) as client:
            listed = [tool.name for tool in (await client.list_tools()).tools]
            return listed, text_of(await client.call_tool("list_traces", {"range": "1d"}))

    for era in ERAS:
        listed, said = run(lambda era=era: story(era))  # type: ignore[misc]
        assert sorted(listed) == sorted(TOOLS)
        assert trace_id_of("one").hex in said


def test_a_key_that_opens_nothing_is_said_at_once(web_server: WebServer, project: Project) -> None:
    secret = secret_of(project)
    ApiKey.objects.update(revoked_at=timezone.now())

    async def story() -> None:
        async with Client(bridge(web_server, secret), mode="2026-07-28") as client:
            with pytest.raises(MCPError, match="revoked"):
                await client.list_tools()

    run(story)
