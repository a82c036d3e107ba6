"""The settings of a project, and a further project."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from teams import extensions
from teams.access import SignedInRequest, get_project, last_seen_project
from teams.models import Project, Team
from teams.pages.projects.forms import NewProjectForm, ProjectForm
from teams.roles import Right


@require_safe
def project_settings(request: SignedInRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug)
    return render(request, "teams/settings.html", settings_context(project))


@require_POST
def project_save(request: SignedInRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug, manage=True)
    shown_name = project.name
    form = ProjectForm(request.POST, instance=project)
    if not form.is_valid():
        project.name = shown_name  # the form has put the refused one on the instance
        context = settings_context(project, project_form=form)
        return render(request, "teams/settings.html", context, status=422)
    form.change()
    messages.success(request, "Settings saved.")
    return redirect("settings", project.slug)


@require_http_methods(["GET", "HEAD", "POST"])
def project_new(request: SignedInRequest) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = NewProjectForm(data, user=request.user)
    if request.method == "POST" and form.is_valid() and (project := form.create()):
        messages.success(request, f"Project “{project.name}” made. Now issue a key for it.")
        return redirect("keys", project.slug)
    context = {
        "project": last_seen_project(request),
        "form": form,
        "may_make": Team.objects.of(request.user, Right.MANAGE).exists(),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "teams/project_new.html", context, status=status)


def settings_context(project: Project, project_form: ProjectForm | None = None) -> dict[str, Any]:
    """Return what the page General shows, with the form that a person has sent, if any."""
    return {
        "project": project,
        "project_form": project_form or ProjectForm(instance=project),
        "panels": extensions.of(project),
    }
