"""What a project keeps, for how long, and what was erased of it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from teams.access import SignedInRequest, get_project
from traces.erasing import erasures
from traces.pages.erase.forms import SubjectForm


@require_safe
def data(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show what is kept and what was erased."""
    project = get_project(request, slug, manage=True)
    context = {
        "project": project,
        "erase_form": SubjectForm(),
        "erasures": erasures.of_project(project),
    }
    return render(request, "signals_app/data.html", context)
