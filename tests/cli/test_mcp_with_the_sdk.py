"""`signals mcp` between the genuine client of the MCP SDK and a genuine server of it."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from tests.server import free_port, wait_until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SERVER = """
import sys, uvicorn
from mcp.server import MCPServer

server = MCPServer("tests")

@server.tool(name="caf\u00e9")
def add(a: int, b: int) -> str:
    return f"{a + b} \u20ac"

app = server.streamable_http_app(stateless_http=True, json_response=bool(int(sys.argv[2])))
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
"""


@pytest.fixture(params=["events", "json"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where a server of the SDK answers, as streams of events or as JSON."""
    port = free_port()
    words = [sys.executable, "-c", SERVER, str(port), str(int(request.param == "json"))]
    with subprocess.Popen(words) as server:
        try:
            wait_until(lambda: _is_up(port), 30, "the MCP server listens")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def _is_up(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("mode", ["legacy", "auto", "2026-07-28"])
def test_tools_are_listed_and_called(url: str, mode: Any) -> None:
    environment = {"SIGNALS_URL": url, "SIGNALS_API_KEY": "k", "PYTHONPATH": _path()}
    bridge = StdioServerParameters(
        command=sys.executable, args=["-m", "signals_cli", "mcp"], env=environment
    )

    async def story() -> tuple[list[str], str]:
        async with Client(bridge, mode=mode) as client:
            tools = await client.list_tools()
            answers = [client.call_tool("caf\u00e9", {"a": n, "b": 1}) for n in range(10)]
            said: Any = (await asyncio.gather(*answers))[4]
            return [tool.name for tool in tools.tools], said.content[0].text

    assert asyncio.run(asyncio.wait_for(story(), 60)) == (["caf\u00e9"], "5 \u20ac")


def _path() -> str:
    return os.pathsep.join([str(ROOT / "cli"), os.environ.get("PYTHONPATH", "")])
