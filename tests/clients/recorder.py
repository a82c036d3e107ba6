"""What a client sends, kept as JSON: `RECORD_CLIENTS=some/folder pytest tests/clients/…`.

A finding about a client can then be handed on, and tried, without the client.
"""

from __future__ import annotations

import gzip
import json
import os
import urllib.error
import urllib.request
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.clients.loopback import Handler, serving

MESSAGES: dict[str, Any] = {"/traces": ExportTraceServiceRequest, "/logs": ExportLogsServiceRequest}
IDS = {"traceId", "spanId", "parentSpanId"}


@contextmanager
def recorded(url: str, name: str) -> Iterator[str]:
    """The server's address; where a recording is wanted, that of a recorder before it."""
    wanted = os.environ.get("RECORD_CLIENTS")
    if not wanted:
        yield url
        return
    folder = Path(wanted)
    folder.mkdir(parents=True, exist_ok=True)
    with serving(_handler(url, folder, name)) as address:
        yield address


def _handler(url: str, folder: Path, name: str) -> type[Handler]:
    class Recorder(Handler):
        def do_POST(self) -> None:
            body = _body(self.rfile, self.headers)
            number = len(list(folder.glob(f"{name}-*.json")))
            kept = {"path": self.path, "body": readable(self.path, dict(self.headers), body)}
            text = json.dumps(kept, indent=1, ensure_ascii=False)
            (folder / f"{name}-{number:02}.json").write_text(text, "utf-8")
            self._forward(body)

        def do_GET(self) -> None:
            self._forward(None)

        def _forward(self, body: bytes | None) -> None:
            own = {"host", "transfer-encoding", "content-length"}
            headers = {key: one for key, one in self.headers.items() if key.lower() not in own}
            request = urllib.request.Request(url + self.path, body, headers)
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    self._pass_on(answer.status, answer.headers, answer.read())
            except urllib.error.HTTPError as error:
                self._pass_on(error.code, error.headers, error.read())

        def _pass_on(self, status: int, headers: Any, body: bytes) -> None:
            self.answer(status, headers.get("Content-Type", ""), body)

    return Recorder


def _body(stream: Any, headers: Any) -> bytes:
    """The exporters of JavaScript send theirs in chunks."""
    if headers.get("Transfer-Encoding", "").lower() != "chunked":
        return bytes(stream.read(int(headers.get("Content-Length") or 0)))
    pieces = []
    while size := int(stream.readline(), 16):
        pieces.append(stream.read(size))
        stream.readline()
    stream.readline()
    return b"".join(pieces)


def readable(path: str, headers: dict[str, str], body: bytes) -> Any:
    """The body as JSON with ids in hex; bytes that nobody here reads as text."""
    lower = {key.lower(): value for key, value in headers.items()}
    if lower.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    if "json" in lower.get("content-type", ""):
        return json.loads(body)
    message = next((made for sign, made in MESSAGES.items() if path.endswith(sign)), None)
    if message is None:
        return repr(body)
    return _hex_ids(MessageToDict(message.FromString(body)))


def _hex_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [_hex_ids(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: b64decode(one).hex() if key in IDS else _hex_ids(one) for key, one in value.items()
    }
