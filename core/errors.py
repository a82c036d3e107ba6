"""The pages for 400, 403, 404, 405 and 500: a sentence each, and a way on."""

from __future__ import annotations

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def _page(request: HttpRequest, status: int, headline: str, sentence: str) -> HttpResponse:
    context = {"status": status, "headline": headline, "sentence": sentence}
    return render(request, "error.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, DisallowedHost):
        sentence = "Signals does not answer under this name: add it to ALLOWED_HOSTS or BASE_URL."
        return _page(request, 400, "Unknown host", sentence)
    return _page(request, 400, "That request made no sense", "Go back and try again.")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    sentence = str(exception or "") or "Your role in this team may look, but not change anything."
    return _page(request, 403, "Not allowed", sentence)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    sentence = "It does not exist, or it belongs to a project that you are not a member of."
    return _page(request, 404, "Nothing here", sentence)


def not_allowed(request: HttpRequest) -> HttpResponse:
    """Somebody opens or reloads an address that only takes what a form sends."""
    sentence = "This address takes what a form sends, and shows nothing. Go back to the form."
    return _page(request, 405, "Nothing to see here", sentence)


def not_from_here(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW: mostly a page from before one signed in anew."""
    sentence = "That page was out of date. Go back, copy what you typed, and load the page again."
    return _page(request, 403, "Not sent", sentence)


def server_error(request: HttpRequest) -> HttpResponse:
    sentence = "The error is in the server's log. Nothing you entered was saved."
    return render(
        request,
        "error_500.html",
        {"status": 500, "headline": "Something broke on our side", "sentence": sentence},
        status=500,
    )
