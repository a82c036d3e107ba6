"""MCP over standard input and output, passed on to the server's `/mcp`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.fake_rest import SECRET, CommandLine, FakeRest
from tests.fake_webhook import Answer, Request, told

HELLO = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}}
LIST = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}


def result(id_: Any, **said: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": id_, "result": said}


def lines(*messages: Any) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in messages)


def served(rest: FakeRest, said: dict[str, Answer]) -> None:
    def answer(request: Request) -> Answer:
        return said[json.loads(request.body)["method"]]

    rest.answer = answer


@pytest.fixture
def mcp(rest: FakeRest) -> FakeRest:
    version = result(1, protocolVersion="2025-11-25")
    events = f"event: message\ndata: {json.dumps(result(2, tools=[]))}\n\n".encode()
    served(
        rest,
        {
            "initialize": told(200, {"Mcp-Session-Id": "s1"}, **version),
            "notifications/initialized": Answer(202),
            "tools/list": Answer(200, {"Content-Type": "text/event-stream"}, events),
            "tools/call": told(200, **result(3)),
        },
    )
    return rest


def test_messages_are_passed_both_ways(mcp: FakeRest, signals: CommandLine) -> None:
    answered = signals("mcp", given=lines(HELLO, READY, LIST))
    assert answered.code == 0
    assert [each["id"] for each in answered.lines] == [1, 2]
    assert {each.path for each in mcp.requests} == {"/mcp"}
    assert {each.headers["authorization"] for each in mcp.requests} == {f"Bearer {SECRET}"}


def test_what_the_greeting_settled_goes_with_the_rest(mcp: FakeRest, signals: CommandLine) -> None:
    signals("mcp", given=lines(HELLO, LIST))
    heads = mcp.requests[1].headers
    assert (heads["mcp-protocol-version"], heads["mcp-session-id"]) == ("2025-11-25", "s1")


def test_the_stateless_protocol_gets_its_headers(mcp: FakeRest, signals: CommandLine) -> None:
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}
    params = {"name": "liste\u00e9", "_meta": meta}
    call = {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": params}
    assert signals("mcp", given=lines(call)).lines == [result(3)]
    heads = mcp.requests[0].headers
    assert heads["mcp-protocol-version"] == "2026-07-28"
    assert (heads["mcp-method"], heads["mcp-name"]) == ("tools/call", "=?base64?bGlzdGXDqQ==?=")


def test_a_server_that_refuses_is_an_error_of_the_request(
    rest: FakeRest, signals: CommandLine
) -> None:
    rest.answer = told(401, code="unauthenticated", message="The API key is not known.")
    answered = signals("mcp", given=lines(HELLO, READY))
    (said,) = answered.lines
    assert said["id"] == 1
    assert said["error"]["message"] == "The API key is not known."


def test_a_line_that_is_no_json_is_an_error(mcp: FakeRest, signals: CommandLine) -> None:
    first, second = signals("mcp", given=b"{\n" + lines(LIST)).lines
    assert (first["error"]["code"], second["id"]) == (-32700, 2)


def test_without_a_key_the_client_is_told(bare: pytest.MonkeyPatch, signals: CommandLine) -> None:
    (said,) = signals("mcp", given=lines(HELLO)).lines
    assert "signals auth set-key" in said["error"]["message"]
