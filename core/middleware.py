"""Each page speaks in the viewer's time zone, and no answer to a person is a blank one."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from core import errors
from core.time_range.moments import in_utc

Handler = Callable[[HttpRequest], HttpResponse]
ZONE_COOKIE = "zone"


class NoBlankPageMiddleware:
    """Whoever opens an address that only takes forms gets a sentence; `Allow` stays."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method != "GET" or response.status_code != 405 or response.content:
            return response
        page = errors.not_allowed(request)
        page["Allow"] = response["Allow"]
        return page


class NothingKeptMiddleware:
    """Tells browsers and proxies to keep no answer that does not say otherwise: most show traffic,
    and who signs out at a borrowed machine leaves none of it behind."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Cache-Control", "no-store")
        return response


class ViewerZoneMiddleware:
    """Activates the zone of the account, else the one that the browser reported in a cookie, and
    reads the moments in an address in it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = getattr(request.user, "time_zone", "") or request.COOKIES.get(ZONE_COOKIE, "")
        try:
            timezone.activate(zoneinfo.ZoneInfo(chosen or "UTC"))
        except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
            timezone.activate(zoneinfo.ZoneInfo("UTC"))
        request.GET = in_utc(request.GET)  # type: ignore[assignment]
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()
