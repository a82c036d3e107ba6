"""What a project keeps, for how long, and what was erased of it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from signals_app.pages.data.forms import LABELS, RetentionForm
from teams.access import SignedInRequest, get_project
from teams.models import Project
from traces.erasing import erasures
from traces.pages.erase.forms import SubjectForm
from traces.retaining import retaining
from traces.retaining.periods import Kept

SAVED = "Saved. What is too old goes in the background."


@require_safe
def data(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show what is kept and what was erased; with days in the address, what they would let go."""
    project = get_project(request, slug, manage=True)
    if not set(request.GET) & {kept.field for kept in Kept}:
        return _page(request, project, _form_of(project))
    form = RetentionForm(request.GET)
    if not form.is_valid():
        return _page(request, project, form, status=422)
    old = retaining.preview(project, form.periods, timezone.now())
    rows = [(LABELS[kept], form.periods[kept], found) for kept, found in old.items()]
    return _page(request, project, form, is_asking=True, rows=rows)


@require_POST
def retention_save(request: SignedInRequest, slug: str) -> HttpResponse:
    """Keep everything for so long from now on."""
    project = get_project(request, slug, manage=True)
    form = RetentionForm(request.POST)
    if not form.is_valid():
        return _page(request, project, form, status=422)
    retaining.save(project, form.periods, timezone.now())
    messages.success(request, SAVED)
    return redirect("settings_data", slug)


def _form_of(project: Project) -> RetentionForm:
    days = retaining.of_project(project)
    return RetentionForm(initial={kept.field: days[kept] for kept in Kept})


def _page(
    request: SignedInRequest, project: Project, form: RetentionForm, status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        "project": project,
        "form": form,
        "bound": settings.RETENTION_DAYS,
        "erase_form": SubjectForm(),
        "erasures": erasures.of_project(project),
    }
    return render(request, "signals_app/data.html", context | more, status=status)
