"""Answers that are sent part by part while they are made."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

from core.database import release_connection


def streamed(
    request: HttpRequest, parts: Iterator[str], content_type: str, file_name: str
) -> StreamingHttpResponse:
    """Answer parts as a file to be saved under a name of plain letters."""
    # Django would first read a plain iterator to its end under ASGI.
    content: Any = _awaited(parts) if isinstance(request, ASGIRequest) else parts
    response = StreamingHttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    response["Cache-Control"] = "no-store"
    return response


async def _awaited(parts: Iterator[str]) -> AsyncIterator[str]:
    """Yield each of `parts`, made in the request's thread, and hold no connection between them."""

    def next_part() -> str | None:
        try:
            return next(parts, None)
        finally:
            release_connection()

    while (part := await sync_to_async(next_part)()) is not None:
        yield part
