"""The programs that a person has let in."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from api.oauth import programs as let_in
from teams.access import SignedInRequest, last_seen_project


@require_safe
def programs(request: SignedInRequest) -> HttpResponse:
    context = {
        "project": last_seen_project(request),
        "programs": let_in.of_person(request.user),
    }
    return render(request, "api/programs.html", context)


@require_POST
def program_end(request: SignedInRequest) -> HttpResponse:
    """Let a program in no more."""
    grant_id = request.POST.get("grant", "")
    if "\x00" in grant_id or not let_in.end(request.user, grant_id):
        raise Http404
    messages.success(request, "That program is let in no more.")
    return redirect("programs")
