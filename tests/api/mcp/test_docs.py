"""The page about MCP names the tools that there are, and lines that clients can read."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import api.mcp.tools  # noqa: F401 - registers them
from api.mcp import prompts, registry
from api.mcp.server import READERS

PAGE = (Path(__file__).parents[3] / "docs/mcp.md").read_text("utf-8")


def test_the_table_has_every_tool_and_says_which_write() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (yes)? ?\|", PAGE, re.MULTILINE))
    writing = {name: "yes" if tool.kind.writes else "" for name, tool in registry.TOOLS.items()}
    assert rows == writing


def test_lines_for_clients_are_valid_and_lead_to_mcp() -> None:
    for language, text in re.findall(r"^```(json|toml)\n(.*?)^```$", PAGE, re.M | re.S):
        said = json.loads(text) if language == "json" else tomllib.loads(text)
        assert "/mcp" in str(said)
    for client in ("Claude Code", "Cursor", "VS Code", "Codex", "Gemini CLI"):
        assert client in PAGE


def test_resources_and_prompts_are_named() -> None:
    for kind in READERS:
        assert f"`signals://{kind}/{{id}}`" in PAGE
    for name in prompts.BY_NAME:
        assert f"`{name}`" in PAGE
