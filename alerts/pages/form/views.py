"""Making and editing an alert: the form, its preview, and the two verbs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from alerts import channel_choices, editing
from alerts.models import Alert
from alerts.pages import lookups
from alerts.pages.form import form_page, suggested_conditions
from alerts.pages.form.form_page import PREVIEW
from alerts.pages.form.forms import AlertForm
from core.ui.fragments import wants_fragment
from signals_app.definition.versions import current_version
from teams.access import SignedInRequest, get_project
from teams.models import Project


@require_safe
@vary_on_headers("HX-Request")
def alert_new(request: SignedInRequest, slug: str) -> HttpResponse:
    """`?signal=`: the form with what suggests itself; without it, which signal? `?like=`: filled as
    another alert is. As a fragment, the preview of what the address says."""
    project, now = get_project(request, slug, write=True), timezone.now()
    if like := request.GET.get("like"):
        return _page(request, form_page.like(project, like))
    if not request.GET.get("signal"):
        return _pick(request, project)
    signal = lookups.find_signal(project, request.GET["signal"])
    return _answer(request, form_page.of_signal(signal, request.GET, now))


@require_POST
def alert_new_preview(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show the preview where scripts are off: the form as it was sent, nothing saved."""
    project = get_project(request, slug, write=True)
    signal = lookups.posted_signal(request, project)
    if signal is None:
        return _pick(request, project, status=422)
    form = AlertForm(signal, current_version(signal), request.POST)
    return _page(request, form, status=200 if form.is_condition_good else 422)


@require_POST
def alert_create(request: SignedInRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug, write=True)
    signal = lookups.posted_signal(request, project)
    if signal is None:
        return _pick(request, project, status=422)
    channels = channel_choices.slack_channels(project.team)
    form = AlertForm(signal, current_version(signal), request.POST, slack=channels)
    if alert := _saved(form, request):
        messages.success(request, f"“{alert.name}” is evaluated every minute from now on.")
        return redirect("alert", slug, alert.uuid)
    return _page(request, form, status=422)


@require_safe
@vary_on_headers("HX-Request")
def alert_edit(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    alert = lookups.find_alert(get_project(request, slug, write=True), uuid)
    return _answer(request, form_page.of_alert(alert, request.GET))


@require_POST
def alert_edit_preview(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    alert = lookups.find_alert(get_project(request, slug, write=True), uuid)
    form = form_page.of_alert(alert, request.POST)
    return _page(request, form, status=200 if form.is_condition_good else 422)


@require_POST
def alert_edit_save(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    alert = lookups.find_alert(get_project(request, slug, write=True), uuid)
    form = form_page.to_save(alert, request.POST)
    if saved := _saved(form, request):
        messages.success(request, f"“{saved.name}” is saved.")
        return redirect("alert", slug, alert.uuid)
    return _page(request, form, status=422)


def _saved(form: AlertForm, request: SignedInRequest) -> Alert | None:
    """Save the form; None when it is refused, also after all: for a name taken meanwhile."""
    if not form.is_valid() or form.condition is None:
        return None
    name = form.cleaned_data["name"]
    try:
        if form.alert.pk:
            begun = form.cleaned_data["based_on"]
            return editing.edit(form.alert, name, form.condition, form.told, begun)
        user = request.user
        return editing.create(form.signal, name, form.condition, form.told, user)
    except ValidationError as error:
        form.show(error)
        return None


def _pick(request: SignedInRequest, project: Project, status: int = 200) -> HttpResponse:
    context = {
        "project": project,
        "starts": suggested_conditions.starts(project, timezone.now()),
        "is_wrong": status != 200,
    }
    return render(request, "alerts/pick_signal.html", context, status=status)


def _answer(request: SignedInRequest, form: AlertForm) -> HttpResponse:
    if wants_fragment(request, PREVIEW):
        context = form_page.context(form, timezone.now()) | {"is_fragment": True}
        return render(request, "alerts/_preview.html", context)
    return _page(request, form)


def _page(request: SignedInRequest, form: AlertForm, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = form_page.context(form, timezone.now())
    now = form.told_now
    chosen = (now.slack_channel, now.slack_name)
    context["telling"] = channel_choices.of_team(form.signal.project.team, chosen)
    return render(request, "alerts/form.html", context, status=status)
