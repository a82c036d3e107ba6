"""Files beside the procedures: parts of an upload, and exports by an address of their own."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from api.inf import exporting, importing, views, wire
from api.inf.errors import refused
from api.inf.given import Given
from api.inf.routers.exports import which_of
from core.http.streams import gzipped, streamed
from teams import access
from traces.exporting.exporting import Format
from traces.exporting.exporting import export as exported

PART = "upload/traces/part"
GONE = "This address is good for an hour. Ask for another: inf trace export download <job-id>."
NO_UPLOAD = "Say which upload and which part: x-upload-id or x-r2-key, and x-part-number."


@csrf_exempt
@login_not_required
def part(request: HttpRequest) -> HttpResponse:
    """Take a part of a file; the answer comes back when all parts are there."""
    try:
        return JsonResponse(_take(request))
    except Exception as error:
        return wire.failure(error, PART)


@login_not_required
@require_safe
def export(request: HttpRequest, token: str) -> HttpResponseBase:
    """Stream the file of an export, made while it is fetched; the address itself is the key."""
    try:
        known = exporting.at_address(token)
    except Http404:
        return wire.failure(refused(GONE, 404), "exports")
    which = which_of(known.project, Given(known.filter), known.created_at)
    lines = exported(known.project, which, Format.FLAT)
    name = f"traces-{known.uuid}.jsonl.gz"
    return streamed(request, gzipped(lines), "application/gzip", name)


def _take(request: HttpRequest) -> dict[str, str | int]:
    project = access.project_of(views.key_of(request), write=True)
    if request.method != "POST":
        raise refused("A part is sent with POST.", 405)
    key, number = _named(request)
    known = importing.of_project(project, key)
    content = request.read(importing.PART_BYTES + 1)
    importing.take_part(known, number, content)
    return {"partNumber": number, "etag": f"{key.hex}-{number}"}


def _named(request: HttpRequest) -> tuple[UUID, int]:
    text = request.headers.get("x-r2-key") or request.headers.get("x-upload-id") or ""
    number = request.headers.get("x-part-number", "")
    try:
        if len(number) > 9 or not number.isascii():
            raise ValueError
        return UUID(text), int(number)
    except ValueError:
        raise refused(NO_UPLOAD) from None
