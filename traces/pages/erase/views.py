"""The page that asks before traffic is erased: what would go, and the id typed again."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from teams.access import SignedInRequest, get_project
from teams.models import Project
from traces.erasing import erasures
from traces.pages.erase.forms import ConfirmForm, SubjectForm

BEGUN = "The traffic is being erased. This page says when it is gone."


@require_safe
def erase(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show what an erasure would take."""
    project = get_project(request, slug, manage=True)
    if not request.GET:
        return _page(request, project, SubjectForm())
    form = SubjectForm(request.GET)
    if not form.is_valid():
        return _page(request, project, form, status=422)
    return _page(request, project, ConfirmForm(initial=request.GET.dict()), form)


@require_POST
def erase_begin(request: SignedInRequest, slug: str) -> HttpResponse:
    """Begin an erasure whose subject was typed again."""
    project = get_project(request, slug, manage=True)
    form, shown = ConfirmForm(request.POST), SubjectForm(request.POST)
    if form.is_valid():
        try:
            erasures.begin(project, form.found, request.user, timezone.now())
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, BEGUN)
            return redirect("settings_data", slug)
    return _page(request, project, form, shown if shown.is_valid() else None, status=422)


def _page(
    request: SignedInRequest,
    project: Project,
    form: SubjectForm,
    shown: SubjectForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Draw the page; shown: the form of the subject that is counted."""
    context = {"project": project, "form": form}
    if shown is not None and (shown.is_bound and shown.is_valid()):
        context["subject"] = shown.found
        context["preview"] = erasures.preview(project, shown.found)
    return render(request, "traces/erase.html", context, status=status)
