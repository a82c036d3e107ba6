"""Traffic recorded by others, as OTLP requests. Sources and licences stand beside the files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.recorded import any_agent

DATA = Path(__file__).parent.parent / "data"

AGENT_PRISM = sorted((DATA / "agent-prism-otlp").glob("*.json"))
ANY_AGENT = sorted((DATA / "any-agent").glob("*_trace.json"))
VERCEL = DATA / "vercel-ai-otel-snapshots" / "legacy-open-telemetry.test.ts.snap"


def any_agent_request(path: Path) -> dict[str, Any]:
    """The span dump of an any-agent trace (integer ids, plain attributes) as OTLP in JSON."""
    return any_agent.recorded_request(path).request


def vercel_spans() -> list[tuple[str, dict[str, Any]]]:
    """(name, attributes) of each span in the golden file of the Vercel AI SDK.

    Vitest prints strings without escaping their quotes, so that the file is read by lines.
    """
    text = VERCEL.read_text().replace("\\\\", "\\").replace("\\`", "`")
    blocks = re.findall(
        r'^    "attributes": \{$(.*?)^    \},$.*?^    "name": "(.*?)",$', text, re.M | re.S
    )
    return [(name, _vitest_attributes(block.strip("\n").split("\n"))) for block, name in blocks]


def _vitest_attributes(lines: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    rest = iter(lines)
    for line in rest:
        match = re.fullmatch(r' {6}"([^"]+)": (.*?),?', line)
        if match is None:
            raise ValueError(f"not an attribute: {line}")
        key, value = match.groups()
        found[key] = _vitest_list(rest) if value == "[" else _vitest_scalar(value)
    return found


def _vitest_list(lines: Any) -> list[Any]:
    items = []
    for line in lines:
        if line in ("      ],", "      ]"):
            break
        items.append(_vitest_scalar(line.strip().removesuffix(",")))
    return items


def _vitest_scalar(printed: str) -> Any:
    if printed.startswith('"'):
        return printed[1:-1]
    return json.loads(printed)
