"""`signals mcp`: the server's tools for programs that start them as a process."""

from __future__ import annotations

import typer

from signals_cli.commanding import Call, command
from signals_cli.errors import WrongValue


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app, "mcp")(mcp)


def mcp(call: Call) -> None:
    """Speak MCP over standard input and output, for coding agents that start a process."""
    from signals_cli.bridge.proxy import Bridge

    if not call.is_for_people:
        raise WrongValue("--json: MCP is JSON already.")
    Bridge(call.rest).run()
