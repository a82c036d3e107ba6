"""Recorded traces that are not OTLP, as OTLP/JSON requests to post to the real server."""

from __future__ import annotations

from tests.recorded import any_agent, langfuse_export
from tests.recorded.expectations import DATA, ExpectedSpan, RecordedRequest

__all__ = ["ExpectedSpan", "RecordedRequest", "recorded_requests"]


def recorded_requests() -> list[RecordedRequest]:
    """Every converted file: framework-traces, AgentPrism's Langfuse exports, any-agent."""
    exports = sorted((DATA / "framework-traces").glob("*.trace.json"))
    exports += sorted((DATA / "agent-prism-otlp" / "langfuse").glob("*.json"))
    dumps = sorted((DATA / "any-agent").glob("*_trace.json"))
    return [langfuse_export.recorded_request(path) for path in exports] + [
        any_agent.recorded_request(path) for path in dumps
    ]
