"""API keys of a project: all of them, issue one, revoke one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from teams import extensions, keys
from teams.access import SignedInRequest, get_project
from teams.models import ApiKey, Project
from teams.pages.keys.forms import ApiKeyForm
from teams.pages.keys.rows import rows_of


@require_safe
def key_list(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show the keys, and how programs come in with them."""
    project = get_project(request, slug)
    return render(request, "teams/keys.html", _context(project, ApiKeyForm()))


@never_cache
@require_POST
def key_issue(request: SignedInRequest, slug: str) -> HttpResponse:
    """Issue a key; the answer is the only page that shows its secret, so it is no redirect."""
    project = get_project(request, slug, manage=True)
    form = ApiKeyForm(request.POST)
    issued = form.issue(project, request.user, timezone.now()) if form.is_valid() else None
    if issued is None:
        return render(request, "teams/keys.html", _context(project, form), status=422)
    key, secret = issued
    context = {
        "project": project,
        "key": key,
        "secret": secret,
        "endpoint": settings.BASE_URL,
        "panels": extensions.of_keys(project),
    }
    return render(request, "teams/key_issued.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def key_revoke(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = get_project(request, slug, manage=True)
    key = get_object_or_404(ApiKey.objects.valid(timezone.now()), project=project, uuid=uuid)
    if request.method != "POST":
        return render(request, "teams/key_revoke.html", {"project": project, "key": key})
    keys.revoke(key, timezone.now())
    messages.success(request, f"Key “{key.name}” revoked. Whatever uses it is now refused.")
    return redirect("keys", project.slug)


def _context(project: Project, form: ApiKeyForm) -> dict[str, Any]:
    known = project.api_keys.newest_first().select_related("created_by")
    return {
        "project": project,
        "key_form": form,
        "keys": rows_of(known, timezone.now()),
        "endpoint": settings.BASE_URL,
        "panels": extensions.of_keys(project),
    }
