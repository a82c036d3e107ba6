"""The golden spans of the Vercel AI SDK, read as its own tests print them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.recorded.expectations import DATA
from tests.traces.messages.told import Told, told_by
from traces import messages

SNAPSHOT = DATA / "vercel-ai-otel-snapshots" / "legacy-open-telemetry.test.ts.snap"
_TEST = re.compile(r"^exports\[`(?P<name>.*) 1`\] = `$")
_PAIR = re.compile(r'^      "(?P<key>[^"]+)": (?:"(?P<text>.*)"|(?P<number>[\d.]+)),$')


def _snapshots() -> dict[str, list[dict[str, Any]]]:
    """Test name -> the attributes of its spans, texts and numbers only."""
    found: dict[str, list[dict[str, Any]]] = {}
    spans: list[dict[str, Any]] = []
    for line in SNAPSHOT.read_text().splitlines():
        if test := _TEST.match(line):
            spans = found.setdefault(test["name"].removeprefix("LegacyOpenTelemetry "), [])
        elif line == '    "attributes": {':
            spans.append({})
        elif pair := _PAIR.match(line):
            text = pair["text"]
            spans[-1][pair["key"]] = float(pair["number"]) if text is None else _plain(text)
    return found


def _plain(text: str) -> str:
    return text.replace("\\\\", "\\")


SPANS = _snapshots()
KINDS = {"ai.toolCall": "tool"}


def _read(attributes: dict[str, Any]) -> tuple[Told, Told]:
    kind = KINDS.get(attributes["ai.operationId"], "llm")
    content = messages.read(attributes, [], kind)
    return told_by(content.input), told_by(content.output)


def test_every_snapshot_has_spans():
    assert len(SPANS) >= 20
    assert all("ai.operationId" in span for spans in SPANS.values() for span in spans)


@pytest.mark.parametrize("name", [name for name in SPANS if "not record" in name])
def test_a_span_without_recorded_text_says_nothing(name: str):
    assert [_read(span) for span in SPANS[name]] == [([], [])] * len(SPANS[name])


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "integration with generateText > should record telemetry data when isEnabled is not "
            "explicitly set",
            [([("user", "prompt")], [("assistant", "Hello, world!")])] * 2,
        ),
        (
            "integration with streamObject > should record telemetry data when enabled",
            [([("user", "prompt")], [("assistant", 'data {"content":"Hello, world!"}')])] * 2,
        ),
        (
            "integration with embed > should record telemetry data when enabled",
            [([("user", "sunny day at the beach")], []), ([], [])],
        ),
        (
            "integration with streamText > should record successful tool call",
            [
                (
                    [("user", "test-input")],
                    [("assistant", 'tool_call tool1#call-1 {"value":"value"}')],
                ),
                (
                    [("user", "test-input")],
                    [("assistant", 'tool_call tool1#call-1 {"value":"value"}')],
                ),
                (
                    [("assistant", 'tool_call tool1#call-1 {"value":"value"}')],
                    [("tool", "tool_result tool1#call-1 value-result")],
                ),
            ],
        ),
        (
            "integration with streamText stopWhen (2 steps) > should record telemetry data for "
            "each step",
            [
                (
                    [("user", "test-input")],
                    [("assistant", "Hello, world!", 'tool_call tool1#call-1 {"value":"value"}')],
                ),
                (
                    [("user", "test-input")],
                    [
                        (
                            "assistant",
                            "reasoning thinking",
                            'tool_call tool1#call-1 {"value":"value"}',
                        )
                    ],
                ),
                (
                    [("assistant", 'tool_call tool1#call-1 {"value":"value"}')],
                    [("tool", "tool_result tool1#call-1 result1")],
                ),
                (
                    [
                        ("user", "test-input"),
                        (
                            "assistant",
                            "reasoning thinking",
                            'tool_call tool1#call-1 {"value":"value"}',
                        ),
                        ("tool", "tool_result tool1#call-1 result1"),
                    ],
                    [("assistant", "Hello, world!")],
                ),
            ],
        ),
    ],
)
def test_the_spans_of(name: str, told: list[tuple[Told, Told]]):
    assert [_read(span) for span in SPANS[name]] == told
