"""Traffic from files, read while they arrive."""

from __future__ import annotations

from datetime import datetime
from threading import BoundedSemaphore
from typing import Final, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Schema
from pydantic import Field

from api.rest.callers import CallerRequest
from api.rest.door import Resource
from api.rest.problems import Refused
from api.rest.still_open import StillOpen
from api.rest.types import NOT_GIVEN
from core.database import release_connection
from traces.uploading.outcome import Uploaded
from traces.uploading.uploading import upload

resource = Resource(tags=["traces"])

#: Where bodies are not taken in by Django first (config/streamed_bodies.py).
PATH: Final = "/api/v1/uploads"
MOST_BYTES: Final = 1024**3
#: Each holds a thread of the process for as long as its sender takes.
MOST_AT_ONCE: Final = 4
BUSY = "Too many uploads are on their way. Send it again in a while."
NO_FORM = "Send the file itself as the body, not as a form: curl --data-binary @traces.jsonl"

_places = BoundedSemaphore(MOST_AT_ONCE)
_FILE = {"schema": {"type": "string", "format": "binary"}}
_BODY = {
    "requestBody": {
        "description": f"The file, at most {MOST_BYTES // 1024**3} GiB; it may be gzip.",
        "required": False,
        "content": {"application/octet-stream": _FILE},
    }
}


class UploadAsked(Schema):
    """How the file is written; without it that is found out from its beginning."""

    format: Literal["otlp-json-lines", "otlp-protobuf", "flat"] = Field(
        NOT_GIVEN, description="Found out if not given; of JSON line by line."
    )


class LineProblem(Schema):
    """What is wrong with a line, or with a message of a protobuf file, counted from 1."""

    line: int
    message: str


class UploadShape(Schema):
    """What became of a file. lines: those that are not blank, or messages; lines_refused: those of
    which nothing could be read. spans_accepted: that are in the project now, `duplicates` of them
    were there already. errors: the first 100 of error_count."""

    lines: int
    lines_refused: int
    spans_accepted: int
    spans_rejected: int
    duplicates: int
    earliest: datetime | None
    latest: datetime | None
    error_count: int
    errors: list[LineProblem]


@resource.post("/uploads", response=UploadShape, operation_id="upload_traces", openapi_extra=_BODY)
def upload_traces(request: CallerRequest, query: Query[UploadAsked]) -> UploadShape:
    """Store the spans of a file at their own times; signals judge them by a run. Lines of OTLP in
    JSON, OTLP in protobuf, or flat span lines. What is there already changes nothing, so an upload
    that broke off can be sent again."""
    if request.content_type in ("multipart/form-data", "application/x-www-form-urlencoded"):
        raise Refused(415, "unsupported_media_type", NO_FORM)
    if not _places.acquire(blocking=False):
        raise Refused(503, "unavailable", BUSY, headers={"Retry-After": "10"})
    try:
        door = StillOpen(request.caller, writes=True)
        done = upload(
            request.caller.project,
            _Body(request),
            query.format or "",
            now=timezone.now(),
            on_progress=door.look,
        )
    finally:
        _places.release()
    return _shape(done)


class _Body:
    """The body of a request; while the next piece is waited for, no connection is held."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    def read(self, size: int, /) -> bytes:
        release_connection()
        piece: bytes = self._request.read(size)
        return piece


def _shape(done: Uploaded) -> UploadShape:
    names = set(UploadShape.model_fields) - {"errors"}
    return UploadShape(
        **{name: getattr(done, name) for name in names},
        errors=[LineProblem(line=each.line, message=each.sentence) for each in done.errors],
    )
