"""Settings → Judges: all of them, one of them, a test, the default."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.ui import toasts
from core.ui.fragments import wants_fragment
from core.ui.toasts import Undo
from signals_app import liveness
from signals_app.judge_endpoints import address, editing, presets, states, testing, use
from signals_app.models import JudgeEndpoint
from signals_app.pages.judges import rows
from signals_app.pages.judges.forms import JudgeForm
from teams.access import SignedInRequest, get_project
from teams.models import Project

LIST = "signals_app/judges/list.html"
FORM = "signals_app/judges/form.html"
PAGE = "signals_app/judges/judge.html"


@require_safe
def judge_list(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show which judges the project has, how they do and what they cost."""
    project = get_project(request, slug)
    now = timezone.now()
    archived = JudgeEndpoint.objects.filter(project=project).exclude(archived_at=None)
    context = {
        "project": project,
        "rows": rows.rows_of(project, now),
        "archived": archived.order_by("-archived_at"),
        "presets": presets.PRESETS,
        "may_bring": settings.PROJECT_JUDGES,
        "models": settings.JUDGE_MODELS,
    }
    return render(request, LIST, context)


@require_http_methods(["GET", "HEAD", "POST"])
def judge_new(request: SignedInRequest, slug: str) -> HttpResponse:
    """Make a judge, and have it tested at once."""
    project = get_project(request, slug, manage=True)
    preset = presets.BY_KEY.get(request.GET.get("preset", ""))
    if request.method != "POST":
        return render(request, FORM, _form_context(project, JudgeForm(preset=preset), preset))
    form = JudgeForm(request.POST)
    if form.is_valid():
        now = timezone.now()
        try:
            endpoint = editing.create(project, form.settings, request.user, now)
        except ValidationError as refused:
            form.show(refused)
        else:
            testing.test(endpoint, now)
            messages.success(request, f"Judge “{endpoint.name}” added. It is asked a question now.")
            return redirect("judge", project.slug, endpoint.uuid)
    return render(request, FORM, _form_context(project, form, preset), status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def judge(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Show one judge, its last test and its settings; a POST changes these."""
    project = get_project(request, slug, manage=request.method == "POST")
    endpoint = _find(project, uuid)
    if request.method != "POST":
        form = JudgeForm(endpoint=endpoint)
        return render(request, PAGE, _context(project, endpoint, form))
    form = JudgeForm(request.POST, endpoint=endpoint)
    if form.is_valid():
        now = timezone.now()
        try:
            if editing.change(endpoint, form.settings, request.user, now):
                testing.test(endpoint, now)
                messages.success(request, "Saved. It is asked a question with these settings now.")
            else:
                messages.success(request, "Nothing was different.")
        except ValidationError as refused:
            form.show(refused)
        else:
            return redirect("judge", project.slug, endpoint.uuid)
    return render(request, PAGE, _context(project, _find(project, uuid), form), status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def judge_test(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Put a question to the judge (POST), or say how far it is."""
    project = get_project(request, slug, manage=request.method == "POST")
    endpoint = _find(project, uuid)
    if request.method == "POST":
        testing.test(endpoint, timezone.now())
    if not wants_fragment(request, "judge-test"):
        return redirect("judge", project.slug, endpoint.uuid)
    context = _context(project, endpoint, JudgeForm(endpoint=endpoint))
    response = render(request, "signals_app/judges/_test.html", context)
    if context["tested"] and not context["tested"].is_running:
        response["HX-Refresh"] = "true"  # its state is another one now
    return response


@require_POST
def judge_default(request: SignedInRequest, slug: str) -> HttpResponse:
    """Make a judge the default one; without an id that of the environment."""
    project = get_project(request, slug, manage=True)
    before = JudgeEndpoint.objects.filter(project=project, is_default=True, archived_at=None)
    was = before.first()
    said = request.POST.get("judge", "")
    try:
        endpoint = JudgeEndpoint.named(project, said) if said else None
        editing.make_default(project, endpoint, request.user, timezone.now())
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
        return redirect("judges", project.slug)
    name = f"“{endpoint.name}”" if endpoint else "The judge of the environment"
    undo = Undo(
        reverse("judge_default", args=[project.slug]),
        fields={"judge": str(was.uuid) if was else ""},
    )
    toasts.done(request, f"{name} answers signals that chose no judge.", undo)
    return redirect("judges", project.slug)


@require_http_methods(["GET", "HEAD", "POST"])
def judge_archive(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Ask whether a judge is to be put away, and put it away."""
    project = get_project(request, slug, manage=True)
    endpoint = _find(project, uuid)
    context = {
        "project": project,
        "endpoint": endpoint,
        "choosers": list(use.choosers_of(endpoint).order_by("name")),
        "others": use.without_choice(project).count() if endpoint.is_default else 0,
    }
    if request.method != "POST":
        return render(request, "signals_app/judges/archive.html", context)
    try:
        states.archive(endpoint, request.user, timezone.now())
    except states.CannotArchive as refused:
        context["refused"] = str(refused)
        return render(request, "signals_app/judges/archive.html", context, status=422)
    undo = Undo(
        reverse("judge_restore", args=[project.slug, endpoint.uuid]),
        note="It does not become the default again." if context["others"] else "",
    )
    toasts.done(request, f"Judge “{endpoint.name}” archived. Its labels stay.", undo)
    return redirect("judges", project.slug)


@require_POST
def judge_restore(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Take an archived judge back."""
    project = get_project(request, slug, manage=True)
    endpoint = _find(project, uuid)
    try:
        states.restore(endpoint)
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
        return redirect("judges", project.slug)
    messages.success(request, f"Judge “{endpoint.name}” is back.")
    return redirect("judge", project.slug, endpoint.uuid)


@require_POST
def judge_resume(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Resume the signals that the judge had stopped."""
    project = get_project(request, slug, manage=True)
    endpoint = _find(project, uuid)
    resumed = states.resume_stopped(endpoint, request.user, timezone.now())
    messages.success(request, f"{resumed} signals judge again; what waited is judged first.")
    return redirect("judge", project.slug, endpoint.uuid)


def _find(project: Project, uuid: UUID) -> JudgeEndpoint:
    return get_object_or_404(JudgeEndpoint, project=project, uuid=uuid)


def _form_context(
    project: Project, form: JudgeForm, preset: presets.Preset | None
) -> dict[str, Any]:
    lines = address.operators_lines(preset.base_url) if preset and preset.is_local else []
    return {
        "project": project,
        "form": form,
        "preset": preset,
        "presets": presets.PRESETS,
        "lines": lines,
        "may_bring": settings.PROJECT_JUDGES,
    }


def _context(project: Project, endpoint: JudgeEndpoint, form: JudgeForm) -> dict[str, Any]:
    now = timezone.now()
    signals = list(use.signals_of(endpoint).order_by("name"))
    row = rows.row_of(endpoint, signals, now)
    may_be_refused = project.viewer_can_manage and row.state.kind == "refuses"
    return {
        "project": project,
        "row": row,
        "endpoint": endpoint,
        "form": form,
        "tested": rows.tested(endpoint, now),
        "worker": liveness.words(liveness.of_worker(now), now),
        "stopped": states.stopped_by(endpoint),
        "lines": address.operators_lines(endpoint.base_url) if may_be_refused else [],
    }
