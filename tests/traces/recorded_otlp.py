"""Traffic recorded by others, as OTLP requests. Sources and licences stand beside the files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.traces.otlp_requests import json_request, pairs

DATA = Path(__file__).parent.parent / "data"

AGENT_PRISM = sorted((DATA / "agent-prism-otlp").glob("*.json"))
ANY_AGENT = sorted((DATA / "any-agent").glob("*_trace.json"))
VERCEL = DATA / "vercel-ai-otel-snapshots" / "legacy-open-telemetry.test.ts.snap"

_KINDS = {"internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5}
_CODES = {"unset": 0, "ok": 1, "error": 2}


def any_agent_request(path: Path) -> dict[str, Any]:
    """The span dump of an any-agent trace (integer ids, plain attributes) as OTLP in JSON."""
    spans = json.loads(path.read_text())["spans"]
    return json_request(*map(_any_agent_span, spans), resource=spans[0]["resource"]["attributes"])


def _any_agent_span(span: dict[str, Any]) -> dict[str, Any]:
    parent = span["parent"]["span_id"] if span["parent"] else None
    return {
        "traceId": f"{span['context']['trace_id']:032x}",
        "spanId": f"{span['context']['span_id']:016x}",
        "parentSpanId": f"{parent:016x}" if parent else "",
        "name": span["name"],
        "kind": _KINDS[span["kind"]],
        "startTimeUnixNano": str(span["start_time"]),
        "endTimeUnixNano": str(span["end_time"]),
        "attributes": pairs(span["attributes"]),
        "status": {"code": _CODES[span["status"]["status_code"]]},
    }


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
