"""Says who acts in a request to Django; the doors of programs say more when they know a key."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from core.acting.who import Acting, Door, acting_as

Handler = Callable[[HttpRequest], HttpResponse]


def address_of(request: HttpRequest) -> str:
    """Return the address that a request came from."""
    return str(request.META.get("REMOTE_ADDR") or "")


class WhoActsMiddleware:
    """Says of each request of a signed-in person, or of a stranger, who acts and from where."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_admin = request.path_info.startswith("/admin/")
        acting = Acting(
            Door.ADMIN if is_admin else Door.PAGE,
            user_id=request.user.pk,
            email=getattr(request.user, "email", ""),
            address=address_of(request),
        )
        with acting_as(acting):
            return self.get_response(request)
