"""The pages for 400, 403, 404, 405, 429 and 500: a sentence each, and a way on."""

from __future__ import annotations

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.http import request_ids


def _page(request: HttpRequest, status: int, headline: str, sentence: str) -> HttpResponse:
    """Return the page of an error, with a headline and a sentence."""
    context = {"status": status, "headline": headline, "sentence": sentence}
    context["request_id"] = request_ids.of(request)
    return render(request, "error.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400; say what to do if the name of this host is not known."""
    if isinstance(exception, DisallowedHost):
        sentence = "Signals does not answer under this name: add it to ALLOWED_HOSTS or BASE_URL."
        return _page(request, 400, "Unknown host", sentence)
    return _page(request, 400, "That request made no sense", "Go back and try again.")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403 with the sentence of the exception, or one about roles."""
    sentence = str(exception or "") or "Your role in this team may look, but not change anything."
    return _page(request, 403, "Not allowed", sentence)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404."""
    sentence = "It does not exist, or it belongs to a project that you are not a member of."
    return _page(request, 404, "Nothing here", sentence)


def not_allowed(request: HttpRequest) -> HttpResponse:
    """Answer 405 to somebody who opens or reloads an address that only takes what a form sends."""
    sentence = "This address takes what a form sends, and shows nothing. Go back to the form."
    return _page(request, 405, "Nothing to see here", sentence)


def too_many(request: HttpRequest) -> HttpResponse:
    """Answer 429 to an address that asks for the same thing over and over."""
    sentence = "That was tried too often from here. Wait a few minutes, then try again."
    page = _page(request, 429, "Too many tries", sentence)
    page["Retry-After"] = "300"
    return page


def not_from_here(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a failed check against CSRF: mostly a page from before its reader signed in anew."""
    sentence = "That page was out of date. Go back, copy what you typed, and load the page again."
    return _page(request, 403, "Not sent", sentence)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 without the parts of a page that ask the database."""
    sentence = "The error is in the server's log. Nothing you entered was saved."
    return render(
        request,
        "error_500.html",
        {
            "status": 500,
            "headline": "Something broke on our side",
            "sentence": sentence,
            "request_id": request_ids.of(request),
        },
        status=500,
    )
