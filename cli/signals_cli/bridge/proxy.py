"""Passes JSON-RPC between standard input and output and the server's streamable HTTP at `/mcp`.

Each message is a line. A request is posted in a thread of its own, so that a notification that
cancels it can overtake it; what comes back, as JSON or as a stream of events, is written line by
line. Nothing but messages goes to standard output.
"""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

from signals_cli.client import Client
from signals_cli.profiles import NO_KEY

PATH = "/mcp"
MOST_AT_ONCE = 16
VERSION = "MCP-Protocol-Version"
SESSION = "Mcp-Session-Id"
#: Methods that name something, and where in their parameters.
NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_PLAIN = re.compile(r"[\x20-\x7e]*")
VERSION_IN_META = "io.modelcontextprotocol/protocolVersion"
#: Of JSON-RPC: the server could not answer.
INTERNAL_ERROR, PARSE_ERROR = -32603, -32700


class Bridge:
    """One client on standard input, one server behind it."""

    def __init__(self, rest: Client) -> None:
        self._rest = rest
        self._lock = Lock()
        self._headers: dict[str, str] = {}

    def run(self) -> None:
        """Pass messages until standard input ends."""
        with ThreadPoolExecutor(MOST_AT_ONCE) as threads:
            for line in sys.stdin.buffer:
                if not line.strip():
                    continue
                try:
                    message = json.loads(line)
                except ValueError:
                    self._write(_error(None, PARSE_ERROR, "This line is no JSON."))
                    continue
                if _method(message) == "initialize":
                    # What it settles goes with every message after it.
                    self._pass(message)
                else:
                    threads.submit(self._pass, message)

    def _pass(self, message: Any) -> None:
        """Post one message and write what comes back; the client learns of every failure."""
        try:
            if not self._rest.profile.secret:
                raise RuntimeError(NO_KEY.format(url=self._rest.profile.url))
            for answer in self._post(message):
                self._note_version(message, answer)
                self._write(answer)
        except Exception as error:
            for id_ in _ids(message):
                self._write(_error(id_, INTERNAL_ERROR, str(error) or type(error).__name__))

    def _post(self, message: Any) -> Iterator[Any]:
        headers = {
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
            **self._headers,
            **_of_message(message),
        }
        body = json.dumps(message).encode("ascii")
        with self._rest.http.stream(
            "POST", PATH, content=body, headers=headers, timeout=600
        ) as response:
            if session := response.headers.get(SESSION):
                self._headers[SESSION] = session
            if response.headers.get("content-type", "").startswith("text/event-stream"):
                yield from events(response.iter_lines())
                return
            said = _json(response.read())
            if response.status_code >= 400 and (why := _refusal(said)):
                raise RuntimeError(why)
            if isinstance(said, list):
                yield from said
            elif isinstance(said, dict) and "jsonrpc" in said:
                yield said
            elif response.status_code >= 400:
                why = said.get("message") if isinstance(said, dict) else None
                raise RuntimeError(why or f"The server answered with {response.status_code}.")

    def _note_version(self, message: Any, answer: Any) -> None:
        if _method(message) == "initialize" and isinstance(answer, dict):
            version = (answer.get("result") or {}).get("protocolVersion")
            if version:
                self._headers[VERSION] = str(version)

    def _write(self, message: Any) -> None:
        with self._lock:
            sys.stdout.buffer.write(json.dumps(message).encode("ascii") + b"\n")
            sys.stdout.buffer.flush()


def _refusal(said: Any) -> str:
    """Return why a whole request was refused, which names no message and would answer none."""
    error = said.get("error") if isinstance(said, dict) and said.get("id") is None else None
    return str(error.get("message") or "") if isinstance(error, dict) else ""


def events(lines: Iterable[str]) -> Iterator[Any]:
    """Yield the messages of a stream of server-sent events."""
    data: list[str] = []
    for line in _with_end(lines):
        if line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and data:
            message = _json("\n".join(data).encode())
            data = []
            if message is not None:
                yield message


def _with_end(lines: Iterable[str]) -> Iterator[str]:
    yield from lines
    yield ""


def _of_message(message: Any) -> dict[str, str]:
    """Return the headers that say again what stands in a message of the stateless protocol."""
    if not isinstance(message, dict):
        return {}
    params = message.get("params")
    given = params if isinstance(params, dict) else {}
    meta = given.get("_meta")
    version = meta.get(VERSION_IN_META) if isinstance(meta, dict) else None
    if not version:
        return {}
    headers = {VERSION: str(version), "Mcp-Method": str(message.get("method") or "")}
    name = given.get(NAMED.get(_method(message), ""))
    return headers | ({"Mcp-Name": _header(str(name))} if name else {})


def _header(value: str) -> str:
    """Return a name as a header may hold it; the protocol wraps what is not plain ASCII."""
    if _PLAIN.fullmatch(value) and value == value.strip() and not value.startswith("=?base64?"):
        return value
    return f"=?base64?{base64.b64encode(value.encode()).decode('ascii')}?="


def _method(message: Any) -> str:
    return str(message.get("method") or "") if isinstance(message, dict) else ""


def _ids(message: Any) -> list[Any]:
    """Return the ids that wait for an answer."""
    messages = message if isinstance(message, list) else [message]
    return [
        each["id"]
        for each in messages
        if isinstance(each, dict) and each.get("id") is not None and "method" in each
    ]


def _error(id_: Any, code: int, sentence: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": id_, "error": {"code": code, "message": sentence}}


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
