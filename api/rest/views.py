"""The document of REST, its page, and what is said at addresses under `/api/` that do not exist."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from api.rest import document, problems
from api.rest.door import REQUEST_ID
from api.rest.problems import Refused
from core.http import request_ids

NO_DOOR = "Nothing is at this address. The document /api/v1/openapi.json names all that there is."


@login_not_required
@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """Answer the OpenAPI document."""
    return JsonResponse(document.openapi())


@login_not_required
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Show the document as a page."""
    return render(
        request, "api/docs.html", {"groups": document.groups(), "about": document.about()}
    )


@csrf_exempt
@login_not_required
def nowhere(request: HttpRequest) -> HttpResponse:
    request.request_id = request_ids.of(request)  # type: ignore[attr-defined]
    response = problems.answer(Refused(404, "not_found", NO_DOOR), request)
    response[REQUEST_ID] = request.request_id  # type: ignore[attr-defined]
    return response
