"""Where a visit begins."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from teams.access import SignedInRequest, last_seen_project


@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    """Lead on to the signals of the project that the visitor saw last, else of the first one."""
    project = last_seen_project(request)
    if project is None:
        return render(request, "teams/no_project.html")
    return redirect("signals", project.slug)
