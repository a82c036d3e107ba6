"""The outer levels of an OTLP export, walked on the wire.

ExportTraceServiceRequest > ResourceSpans > ScopeSpans > Span, without parsing a span, and the
same for log records, whose messages have the same numbers:
19 kB of gzip can hold 10 million empty spans, which would take 1.3 GB once parsed. And a
span that protobuf refuses (invalid UTF-8, too deep a value) must not take its batch along,
so that spans are parsed one at a time from the slices found here.

Source: protobuf's encoding guide; opentelemetry/proto/trace/v1/trace.proto.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from traces.otlp.refused import Refused

VARINT, FIXED64, DELIMITED, FIXED32 = 0, 1, 2, 5

#: A span above this size is counted value by value before it is parsed: each empty value
#: takes 2 bytes on the wire and about 60 in memory.
LARGE_SPAN = 256 * 1024
MAX_VALUES = 200_000


class Malformed(ValueError):
    """The bytes are not a protobuf message."""


@dataclass(slots=True)
class ScopeSlices:
    """One ScopeSpans: the bytes of its scope and of each of its spans."""

    scope: bytes = b""
    spans: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class ResourceSlices:
    """One ResourceSpans: the bytes of its resource, and its scopes."""

    resource: bytes = b""
    scopes: list[ScopeSlices] = field(default_factory=list)


def walk(body: bytes, max_spans: int, what: str = "trace") -> list[ResourceSlices]:
    """Return the spans of a request as slices, or the log records of one with logs (`what`).

    Raises Refused 400 when the framing is broken, 413 over `max_spans` spans, or as many
    groups: an empty group costs memory as well.
    """
    try:
        return _walk_request(body, max_spans)
    except Malformed as error:
        hint = " It looks like JSON: send Content-Type application/json."
        raise Refused(
            400,
            f"The body is not an OTLP {what} request in protobuf: {error}."
            + (hint if body.lstrip()[:1] in (b"{", b"[") else ""),
        ) from error


def _walk_request(body: bytes, max_spans: int) -> list[ResourceSlices]:
    groups: list[ResourceSlices] = []
    room = _Room(max_spans)
    for number, kind, start, end in fields(body, 0, len(body)):
        if number != 1 or kind != DELIMITED:
            continue
        room.take_group()
        groups.append(_walk_resource(body, start, end, room))
    if body and not groups:
        raise Malformed("it holds no resource")
    return groups


def _walk_resource(body: bytes, start: int, end: int, room: _Room) -> ResourceSlices:
    group = ResourceSlices()
    for number, kind, begin, stop in fields(body, start, end):
        if kind != DELIMITED:
            continue
        if number == 1:
            group.resource = body[begin:stop]
        elif number == 2:
            room.take_group()
            group.scopes.append(_walk_scope(body, begin, stop, room))
    return group


def _walk_scope(body: bytes, start: int, end: int, room: _Room) -> ScopeSlices:
    scope = ScopeSlices()
    spans = scope.spans
    limit = room.spans
    for number, kind, begin, stop in fields(body, start, end):
        if kind != DELIMITED:
            continue
        if number == 2:
            if len(spans) >= limit:
                raise too_many(room.max_spans)
            spans.append(body[begin:stop])
        elif number == 1:
            scope.scope = body[begin:stop]
    room.spans -= len(spans)
    return scope


class _Room:
    """How many spans, and groups of spans, a request may still bring."""

    def __init__(self, max_spans: int) -> None:
        self.max_spans = max_spans
        self.spans = max_spans
        self.groups = 2 * max_spans  # resources and scopes together

    def take_group(self) -> None:
        self.groups -= 1
        if self.groups < 0:
            raise too_many(self.max_spans)


def too_many(max_spans: int) -> Refused:
    return Refused(
        413, f"More than {max_spans:,} spans or log records in one request: send smaller batches."
    )


def fields(data: bytes, position: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield (field number, wire type, start, end) of each field's value in data[position:end].

    Raises Malformed for groups, field 0, and anything that runs over the end.
    """
    while position < end:
        tag, position = _varint(data, position, end)
        number, kind = tag >> 3, tag & 7
        if kind == DELIMITED:
            length, start = _varint(data, position, end)
            position = start + length
        elif kind == VARINT:
            start = position
            _, position = _varint(data, position, end)
        elif kind == FIXED64:
            start, position = position, position + 8
        elif kind == FIXED32:
            start, position = position, position + 4
        else:
            raise Malformed(f"byte {position - 1} starts no field")
        if position > end or not number:
            raise Malformed(f"a field runs over the end at byte {start}")
        yield number, kind, start, position


def _varint(data: bytes, position: int, end: int) -> tuple[int, int]:
    """Read a base-128 number, and return it with the position behind it."""
    if position < end and (byte := data[position]) < 128:
        return byte, position + 1
    value = shift = 0
    while position < end and shift < 70:
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position += 1
        if byte < 128:
            return value, position
        shift += 7
    raise Malformed(f"a number is cut or too long at byte {position}")


#: Which fields of which message hold messages, as far as values nest:
#: Span.attributes/events/links, their attributes, KeyValue.value, AnyValue's lists.
_INNER: dict[str, dict[int, str]] = {
    "span": {9: "pair", 11: "event", 13: "link"},
    "log": {5: "value", 6: "pair"},
    "event": {3: "pair"},
    "link": {4: "pair"},
    "pair": {2: "value"},
    "value": {5: "array", 6: "list"},
    "array": {1: "value"},
    "list": {1: "pair"},
}


def has_too_many_values(span: bytes, message: str = "span") -> bool:
    """Say whether a large span or log record holds more than MAX_VALUES messages, counted without
    parsing it."""
    if len(span) <= LARGE_SPAN:
        return False
    todo = [(message, 0, len(span))]
    count = 0
    while todo:
        at, start, end = todo.pop()
        inner = _INNER[at]
        for number, kind, begin, stop in fields(span, start, end):
            if kind == DELIMITED and number in inner:
                count += 1
                if count > MAX_VALUES:
                    return True
                todo.append((inner[number], begin, stop))
    return False
