"""Parsing the JSON of OTLP: the body, ids, numbers and AnyValues, as senders really write them.

The specification asks for hex ids, integer enums and strings or numbers for int64. Python
senders that use protobuf's MessageToJson post base64 ids and enum names instead.
Source: opentelemetry-proto, docs/specification.md "JSON Protobuf Encoding".
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from typing import Any

import orjson

from traces.otlp.cleaning import (
    MAX_ATTRIBUTES,
    MAX_DEPTH,
    MAX_TEXT,
    TOO_DEEP,
    clean_float,
    clean_int,
    clean_json,
    clean_keys,
    clean_text,
    head_and_tail,
    without_surrogates,
)
from traces.otlp.refused import Refused
from traces.otlp.span_checks import BadSpan
from traces.records import Attributes

#: Arrays and objects in one body, braces inside of strings counted as well: each takes
#: 2 bytes to send and 60 or more in memory.
MAX_CONTAINERS = 3_000_000

_UINT64_END = 1 << 64
_INT_DIGITS = 19  # of the largest 64-bit integer


def parse(body: bytes) -> Any:
    """Return the JSON value of a body, without lone surrogates. Raises Refused 400 or 413."""
    if body.count(b"{") + body.count(b"[") > MAX_CONTAINERS:
        raise Refused(413, "The JSON body holds too many values: send smaller batches.")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return _parse_leniently(body)


def _parse_leniently(body: bytes) -> Any:
    """Parse what orjson refuses and senders still write: NaN, cut surrogate pairs, broken UTF-8."""
    text = body.decode("utf-8-sig", "replace")
    if not text.strip():
        raise Refused(400, 'The body is empty: an export without spans is {"resourceSpans":[]}.')
    try:
        value = json.loads(text, strict=False, parse_constant=str, parse_float=_finite)
        return orjson.loads(without_surrogates(json.dumps(value, ensure_ascii=False)))
    except (ValueError, RecursionError) as error:
        # ValueError: not JSON, or an integer of more than 4,300 digits.
        raise Refused(
            400, f"The body is not valid JSON, or nests too deep ({str(error)[:120]})."
        ) from error


def _finite(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else str(clean_float(number))


def pick(source: dict[str, Any], camel: str, snake: str) -> Any:
    """Return a field under its lowerCamelCase name, or the proto name that some senders keep."""
    value = source.get(camel)
    return source.get(snake) if value is None else value


def as_object(value: Any, what: str) -> dict[str, Any]:
    """Return `value` if it is an object, {} for null. Raises BadSpan otherwise."""
    if isinstance(value, dict):
        return value
    if value is None:
        return {}
    raise BadSpan(f"{what} is not an object")


def as_list(value: Any, what: str) -> list[Any]:
    """Return `value` if it is an array, [] for null. Raises BadSpan otherwise."""
    if isinstance(value, list):
        return value
    if value is None:
        return []
    raise BadSpan(f"{what} is not an array")


def as_text(value: Any, what: str) -> str:
    """Return `value` if it is a string, "" for null. Raises BadSpan otherwise."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    raise BadSpan(f"{what} is not a string")


def as_id(value: Any, what: str) -> bytes:
    """Read an id from hex digits of any case, or from base64, which for 8 and 16 bytes ends in "=".

    An id of another length comes back in that length, for the check to complain of.
    """
    text = as_text(value, what)
    if not text:
        return b""
    try:
        if text[-1] == "=":
            return base64.b64decode(text, b"-_" if "-" in text or "_" in text else None)
        return bytes.fromhex(text)
    except (ValueError, binascii.Error):
        raise BadSpan(f"{what} is neither hex digits nor base64") from None


def as_nanoseconds(value: Any, what: str) -> int:
    """Read a uint64 sent as string or number; 0 when missing or out of range."""
    number = as_integer(value, what)
    return number if isinstance(number, int) and 0 <= number < _UINT64_END else 0


def as_integer(value: Any, what: str) -> int | str:
    """Read an integer sent as a number, as digits, or as 5.0; digits stay a string when too
    many."""
    if value is None:
        return 0
    if isinstance(value, str):
        return _from_digits(value.strip(), what)
    if isinstance(value, bool):
        raise BadSpan(f"{what} is not a whole number")
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise BadSpan(f"{what} is not a whole number")


