"""The command line to fetch: client and server always match."""

from __future__ import annotations

import hashlib

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import condition, require_safe

from api.cli import bundle


def _etag(_request: HttpRequest) -> str | None:
    try:
        return f'"{hashlib.sha256(bundle.content()).hexdigest()}"'
    except bundle.CannotBundle:
        return None


@login_not_required
@require_safe
@condition(etag_func=_etag)
def signals_pyz(_request: HttpRequest) -> HttpResponse:
    """Answer with the command line as one file, to everybody: it holds no secret."""
    try:
        content = bundle.content()
    except bundle.CannotBundle as error:
        return HttpResponse(f"{error}\n", status=503, content_type="text/plain; charset=utf-8")
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = 'attachment; filename="signals.pyz"'
    response["Cache-Control"] = "public, max-age=0, must-revalidate"
    return response
