"""Requests that are wrong in one way each, with the answer that each must get.

`good` names the spans of the same request that must land all the same; `rejected` is what
`partialSuccess` must count; `says` must stand in the answer.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from tests.traces.otlp_requests import (
    json_request,
    json_span,
    pairs,
    proto_request,
    proto_request_of,
    proto_span,
    varint,
)

JSON, PROTOBUF = "application/json", "application/x-protobuf"

#: The server of these cases runs with these bounds.
MAX_BYTES = 2_000_000
MAX_SPANS = 500

Headers = dict[str, str | None]


@dataclass(frozen=True)
class Case:
    """`body` makes the request from a trace id in hex. A header of None is left out."""

    name: str
    body: Callable[[str], bytes]
    status: int = 200
    says: str = ""
    rejected: int = 0
    good: tuple[int, ...] = ()
    kind: str | None = JSON
    headers: Headers = field(default_factory=dict)
    method: str = "POST"
    path: str = "/v1/traces"
    chunked: bool = False

    @property
    def trace(self) -> str:
        """A trace of its own for each case."""
        return hashlib.md5(self.name.encode(), usedforsecurity=False).hexdigest()


def now_ns() -> int:
    return time.time_ns() - 1_000_000_000


def good(trace: str, number: int = 1, **changes: Any) -> dict[str, Any]:
    """A sound span in JSON whose id is `number`."""
    times = {"startTimeUnixNano": str(now_ns()), "endTimeUnixNano": str(now_ns() + 1000)}
    return json_span(**({"traceId": trace, "spanId": f"{number:016x}"} | times | changes))


def good_proto(trace: str, number: int = 1, **changes: Any) -> Any:
    values = {
        "trace_id": bytes.fromhex(trace),
        "span_id": number.to_bytes(8, "big"),
        "start_time_unix_nano": now_ns(),
        "end_time_unix_nano": now_ns() + 1000,
    }
    return proto_span(**(values | changes))


def as_json(*spans: Any) -> bytes:
    return json.dumps(json_request(*spans)).encode()


def beside_good(**changes: Any) -> Callable[[str], bytes]:
    """Span 1 is sound, span 2 has these changes."""
    return lambda trace: as_json(good(trace), good(trace, 2, **changes))


def with_value(value: Any) -> Callable[[str], bytes]:
    """Span 1 is sound, span 2 has an attribute of this AnyValue in JSON."""
    return beside_good(attributes=[{"key": "odd", "value": value}])


def with_text(text: str) -> Callable[[str], bytes]:
    """Span 1 is sound, in span 2 a string of the body is this JSON text."""

    def body(trace: str) -> bytes:
        return with_value({"stringValue": "@@"})(trace).replace(b'"@@"', text.encode())

    return body


def beside_good_proto(**changes: Any) -> Callable[[str], bytes]:
    return lambda trace: proto_request(good_proto(trace), good_proto(trace, 2, **changes))


def beside_good_bytes(span: bytes) -> Callable[[str], bytes]:
    """A sound span in protobuf, and behind it a span of these bytes."""
    return lambda trace: proto_request(good_proto(trace)) + proto_request_of(span)


def just(body: bytes) -> Callable[[str], bytes]:
    return lambda trace: body


def sound(trace: str) -> bytes:
    return as_json(good(trace))


def sound_proto(trace: str) -> bytes:
    return proto_request(good_proto(trace))


def packed(make: Callable[[str], bytes]) -> Callable[[str], bytes]:
    return lambda trace: gzip.compress(make(trace))


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"stringValue": "bottom"}
    for _ in range(levels):
        value = {"arrayValue": {"values": [value]}}
    return value


def deep_json(levels: int) -> bytes:
    return b'{"resourceSpans":' + b"[" * levels + b"]" * levels + b"}"


def many(trace: str, count: int) -> bytes:
    return as_json(*(good(trace, number) for number in range(1, count + 1)))


def logs(trace: str) -> bytes:
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add()
    record.time_unix_nano, record.body.string_value = now_ns(), "hello"
    return bytes(request.SerializeToString())


def metrics(trace: str) -> bytes:
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add()
    metric.name = "requests"
    metric.gauge.data_points.add(as_int=3, time_unix_nano=now_ns())
    return bytes(request.SerializeToString())


def no_key(**headers: str | None) -> Headers:
    return {"Authorization": None} | headers


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


BOMB = gzip.compress(b" " * (20 * MAX_BYTES))
MANY_EMPTY_SPANS = gzip.compress(
    b"\x0a" + varint(1_000_004) + b"\x12" + varint(1_000_000) + b"\x12\x00" * 500_000
)
TWO = (1, 2)

KEYS = [
    Case("no key at all", sound, 401, "No API key", headers=no_key()),
    Case("an unknown key", sound, 401, "not known", headers={"Authorization": "Bearer sk-nope"}),
    Case("an empty bearer", sound, 401, "No API key", headers={"Authorization": "Bearer "}),
    Case(
        "basic credentials that are not base64",
        sound,
        401,
        "No API key",
        headers={"Authorization": "Basic !!!"},
    ),
    Case(
        "basic credentials with a wrong password",
        sound,
        401,
        "not known",
        headers={"Authorization": basic("pk:wrong")},
    ),
    Case(
        "a key as long as a book",
        sound,
        401,
        "not known",
        headers={"Authorization": "Bearer " + "x" * 5000},
    ),
    Case(
        "a key with letters of no alphabet",
        sound,
        401,
        "not known",
        headers={"Authorization": "Bearer sk-\xff\xfe"},
    ),
    Case("an unknown key in protobuf", sound_proto, 401, "not known", kind=PROTOBUF,
         headers={"Authorization": "Bearer sk-nope"}),
    Case("a wrong x-api-key", sound, 401, "not known", headers=no_key(**{"x-api-key": "sk-no"})),
]  # fmt: skip

TRANSPORT = [
    Case("a GET", just(b""), 405, "POST", method="GET"),
    Case("a PUT", sound, 405, "POST", method="PUT"),
    Case("a DELETE", just(b""), 405, "POST", method="DELETE", path="/v1/traces/"),
    Case("no content type", sound, 415, "Content-Type", kind=None),
    Case("a text/plain body", sound, 415, "application/json", kind="text/plain"),
    Case("a form", just(b"a=b"), 415, "Content-Type", kind="application/x-www-form-urlencoded"),
    Case("grpc over http/1", sound_proto, 415, "Content-Type", kind="application/grpc"),
    Case("a content type that is no type", sound, 415, "Content-Type", kind=";;;"),
    Case("an encoding nobody knows", sound, 415, "br", headers={"Content-Encoding": "br"}),
    Case("two encodings", packed(sound), 415, "gzip", headers={"Content-Encoding": "gzip, gzip"}),
    Case("gzip that is not gzip", sound, 400, "broken", headers={"Content-Encoding": "gzip"}),
    Case("gzip that was cut", lambda trace: gzip.compress(sound(trace))[:-12], 400, "cut",
         headers={"Content-Encoding": "gzip"}),
    Case("gzip with a wrong checksum",
         lambda trace: gzip.compress(sound(trace))[:-8] + b"\0" * 8, 400, "broken",
         headers={"Content-Encoding": "gzip"}),
    Case("gzip of nothing", just(b""), 400, "cut", headers={"Content-Encoding": "gzip"}),
    Case("a gzip bomb", just(BOMB), 413, "smaller", headers={"Content-Encoding": "gzip"}),
    Case("a deflate bomb", just(zlib.compress(b" " * (20 * MAX_BYTES))), 413, "smaller",
         headers={"Content-Encoding": "deflate"}),
    Case("deflate that was cut", lambda trace: zlib.compress(sound(trace))[:-6], 400, "cut",
         headers={"Content-Encoding": "deflate"}),
    Case("a body over the limit", just(b" " * (MAX_BYTES + 1)), 413, "larger"),
    Case("a chunked body over the limit", just(b" " * (MAX_BYTES + 1)), 413, "larger",
         chunked=True),
    Case("a sound body in chunks", sound, good=(1,), chunked=True),
    Case("a sound body in chunks and gzip", packed(sound), good=(1,), chunked=True,
         headers={"Content-Encoding": "gzip"}),
    Case("a sound body with a charset", sound, good=(1,), kind="application/json; charset=utf-8"),
    Case("a sound body in capitals", sound, good=(1,), kind="Application/JSON"),
]  # fmt: skip

BROKEN_JSON = [
    Case("an empty JSON body", just(b"is empty"), 400, ""),
    Case("half a JSON body", lambda trace: sound(trace)[:-20], 400, "not valid JSON"),
    Case("a JSON list", just(b"[]"), 400, "not an object"),
    Case("a JSON number", just(b"42"), 400, "not an object"),
    Case("a JSON null", just(b"null"), 400, "not an object"),
    Case("protobuf called JSON", sound_proto, 400, "not valid JSON"),
    Case("JSON in UTF-16", lambda trace: sound(trace).decode().encode("utf-16"), 400,
         "not valid JSON"),
    Case("JSON with broken UTF-8",
         lambda trace: sound(trace).replace(b'"chat"', b'"ch\xff\xfeat"'), good=(1,)),
    Case("JSON nested ten thousand levels deep", just(deep_json(10_000)), 400, "too deep"),
    Case("resourceSpans that are a word", just(b'{"resourceSpans":"x"}'), 400, "not an array"),
    Case("an object without resourceSpans", just(b'{"hello":"world"}'), 400, 'no "resourceSpans"'),
    Case("logs in JSON", just(b'{"resourceLogs":[{"scopeLogs":[]}]}'), 400, "/v1/logs"),
    Case("metrics in JSON", just(b'{"resourceMetrics":[]}'), 400, "/v1/metrics"),
    Case("more spans than one request may hold", lambda trace: many(trace, MAX_SPANS + 1), 413,
         "smaller"),
    Case("an empty request in JSON", just(b'{"resourceSpans":[]}')),
    Case("resources without scopes", just(b'{"resourceSpans":[{"resource":{}},{}]}')),
]  # fmt: skip

BROKEN_PROTOBUF = [
    Case("garbage called protobuf", just(b"not protobuf at all"), 400, "starts no field",
         kind=PROTOBUF),
    Case("JSON called protobuf", sound, 400, "application/json", kind=PROTOBUF),
    Case("half a protobuf body", lambda trace: sound_proto(trace)[:-9], 400,
         "runs over the end", kind=PROTOBUF),
    Case("logs in protobuf", logs, 400, "/v1/logs", kind=PROTOBUF),
    Case("metrics in protobuf", metrics, 400, "/v1/metrics", kind=PROTOBUF),
    Case("an empty protobuf body", just(b""), kind=PROTOBUF),
    Case("half a million empty spans in a kilobyte",
         just(MANY_EMPTY_SPANS), 413, "smaller",
         kind=PROTOBUF, headers={"Content-Encoding": "gzip"}),
    Case("a span of garbage", beside_good_bytes(b"\xff\xff\xff"), 200, "span 1", 1, (1,), PROTOBUF),
    Case("a name that is not UTF-8", beside_good_bytes(b"\x2a\x02\xff\xfe"), 200, "UTF-8", 1, (1,),
         PROTOBUF),
    Case("an empty span", beside_good_bytes(b""), 200, "id", 1, (1,), PROTOBUF),
    Case("a trace id of zeros", beside_good_proto(trace_id=bytes(16)), 200, "zero", 1, (1,),
         PROTOBUF),
    Case("a span id of four bytes", beside_good_proto(span_id=b"abcd"), 200, "4 bytes", 1, (1,),
         PROTOBUF),
    Case("a kind that does not exist", beside_good_proto(kind=99), good=TWO, kind=PROTOBUF),
]  # fmt: skip

BAD_SPANS = [
    Case("no trace id", beside_good(traceId=None), 200, "trace id", 1, (1,)),
    Case("no span id", beside_good(spanId=None), 200, "span id", 1, (1,)),
    Case("an empty span id", beside_good(spanId=""), 200, "span id", 1, (1,)),
    Case("a short trace id", beside_good(traceId="abc"), 200, "trace id", 1, (1,)),
    Case("a span id of zeros in JSON", beside_good(spanId="0" * 16), 200, "zero", 1, (1,)),
    Case("a span id that is a word", beside_good(spanId="not-hex-at-all!!"), 200, "span id", 1,
         (1,)),
    Case("a span id that is a number", beside_good(spanId=12345), 200, "span id", 1, (1,)),
    Case("a parent id of the wrong length", beside_good(parentSpanId="abcd"), 200, "parent", 1,
         (1,)),
    Case("a span that is a word", lambda trace: as_json("x", good(trace)), 200,
         "not an object", 1, (1,)),
    Case("a span that is null", lambda trace: as_json(None, good(trace)), 200, "not an object",
         1, (1,)),
    Case("every span is bad", lambda trace: as_json(good(trace, spanId="x")), 200, "span id", 1),
    Case("a start that is a word", beside_good(startTimeUnixNano="yesterday"), 200,
         "start time", 1, (1,)),
    Case("a negative start", beside_good(startTimeUnixNano="-5"), good=TWO),
]  # fmt: skip

ODD_BUT_KEPT = [
    Case("ids in capitals", lambda trace: as_json(good(trace.upper())), good=(1,)),
    Case("ids in base64", lambda trace: as_json(good(
        base64.b64encode(bytes.fromhex(trace)).decode(),
        spanId=base64.b64encode((1).to_bytes(8, "big")).decode())), good=(1,)),
    Case("a kind and a status by name", beside_good(kind="SPAN_KIND_CLIENT",
         status={"code": "STATUS_CODE_ERROR"}), good=TWO),
    Case("no times at all", beside_good(startTimeUnixNano=None, endTimeUnixNano=None), good=TWO),
    Case("a start of zero", beside_good(startTimeUnixNano="0"), good=TWO),
    Case("an end before the start", beside_good(endTimeUnixNano="1"), good=TWO),
    Case("the year 2554", beside_good(startTimeUnixNano=str((1 << 64) - 1)), good=TWO),
    Case("milliseconds called nanoseconds", beside_good(startTimeUnixNano="1780000000000"),
         good=TWO),
    Case("a name of a megabyte", beside_good(name="x" * 1_000_000), good=TWO),
    Case("a NUL in a value", with_text('"a\\u0000b"'), good=TWO),
    Case("a NUL in a name", beside_good(name="a\0b"), good=TWO),
    Case("a NUL in a key", beside_good(attributes=pairs({"a\0b": "x"})), good=TWO),
    Case("a NUL in the agent's name", beside_good(attributes=pairs({"agent.name": "a\0b"})),
         good=TWO),
    Case("a NUL in a session id", beside_good(attributes=pairs({"session.id": "a\0"})), good=TWO),
    Case("half a surrogate pair", with_text('"cut \\ud83d"'), good=TWO),
    Case("half a surrogate pair in a session id",
         beside_good(attributes=pairs({"session.id": "\ud83d"})), good=TWO),
    Case("NaN as a bare word", with_text('"x"}, "e": {"doubleValue": NaN'), good=TWO),
    Case("NaN as a string", with_value({"doubleValue": "NaN"}), good=TWO),
    Case("a double beyond all doubles", with_text('"x"}, "e": {"doubleValue": 1e400'), good=TWO),
    Case("an integer of 5000 digits", with_value({"intValue": "9" * 5000}), good=TWO),
    Case("an integer beyond 64 bits", with_value({"intValue": str(1 << 70)}), good=TWO),
    Case("an integer that is a word", with_value({"intValue": "many"}), says="whole number",
         rejected=1, good=(1,)),
    Case("tokens beyond all sums", beside_good(attributes=pairs({
        "openinference.span.kind": "LLM", "llm.token_count.prompt": (1 << 63) - 1})), good=TWO),
    Case("a cost that is infinite", beside_good(attributes=pairs({"gen_ai.usage.cost": "1e999"})),
         good=TWO),
    Case("a value of null", with_value(None), good=TWO),
    Case("a value of nothing", with_value({}), good=TWO),
    Case("a value with two meanings", with_value({"stringValue": "a", "intValue": "1"}), good=TWO),
    Case("a value nested 90 levels deep", with_value(nested(90)), good=TWO),
    Case("attributes that are an object", beside_good(attributes={"a": "b"}), good=TWO),
    Case("attributes that are a word", beside_good(attributes="x"), says="not an array",
         rejected=1, good=(1,)),
    Case("a key twice", beside_good(attributes=pairs({"a": 1}) + pairs({"a": 2})), good=TWO),
    Case("three thousand attributes", beside_good(
        attributes=pairs({f"k{n}": n for n in range(3000)})), good=TWO),
    Case("a message index of a billion", beside_good(attributes=pairs({
        "openinference.span.kind": "LLM",
        "llm.input_messages.999999999.message.content": "hi"})), good=TWO),
    Case("messages that are half a JSON", beside_good(attributes=pairs({
        "gen_ai.input.messages": '[{"role":"user","parts":[{"ty'})), good=TWO),
    Case("a session id of a hundred thousand letters", beside_good(
        attributes=pairs({"session.id": hashlib.sha512(b"x").hexdigest() * 800})), good=TWO),
    Case("an agent of a hundred thousand letters", beside_good(
        attributes=pairs({"agent.name": hashlib.sha512(b"y").hexdigest() * 800})), good=TWO),
    Case("a session id of blanks", beside_good(attributes=pairs({"session.id": "   "})), good=TWO),
    Case("a session id that is a list", beside_good(attributes=pairs({"session.id": ["a"]})),
         good=TWO),
    Case("an event without a name", beside_good(events=[{"timeUnixNano": "1"}]), good=TWO),
    Case("an event that is a word", beside_good(events=["x"]), says="not an object",
         rejected=1, good=(1,)),
    Case("a link that points nowhere", beside_good(links=[{"traceId": "", "spanId": "zz"}]),
         says="link", rejected=1, good=(1,)),
    Case("a span that is its own parent", beside_good(parentSpanId=f"{2:016x}"), good=TWO),
    Case("two spans that are each other's parents", lambda trace: as_json(
        good(trace, 1, parentSpanId=f"{2:016x}"), good(trace, 2, parentSpanId=f"{1:016x}")),
        good=TWO),
    Case("the same span twice", lambda trace: as_json(good(trace), good(trace)), good=(1,)),
    Case("a field that nobody knows", beside_good(shoeSize=44), good=TWO),
    Case("HTML, control characters and ANSI colours", beside_good(
        name="<script>alert(1)</script>\x1b[31m\u202e\x07"), good=TWO),
    Case("tags and metadata of the wrong kind", beside_good(attributes=pairs({
        "tag.tags": {"a": [1]}, "metadata": "[1, 2"})), good=TWO),
    Case("a resource that is a list", lambda trace: json.dumps({"resourceSpans": [
        {"resource": [], "scopeSpans": [{"spans": [good(trace)]}]}]}).encode(), good=(1,)),
    Case("a scope that is a number", lambda trace: json.dumps({"resourceSpans": [
        {"scopeSpans": [{"scope": 7, "spans": [good(trace)]}]}]}).encode(), good=(1,)),
]  # fmt: skip

CASES = [*KEYS, *TRANSPORT, *BROKEN_JSON, *BROKEN_PROTOBUF, *BAD_SPANS, *ODD_BUT_KEPT]
