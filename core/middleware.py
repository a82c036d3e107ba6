"""Each page speaks in the viewer's time zone."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

Handler = Callable[[HttpRequest], HttpResponse]
ZONE_COOKIE = "zone"


class ViewerZoneMiddleware:
    """Activates the zone of the account, else the one that the browser reported in a cookie."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = getattr(request.user, "time_zone", "") or request.COOKIES.get(ZONE_COOKIE, "")
        try:
            timezone.activate(zoneinfo.ZoneInfo(chosen or "UTC"))
        except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
            timezone.activate(zoneinfo.ZoneInfo("UTC"))
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()
