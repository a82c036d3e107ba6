"""Whether htmx asks for a part of the page."""

from __future__ import annotations

from django.http import HttpRequest


def wants_fragment(request: HttpRequest, element_id: str) -> bool:
    """Say whether only the element of this id is to be replaced.

    When htmx restores a page of the history it needs all of it.
    """
    htmx = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and htmx.target == element_id and not htmx.history_restore_request
