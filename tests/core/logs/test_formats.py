"""A line for people, or one JSON object, with the id of the request that it is about."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory

from config import env
from core import errors
from core.http import request_ids
from core.logs.formats import Json, Line


def record(message: str = "it happened", **extra: Any) -> logging.LogRecord:
    made = logging.LogRecord("a.module", logging.WARNING, "file", 1, message, (), None)
    made.__dict__.update(extra)
    return made


async def in_a_request(given: str, work: Any) -> tuple[Any, dict[bytes, bytes]]:
    """Run `work` in an ASGI request with that id; return its answer and the response's headers."""
    kept: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        kept.append(await asyncio.to_thread(work))
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        kept.append(dict(message["headers"]))

    scope = {"type": "http", "headers": [(b"X-Request-Id", given.encode())]}
    await request_ids.identified(application)(scope, None, send)
    return kept[0], kept[1]


def test_json_is_one_object_with_facts_and_the_error() -> None:
    error = record("two\nlines", event="signal stopped itself", facts={"signal": 17, "why": "x"})
    try:
        raise ValueError("of ours")
    except ValueError:
        error.exc_info = sys.exc_info()
    text = Json().format(error)
    told = json.loads(text)
    assert "\n" not in text
    assert told["message"] == "two\nlines"
    assert (told["level"], told["logger"]) == ("WARNING", "a.module")
    assert told["facts"] == {"signal": 17, "why": "x"}
    assert told["exception"]["type"] == "ValueError"
    assert "Traceback" in told["exception"]["traceback"]
    assert told["time"].endswith("Z")
    assert "request_id" not in told


@pytest.mark.parametrize("given", ["abc-123", "A.b_C", "x" * 100])
def test_a_plain_id_of_a_proxy_stands_in_lines_and_in_the_answer(given: str) -> None:
    line, headers = asyncio.run(in_a_request(given, lambda: Line().format(record())))
    assert line.endswith(f"it happened request={given}")
    assert headers[b"x-request-id"] == given.encode()
    told, _ = asyncio.run(in_a_request(given, lambda: json.loads(Json().format(record()))))
    assert told["request_id"] == given
    assert request_ids.current() == ""


@pytest.mark.parametrize("given", ["", "a b", "x" * 101, "a\nERROR forged", "é"])
def test_an_id_that_is_no_plain_word_is_replaced(given: str) -> None:
    known, headers = asyncio.run(in_a_request(given, request_ids.current))
    assert known != given
    assert len(known) == 32
    assert headers[b"x-request-id"] == known.encode()


def test_the_page_of_an_error_names_the_request(rf: RequestFactory) -> None:
    request = rf.get("/", headers={"X-Request-ID": "from-the-proxy"})
    assert "from-the-proxy" in errors.server_error(request).content.decode()


@pytest.mark.django_db
def test_the_page_of_what_is_not_there_names_the_request(client: Client) -> None:
    page = client.get("/no/such/page", headers={"X-Request-ID": "from-the-proxy"})
    assert page.status_code == 404
    assert "from-the-proxy" in page.content.decode()


def test_a_format_that_there_is_not_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_FORMAT", "xml")
    with pytest.raises(ImproperlyConfigured, match="LOG_FORMAT must be line or json"):
        env.choice("LOG_FORMAT", "line", ("line", "json"))


def test_what_nobody_catches_is_a_line_too() -> None:
    code = (
        "import logging, threading; from core.logs.handler import Handler\n"
        "logging.getLogger().addHandler(Handler('json'))\n"
        "t = threading.Thread(target=lambda: 1 / 0, name='loop'); t.start(); t.join()\n"
        "raise ValueError('the end')"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    told = [json.loads(line) for line in ended.stderr.splitlines()]
    assert ended.returncode == 1
    assert [each["exception"]["type"] for each in told] == ["ZeroDivisionError", "ValueError"]
