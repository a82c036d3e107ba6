"""How a line looks: for people, or as one JSON object (`LOG_FORMAT=json`)."""

from __future__ import annotations

import logging
import traceback
from datetime import UTC, datetime
from typing import Any

import orjson

from core.http import request_ids


class Line(logging.Formatter):
    """`2026-11-28 02:00:00,120 WARNING module: what happened request=…`, then a traceback."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:
        written = super().formatMessage(record)
        if more := getattr(record, "more_since", 0):
            written = f"{written} (and {more} more since)"
        request_id = request_ids.current()
        return f"{written} request={request_id}" if request_id else written


class Json(logging.Formatter):
    """One object a line: time, level, logger, message, and what else there is to say."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        told: dict[str, Any] = {
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        more = {
            "event": getattr(record, "event", None),
            "facts": {k: _plain(v) for k, v in getattr(record, "facts", {}).items()},
            "request_id": request_ids.current(),
            "more_since": getattr(record, "more_since", None),
            "exception": _exception(record),
        }
        told |= {name: value for name, value in more.items() if value}
        return orjson.dumps(told, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def _plain(value: object) -> object:
    return value if isinstance(value, bool | int | float) else str(value)


def _exception(record: logging.LogRecord) -> dict[str, str] | None:
    if not record.exc_info or record.exc_info[0] is None:
        return None
    kind, error, trace = record.exc_info
    written = "".join(traceback.format_exception(kind, error, trace))
    return {"type": kind.__name__, "message": str(error), "traceback": written}
