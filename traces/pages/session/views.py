"""The page of one session: its newest turns, and older ones when asked for."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from teams.access import get_project
from traces import extensions
from traces.models import Agent, Session
from traces.pages.session.forms import TurnsForm
from traces.pages.sessions.views import quiet_time
from traces.pages.trace import trace_page
from traces.pages.trace.forms import SpanChoice


@require_safe
def session(request: HttpRequest, slug: str, key: UUID) -> HttpResponse:
    project = get_project(request, slug)
    sessions = get_object_or_404(Session.objects.of_project(project.pk), key=key)
    choice = SpanChoice(request.GET)
    choice.is_valid()
    whole = choice.cleaned_data["full"]
    form = TurnsForm(request.GET)
    form.is_valid()
    older, newer = form.cleaned_data.get("older"), form.cleaned_data.get("newer")
    conversation = trace_page.conversation_of(project, sessions, whole, older, newer)
    context = {
        "project": project,
        "session": sessions,
        "form": form,
        "quiet": quiet_time(project),
        "duration": sessions.end_time - sessions.start_time,
        "whole": whole,
        "agent": Agent.objects.filter(project=project, pk=sessions.agent_id).first(),
        "conversation": conversation,
        "remarks": extensions.remarks(
            project, [key, *(turn.trace.trace_id for turn in conversation.turns)]
        ),
        "replies": extensions.replies(project, extensions.About("session", key), timezone.now()),
    }
    return render(request, "traces/session.html", context)
