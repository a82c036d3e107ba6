"""Answers that are sent part by part while they are made."""

from __future__ import annotations

import re
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

from core.database import release_connection

_TAKES_GZIP: Final = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.I)
#: What zlib is told for gzip's framing.
_GZIP: Final = 31


def streamed(
    request: HttpRequest, parts: Iterator[str] | Iterator[bytes], content_type: str, file_name: str
) -> StreamingHttpResponse:
    """Answer parts as a file to be saved under a name of plain letters."""
    # Django would first read a plain iterator to its end under ASGI.
    content: Any = _awaited(parts) if isinstance(request, ASGIRequest) else parts
    response = StreamingHttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    response["Cache-Control"] = "no-store"
    return response


def streamed_small(
    request: HttpRequest, parts: Iterator[bytes], content_type: str, file_name: str
) -> StreamingHttpResponse:
    """Answer the same, as gzip where whoever asks takes that."""
    takes_gzip = bool(_TAKES_GZIP.search(request.headers.get("Accept-Encoding", "")))
    sent = gzipped(parts) if takes_gzip else parts
    response = streamed(request, sent, content_type, file_name)
    if takes_gzip:
        response["Content-Encoding"] = "gzip"
    response["Vary"] = "Accept-Encoding"
    return response


def gzipped(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the same as gzip, in bounded memory."""
    packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
    for part in parts:
        if packed := packer.compress(part):
            yield packed
    yield packer.flush()


async def _awaited(parts: Iterator[str] | Iterator[bytes]) -> AsyncIterator[str | bytes]:
    """Yield each of `parts`, made in the request's thread, and hold no connection between them."""

    def next_part() -> str | bytes | None:
        try:
            return next(parts, None)
        finally:
            release_connection()

    while (part := await sync_to_async(next_part)()) is not None:
        yield part
