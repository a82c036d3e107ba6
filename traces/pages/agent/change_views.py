"""Renaming and merging an agent by hand: each asks first, and its toast takes it back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from core.time_range.links import address_in_range
from core.ui import toasts
from core.ui.toasts import Undo
from teams.access import SignedInRequest, get_project
from teams.models import Project
from traces.agents import followers, merging, renaming
from traces.models import Agent, AgentMerge, AgentTrace, Session
from traces.pages.agent.forms import MergeForm, RenameForm
from traces.pages.agent.views import find_agent


@require_http_methods(["GET", "HEAD", "POST"])
def agent_rename(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = get_project(request, slug, write=True)
    agent = find_agent(project, uuid)
    if request.method != "POST":
        return _rename_page(request, project, agent, RenameForm(initial={"name": agent.name}))
    form, was = RenameForm(request.POST), agent.name
    if not form.is_valid():
        return _rename_page(request, project, agent, form, status=422)
    try:
        renaming.rename(agent, form.cleaned_data["name"], timezone.now())
    except ValidationError as error:
        form.add_error(None, error)
        return _rename_page(request, project, agent, form, status=422)
    if agent.name != was:
        undo = Undo(reverse("agent_rename_undo", args=[slug, uuid]))
        toasts.done(request, f"“{was}” is called “{agent.name}” now.", undo)
    return redirect(address_in_range(request, "agent", slug, uuid))


@require_POST
def agent_rename_undo(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    agent = find_agent(get_project(request, slug, write=True), uuid)
    try:
        renaming.undo(agent, timezone.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, f"It is called “{agent.name}” again.")
    return redirect(address_in_range(request, "agent", slug, uuid))


@require_http_methods(["GET", "HEAD", "POST"])
def agent_merge(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Says what will move, asks into which agent, and moves it."""
    project = get_project(request, slug, write=True)
    agent = find_agent(project, uuid)
    if request.method != "POST":
        return _merge_page(request, project, agent, MergeForm(agent))
    form = MergeForm(agent, request.POST)
    if not form.is_valid():
        return _merge_page(request, project, agent, form, status=422)
    into = form.cleaned_data["into"]
    try:
        made = merging.merge(agent, into, request.user, timezone.now())
    except ValidationError as error:
        form.add_error(None, error)
        return _merge_page(request, project, agent, form, status=422)
    said = f"“{agent.name}” is part of “{into.name}” now."
    rest = "" if made.moved_at else " Older traffic follows in the next minutes."
    toasts.done(request, said + rest, Undo(_undo_url(project, into, made)))
    return redirect(address_in_range(request, "agent", slug, into.uuid))


@require_POST
def agent_merge_undo(request: SignedInRequest, slug: str, uuid: UUID, merge: UUID) -> HttpResponse:
    """uuid: of the agent that the other one is part of."""
    agent = find_agent(get_project(request, slug, write=True), uuid)
    made = get_object_or_404(AgentMerge, project=agent.project_id, target=agent, uuid=merge)
    try:
        back = merging.undo(made, timezone.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(address_in_range(request, "agent", slug, uuid))
    messages.success(request, f"“{back.name}” is an agent of its own again, with its traffic.")
    return redirect(address_in_range(request, "agent", slug, back.uuid))


def _undo_url(project: Project, agent: Agent, made: AgentMerge) -> str:
    return reverse("agent_merge_undo", args=[project.slug, agent.uuid, made.uuid])


def _rename_page(
    request: SignedInRequest, project: Project, agent: Agent, form: RenameForm, status: int = 200
) -> HttpResponse:
    context = {"project": project, "agent": agent, "form": form}
    return render(request, "traces/agent_rename.html", context, status=status)


def _merge_page(
    request: SignedInRequest, project: Project, agent: Agent, form: MergeForm, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "project": project,
        "agent": agent,
        "form": form,
        "has_others": Agent.objects.of_project(project.pk).exclude(pk=agent.pk).exists(),
        "runs": AgentTrace.objects.of_project(project.pk).of_agent(agent.pk).count(),
        "sessions": Session.objects.of_project(project.pk).of_agent(agent.pk).count(),
        "following": followers.following(agent),
    }
    return render(request, "traces/agent_merge.html", context, status=status)
