"""A person's own page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from teams import extensions
from teams.access import SignedInRequest, last_seen_project
from teams.models import Membership, Project
from teams.pages.account.rows import second_factors_of
from teams.pages.projects.forms import ZoneForm
from teams.signin import sessions
from teams.signin.addresses import is_confirmed


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: SignedInRequest) -> HttpResponse:
    form = ZoneForm(request.POST if request.method == "POST" else None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Time zone saved.")
        return redirect("account")
    context = {
        "project": last_seen_project(request),
        "form": form,
        "memberships": Membership.objects.of_user(request.user),
        "projects": Project.objects.of(request.user).order_by("name"),
        "is_confirmed": is_confirmed(request.user),
        "second_factors": second_factors_of(request.user),
        "sessions": sessions.of_person(request.user, request.session.session_key),
        "links": extensions.account_links.of("", request.user),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "teams/account.html", context, status=status)
