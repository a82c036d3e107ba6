"""Pictures, sound and files are told by kind and size, whatever they are wrapped in; letters
that JSON writes as escapes are letters, on the page and for the judge."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest

from tests.traces.cases import traces_of
from tests.traces.conversations import call, lines, span
from traces.messages.decoding.loose_values import as_json, as_json_text, display_text
from traces.transcript import of_session, of_trace

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40).decode()
SOUND = base64.b64encode(bytes(range(255, -1, -1)) * 40).decode()

RESULTS: list[tuple[str, Any, str]] = [
    ("MCP", {"content": [{"type": "image", "data": PNG, "mimeType": "image/png"}]}, "image/png"),
    ("MCP audio", {"content": [{"type": "audio", "data": SOUND, "mimeType": "audio/wav"}]}, "wav"),
    (
        "MCP resource",
        {"content": [{"type": "resource", "resource": {"uri": "a://b", "blob": PNG}}]},
        "media",
    ),
    (
        "Anthropic",
        [{"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": PNG}}],
        "image/jpeg",
    ),
    ("OpenAI", [{"type": "input_image", "image_url": f"data:image/webp;base64,{PNG}"}], "webp"),
    ("OpenAI file", [{"type": "file", "file": {"file_data": PNG, "filename": "a"}}], "image/png"),
    ("Gemini", {"inlineData": {"mimeType": "image/png", "data": PNG}}, "image/png"),
    ("Bedrock", [{"image": {"format": "png", "source": {"bytes": PNG}}}], "image/png"),
    (
        "AI SDK",
        {"type": "content", "value": [{"type": "media", "data": PNG, "mediaType": "image/png"}]},
        "image/png",
    ),
    ("AI SDK 6", [{"type": "image-data", "data": PNG}], "image/png"),
    ("image generation", {"created": 1, "data": [{"b64_json": PNG}]}, "image/png"),
    ("Buffer of Node", {"type": "Buffer", "data": list(range(200))}, "200 B"),
    ("deep inside", {"a": [{"b": {"screenshot": PNG}}]}, "image/png"),
    ("JSON in a string", {"body": json.dumps({"pic": PNG})}, "image/png"),
    ("reasoning", {"protectedData": "gAAAAABo" + "x1" * 20, "text": "Hm"}, "B]"),
    ("cut off", '{"content": [{"type": "image", "data": "' + PNG, "image/png"),
]


@pytest.mark.parametrize(
    ("result", "kind"), [row[1:] for row in RESULTS], ids=[r[0] for r in RESULTS]
)
@pytest.mark.parametrize("is_text", [True, False])
def test_bytes_in_a_result_are_told_by_kind_and_size(result: Any, kind: str, is_text: bool):
    sent = json.dumps(result) if is_text and not isinstance(result, str) else result
    (entry,) = of_trace([span(1, "tool", tool__name="f", output__value=sent)]).entries
    assert kind in (entry.result or "")
    assert len(entry.result or "") < 200


def test_no_base64_of_the_case_is_left():
    told = "\n".join(lines(of_session(traces_of("judge-cases/CASE_F_base64"))))
    assert told.count("[image/png, 9 kB]") == 3
    assert "QUJDQUJD" not in told


def test_a_message_with_a_picture_keeps_its_words():
    asked = {"role": "user", "content": f"Look: data:image/png;base64,{PNG} What is it?"}
    (entry, *_) = of_trace([call(1, [asked])]).entries
    assert entry.text == "Look: [image/png, 10 kB] What is it?"


@pytest.mark.parametrize(
    "words",
    [
        "a" * 3000,
        "http://example.org/" + "path/to-the_thing/" * 30,
        json.dumps({"sha": "0123456789abcdef" * 8, "data": "Thursday"}),
        json.dumps({"data": "A sentence with spaces, as people write them.", "type": "image"}),
        "The quick brown fox. " * 100,
    ],
)
def test_words_stay(words: str):
    assert as_json_text(words) == words


def test_the_letters_of_the_case_are_read():
    said = lines(of_session(traces_of("judge-cases/CASE_I_unicode")))
    assert said == [
        "user: 查天气",
        'weather({"城市": "北京", "备注": "靠窗的座位😀"}) -> {"天气": "晴"}',
    ]


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (r'{"a": "\u57ce\ud83d\ude00"}', '{"a": "城😀"}'),
        (r'{"a": "\u0022\u005c\u0000\ud83d"}', r'{"a": "\u0022\u005c\u0000\ud83d"}'),
        (r'{"a": "C:\\u57ce"}', r'{"a": "C:\\u57ce"}'),
        (r'{"a": "{\"b\": \"\\u57ce\"}"}', '{"a":"{\\"b\\":\\"城\\"}"}'),
        (r'{"a": "\u57ce, cut of', '{"a": "城, cut of'),
        (r"No JSON: \u57ce", r"No JSON: \u57ce"),
    ],
)
def test_escaped_letters_of_json_are_letters(sent: str, read: str):
    assert as_json_text(sent) == read


@pytest.mark.slow
@pytest.mark.parametrize(
    "hostile",
    [
        ("A" * 999 + " ") * 2000,
        '{"a":"' + ("Aa1" * 85 + " ") * 8000 + '"}',
        '{"data":' * 100_000,
        "data:" * 300_000,
        '{"a":"' + "\\u" * 500_000,
        json.dumps({"data": ["\\u57ce{" * 50_000]}),
        '"data": ' + " " * 1_000_000,
    ],
    ids=range(7),
)
def test_reading_is_linear(hostile: str):
    began = time.monotonic()
    as_json_text(hostile)
    as_json({"data": hostile})
    display_text(hostile)
    assert time.monotonic() - began < 2
