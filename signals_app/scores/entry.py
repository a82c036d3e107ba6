"""The project that a request's API key opens, for addresses that programs ask."""

from __future__ import annotations

from django.http import HttpRequest

from teams.models import ApiKey, Project, digest_of
from traces.receiving.keys import MAX_KEY_CHARS, secret_in


def project_of(request: HttpRequest) -> Project | None:
    """Return the project of a request's key; None for one that is missing, unknown or revoked.
    Langfuse's clients send theirs as the password of Basic; the user beside it may be anything."""
    headers = {
        b"authorization": request.headers.get("Authorization", "").encode("latin-1", "replace"),
        b"x-api-key": request.headers.get("X-Api-Key", "").encode("latin-1", "replace"),
    }
    secret = secret_in(headers)
    if not secret or len(secret) > MAX_KEY_CHARS:
        return None
    key = ApiKey.objects.valid().filter(digest=digest_of(secret)).select_related("project__team")
    key_found = key.first()
    return key_found.project if key_found else None
