"""Where a visit begins: the first page, and a sign-in by a printed link."""

from __future__ import annotations

from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from teams.access import SignedInRequest, last_seen_project
from teams.signin_links import user_of

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    """Lead on to the signals of the project that the visitor saw last, else of the first one."""
    project = last_seen_project(request)
    if project is None:
        return render(request, "teams/no_project.html")
    return redirect("signals", project.slug)


@login_not_required
@require_safe
def sign_in_by_link(request: SignedInRequest, token: str) -> HttpResponse:
    user = user_of(token)
    if user is None:
        return render(request, "teams/link_expired.html", status=403)
    login(request, user, backend=BACKEND)
    return redirect("home")
