"""The first middleware: what proxies say of a request is believed from trusted ones alone.

After it `REMOTE_ADDR` is the client's address, and no forwarded header of a stranger is left.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from core import log_lines
from core.http.client_address import client_address, is_trusted

logger = logging.getLogger(__name__)
Handler = Callable[[HttpRequest], HttpResponse]
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST")


class TrustedProxiesMiddleware:
    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self._told = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta = request.META
        peer, said = meta.get("REMOTE_ADDR") or "", meta.get("HTTP_X_FORWARDED_FOR", "")
        if is_trusted(peer, settings.TRUSTED_PROXIES):
            # An address is needed further on; a socket file has none, and is on this machine.
            meta["REMOTE_ADDR"] = (
                client_address(peer, said, settings.TRUSTED_PROXIES) or "127.0.0.1"
            )
        else:
            for name in FORWARDED:
                if meta.pop(name, None) is not None:
                    self._tell(peer)
        return self.get_response(request)

    def _tell(self, peer: str) -> None:
        """Log once that somebody says to be a proxy: mostly it is one that nobody has named."""
        if not self._told:
            self._told = True
            words = "forwarded headers ignored"
            log_lines.write(logger, logging.WARNING, words, sender=peer)