def _from_digits(text: str, what: str) -> int | str:
    digits = text[1:] if text[:1] in ("-", "+") else text
    if not digits:
        return 0 if not text else _no_number(what)
    if not (digits.isascii() and digits.isdigit()):
        return _from_decimal(text, what)
    if len(digits) > _INT_DIGITS + 1:
        return text
    return int(text)


def _from_decimal(text: str, what: str) -> int:
    try:
        number = float(text)
    except ValueError:
        return _no_number(what)
    return int(number) if number.is_integer() else _no_number(what)


def _no_number(what: str) -> int:
    raise BadSpan(f"{what} is not a whole number")


def as_enum(value: Any, names: dict[str, int], what: str) -> int:
    """Read an enum sent as its number or its name; 0 for one that we do not know."""
    if isinstance(value, str) and (number := names.get(value.strip().upper())) is not None:
        return number
    if isinstance(value, str) and value.strip()[:1].isalpha():
        return 0
    number_or_digits = as_integer(value, what)
    known = isinstance(number_or_digits, int) and number_or_digits in names.values()
    return int(number_or_digits) if known else 0


def attributes(value: Any, what: str = "attributes") -> tuple[Attributes, int]:
    """Read a KeyValue list, or a plain object in its place, and count how many were left out.

    The last of several equal keys wins. Raises BadSpan for anything else.
    """
    if isinstance(value, dict):
        kept, cut = head_and_tail(list(value.items()), MAX_ATTRIBUTES)
        return clean_keys({key: _plain_or_any(item) for key, item in kept}), cut
    pairs, cut = head_and_tail(as_list(value, what), MAX_ATTRIBUTES)
    return _pairs(pairs, MAX_DEPTH), cut


def _pairs(pairs: Any, depth: int) -> Attributes:
    kept: Attributes = {}
    for pair in pairs:
        if not isinstance(pair, dict):
            raise BadSpan("an attribute is not an object with key and value")
        key = pair.get("key", "")
        value = pair.get("value")
        if not isinstance(key, str):
            raise BadSpan("the key of an attribute is not a string")
        if value.__class__ is dict and (text := value.get("stringValue")).__class__ is str:
            kept[key] = clean_text(text) if "\0" in text or len(text) > MAX_TEXT else text
        else:
            kept[key] = any_value(value, depth)
    return clean_keys(kept)


def _plain_or_any(value: Any) -> Any:
    """Read an attribute of a plain object: usually bare JSON, sometimes an AnyValue after all."""
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)) in _READERS:
        return any_value(value, MAX_DEPTH)
    return clean_json(value)


def any_value(value: Any, depth: int) -> Any:
    """Return an AnyValue in JSON as a JSON value; None when it is null or empty."""
    if depth <= 0:
        return TOO_DEEP
    for name, inner in as_object(value, "an attribute value").items():
        read = _READERS.get(name)
        if read is not None:
            return read(inner, depth - 1)
    return None


def _string(value: Any, depth: int) -> str | None:
    return None if value is None else clean_text(as_text(value, "a stringValue"))


def _int(value: Any, depth: int) -> int | str | None:
    if value is None:
        return None
    number = as_integer(value, "an intValue")
    return clean_int(number) if isinstance(number, int) else clean_text(number)


def _bool(value: Any, depth: int) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise BadSpan("a boolValue is neither true nor false")


def _double(value: Any, depth: int) -> float | str | None:
    if value is None:  # what JavaScript makes of NaN
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise BadSpan("a doubleValue is not a number")
    try:
        return clean_float(float(value))
    except (ValueError, OverflowError):
        raise BadSpan("a doubleValue is not a number") from None


def _array(value: Any, depth: int) -> list[Any]:
    values = as_list(as_object(value, "an arrayValue").get("values"), "the values of an arrayValue")
    return [any_value(item, depth) for item in values]


def _kvlist(value: Any, depth: int) -> Attributes:
    pairs = as_object(value, "a kvlistValue").get("values")
    if isinstance(pairs, dict):
        return clean_keys({key: clean_json(item, depth) for key, item in pairs.items()})
    return _pairs(as_list(pairs, "the values of a kvlistValue"), depth)


_READERS = {
    "stringValue": _string,
    "string_value": _string,
    "intValue": _int,
    "int_value": _int,
    "boolValue": _bool,
    "bool_value": _bool,
    "doubleValue": _double,
    "double_value": _double,
    "arrayValue": _array,
    "array_value": _array,
    "kvlistValue": _kvlist,
    "kvlist_value": _kvlist,
    "bytesValue": _string,  # base64, kept as text
    "bytes_value": _string,
}
