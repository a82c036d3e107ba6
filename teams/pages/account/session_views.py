"""Signing out elsewhere: one session, or all others."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from teams.access import SignedInRequest
from teams.signin import sessions


@require_POST
def session_end(request: SignedInRequest, pk: int) -> HttpResponse:
    """End a session; one that is a stranger's does not exist."""
    if not sessions.end(request.user, pk):
        raise Http404
    messages.success(request, "Signed out there.")
    return redirect("account")


@require_POST
def sessions_end_others(request: SignedInRequest) -> HttpResponse:
    ended = sessions.end_others(request.user, request.session.session_key)
    said = f"Signed out in {ended} other place{'' if ended == 1 else 's'}."
    messages.success(request, said if ended else "You are signed in nowhere else.")
    return redirect("account")


def second_factors(request: SignedInRequest) -> HttpResponse:
    """Lead on to the page of the account, where allauth has pages of its own."""
    return redirect("account")
