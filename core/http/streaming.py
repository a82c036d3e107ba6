"""Answers without an end in sight, made and sent piece by piece."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

from core.database import release_connection

Part = str | bytes


def streamed(
    request: HttpRequest, parts: Iterator[Part], content_type: str
) -> StreamingHttpResponse:
    """Return an answer that sends each of `parts` when it is made; nothing keeps it."""
    # Django would first read a plain iterator to its end under ASGI.
    given: Any = _awaited(parts) if isinstance(request, ASGIRequest) else parts
    response = StreamingHttpResponse(given, content_type=content_type)
    response["Cache-Control"] = "no-store"
    return response


async def _awaited(parts: Iterator[Part]) -> AsyncIterator[Part]:
    """Yield each of `parts`, made in the request's thread, and hold no connection between them."""

    def next_part() -> Part | None:
        try:
            return next(parts, None)
        finally:
            release_connection()

    while (part := await sync_to_async(next_part)()) is not None:
        yield part
