"""How a file is read: which entries it has, and what an entry holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Any, Final

from django.conf import settings

from traces import otlp
from traces.otlp.json_values import parse
from traces.otlp.refused import Refused
from traces.otlp.span_checks import BadSpan, reject
from traces.records import Decoded
from traces.uploading import entries
from traces.uploading.entries import Entry
from traces.uploading.flat_lines import is_flat, record_of
from traces.uploading.pieces import PIECE_BYTES, Unreadable

#: Tells most lines of OTLP from others without parsing them twice.
OTLP_LINE: Final = re.compile(rb'\s*\{\s*"resource_?[sS]pans"')
#: A message of 123 or 91 bytes begins like JSON after an empty line; what follows tells it.
MESSAGE: Final = re.compile(rb"\n[{\[][\n\x12]")
#: Bytes that tell one kind of file from the others.
TELLING_BYTES: Final = 8
FLAT_KEYS: Final = "trace_id, span_id, name, kind, start_time and end_time"


class Format(StrEnum):
    """How a file is written."""

    OTLP_JSON_LINES = "otlp-json-lines"
    OTLP_PROTOBUF = "otlp-protobuf"
    FLAT = "flat"


@dataclass(frozen=True, slots=True)
class Decoder:
    """entries: yields a file's entries, given how many bytes one may have. decode: reads one, or
    raises Refused."""

    entries: Callable[[int], Iterator[Entry]]
    decode: Callable[[bytes], Decoded]


def decoder(pieces: Iterator[bytes], format: str) -> Decoder:
    """Return how to read a file of a format, or of the one that it begins like ("").

    Raises ValueError for another format, and Unreadable for bytes that are none of them.
    """
    start = next(pieces, b"")
    while len(start.strip()) < TELLING_BYTES and (more := next(pieces, b"")):
        start += more
        if len(start) > PIECE_BYTES:
            break
    pieces = chain((start,), pieces)
    chosen = Format(format) if format else _detected(start)
    if chosen == Format.OTLP_PROTOBUF:
        return Decoder(lambda most: entries.messages(pieces, most), _of_protobuf)
    read = {Format.OTLP_JSON_LINES: _of_otlp_line, Format.FLAT: _of_flat_line, None: _of_line}
    _must_be_lines(start)
    return Decoder(lambda most: entries.lines(pieces, most), read[chosen])


def _detected(start: bytes) -> Format | None:
    """Return the format of a file that begins so; None for lines of JSON, which tell by
    themselves."""
    first = start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if first in (b"", b"{", b"[") and not MESSAGE.match(start):
        return None
    if start[0] == entries.FIELD_1 or entries.FIELD_1 in start[: entries.LENGTH_BYTES + 1]:
        return Format.OTLP_PROTOBUF
    raise Unreadable(
        "The file is none of those that can be read: lines of OTLP in JSON, OTLP in protobuf, "
        "or flat span lines; each may be compressed with gzip."
    )


def _must_be_lines(start: bytes) -> None:
    first = start.lstrip().partition(b"\n")[0].strip()
    if first in (b"{", b"["):
        raise Unreadable(
            "The JSON is written over several lines: put each object on a line of its own, "
            "as jq -c does."
        )


def _of_protobuf(message: bytes) -> Decoded:
    return otlp.decode(message, otlp.PROTOBUF, settings.INGEST_MAX_SPANS)


def _of_otlp_line(line: bytes) -> Decoded:
    return otlp.decode(line, otlp.JSON, settings.INGEST_MAX_SPANS)


def _of_flat_line(line: bytes) -> Decoded:
    value = parse(line)
    if not is_flat(value):
        raise Refused(400, f"It is no flat span line, which has {FLAT_KEYS}.")
    return _flat(value)


def _of_line(line: bytes) -> Decoded:
    if OTLP_LINE.match(line):
        return _of_otlp_line(line)
    value = parse(line)
    if is_flat(value):
        return _flat(value)
    if isinstance(value, dict) and ("resourceSpans" in value or "resource_spans" in value):
        return _of_otlp_line(line)
    raise Refused(
        400, f'It holds neither "resourceSpans" (OTLP) nor a flat span, which has {FLAT_KEYS}.'
    )


def _flat(value: dict[str, Any]) -> Decoded:
    decoded = Decoded([])
    try:
        decoded.spans.append(record_of(value))
    except BadSpan as error:
        name = value.get("name")
        reject(decoded, 0, name if isinstance(name, str) else "", str(error))
    return decoded
