"""The explorer: traces, one trace, one session, agents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.ids import span_id_from_hex
from core.time_range.form import WindowForm
from core.ui import wording
from core.ui.refreshing import is_shown, nothing_new, stamp
from teams.access import get_project
from teams.models import Project
from traces import extensions, transcript
from traces.figures import agents as agent_figures
from traces.models import Agent, Session, Trace
from traces.pages.agent import moved_on
from traces.pages.sessions.forms import SessionFilter
from traces.pages.trace import trace_page
from traces.pages.trace.conversation import draw
from traces.pages.trace.span_details import details
from traces.pages.traces.forms import (
    TIMELINE,
    AgentSort,
    SpanChoice,
    TraceFilter,
    TurnsForm,
    filter_chips,
)
from traces.search import sessions as session_listing
from traces.search.traces import listing
from traces.store import reading


@require_safe
def traces(request: HttpRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug)
    agents = list(Agent.objects.of_project(project.pk))
    if moved := moved_on.from_filter(request, project, agents):
        return moved
    window_form, now = WindowForm(request.GET, default="7d"), timezone.now()
    window = window_form.window(now)
    form = TraceFilter(request.GET, project, agents)
    if form.trace_id and Trace.objects.of_project(project.pk).among([form.trace_id]).exists():
        return redirect("trace", project.slug, form.trace_id)
    context = {
        "project": project,
        "window_form": window_form,
        "window": window,
        "form": form,
        "chips": filter_chips(form, request.GET),
        **_traffic(project, agents, now),
        "listing": listing(project, form, agents, window),
        "endpoint": settings.BASE_URL,
    }
    if is_shown(request, context["stamp"]):
        return nothing_new()
    return render(request, "traces/traces.html", context)


@require_safe
def trace(request: HttpRequest, slug: str, trace_id: UUID) -> HttpResponse:
    """The whole trace, or with `?span=` one of its spans."""
    project = get_project(request, slug)
    found = get_object_or_404(Trace.objects.of_project(project.pk), trace_id=trace_id)
    choice = SpanChoice(request.GET)
    choice.is_valid()
    selected, whole = choice.cleaned_data.get("span", ""), choice.cleaned_data["full"]
    span = reading.span(project.pk, trace_id, span_id_from_hex(selected)) if selected else None
    if selected and span is None:
        choice.add_error("span", "This trace has no such span. This is the whole trace.")
    marks = extensions.marks(project, [found])[trace_id]
    marks.sort(key=lambda mark: mark.span_id != selected)
    is_timeline = choice.cleaned_data.get("view") == TIMELINE
    spans = [span] if span else []
    if not span and not is_timeline:
        spans = reading.spans_of_trace(project.pk, trace_id)
    said = transcript.of_span(span) if span else transcript.of_trace(spans)
    part = trace_page.tree_part(found, marks, selected, choice.cleaned_data.get("part"))
    if not part.branches and part.number > 1:
        raise Http404
    took = trace_page.taking_part(project, found)
    context = {
        "project": project,
        "trace": found,
        "duration": found.end_time - found.start_time,
        "choice": choice,
        "whole": whole,
        "tree": part,
        "clock": trace_page.moved_clock(found, part),
        "waterfall": trace_page.waterfall(found, part) if is_timeline else None,
        "span": details(span, whole) if span else None,
        "turns": draw(said, spans, whole),
        "said": said,
        "marks": marks,
        "remarks": extensions.remarks(project, trace_page.targets_of(found, took)),
        "agents": took,
        "replies": extensions.replies(
            project, _about(trace_id, selected if span else ""), timezone.now()
        ),
    }
    return render(request, "traces/trace.html", context)


def _about(trace_id: UUID, span: str) -> extensions.About:
    """span: 16 hex digits, or "" for the whole trace."""
    if not span:
        return extensions.About("trace", trace_id)
    return extensions.About("span", trace_id, span_id_from_hex(span))


@require_safe
def sessions(request: HttpRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug)
    agents = list(Agent.objects.of_project(project.pk))
    if moved := moved_on.from_filter(request, project, agents):
        return moved
    window_form, now = WindowForm(request.GET, default="7d"), timezone.now()
    window = window_form.window(now)
    traffic = _traffic(project, agents, now)
    form = SessionFilter(request.GET, project, agents)
    context = {
        "project": project,
        "window_form": window_form,
        "window": window,
        "form": form,
        "chips": filter_chips(form, request.GET),
        **traffic,
        **_sessions(project, traffic["has_traffic"], now),
        "listing": session_listing.listing(project, form, agents, window),
        "quiet": _quiet(project),
        "endpoint": settings.BASE_URL,
    }
    if is_shown(request, context["stamp"]):
        return nothing_new()
    return render(request, "traces/sessions.html", context)


def _sessions(project: Project, has_traffic: bool, now: datetime) -> dict[str, Any]:
    """While there is none, whether there is traffic or not, the page looks for it by itself."""
    has = Session.objects.of_project(project.pk).exists()
    return {"has_sessions": has, "stamp": "" if has else stamp(now, "no session", has_traffic)}


def _quiet(project: Project) -> str:
    """How long nothing must arrive until a session is judged, in words."""
    return wording.whole_seconds(project.session_idle_s or settings.SESSION_IDLE_S)


@require_safe
def session(request: HttpRequest, slug: str, key: UUID) -> HttpResponse:
    project = get_project(request, slug)
    found = get_object_or_404(Session.objects.of_project(project.pk), key=key)
    choice = SpanChoice(request.GET)
    choice.is_valid()
    whole = choice.cleaned_data["full"]
    form = TurnsForm(request.GET)
    form.is_valid()
    older, newer = form.cleaned_data.get("older"), form.cleaned_data.get("newer")
    conversation = trace_page.conversation_of(project, found, whole, older, newer)
    context = {
        "project": project,
        "session": found,
        "form": form,
        "quiet": _quiet(project),
        "duration": found.end_time - found.start_time,
        "whole": whole,
        "agent": Agent.objects.filter(project=project, pk=found.agent_id).first(),
        "conversation": conversation,
        "remarks": extensions.remarks(
            project, [key, *(turn.trace.trace_id for turn in conversation.turns)]
        ),
        "replies": extensions.replies(project, extensions.About("session", key), timezone.now()),
    }
    return render(request, "traces/session.html", context)


@require_safe
def agents(request: HttpRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug)
    window_form, now = WindowForm(request.GET, default="7d"), timezone.now()
    window = window_form.window(now)
    sort = AgentSort(request.GET)
    rows = agent_figures.rows_of(project, Agent.objects.of_project(project.pk), window)
    context = {
        "project": project,
        "window_form": window_form,
        "window": window,
        "sort": sort,
        "columns": sort.columns,
        "rows": agent_figures.ordered(rows, sort.chosen),
        **_traffic(project, rows, now),
        "endpoint": settings.BASE_URL,
    }
    if is_shown(request, context["stamp"]):
        return nothing_new()
    return render(request, "traces/agents.html", context)


def _traffic(project: Project, found: Sequence[object], now: datetime) -> dict[str, Any]:
    """While there is none, the page looks for it by itself."""
    has = has_traffic(project, found)
    return {"has_traffic": has, "stamp": "" if has else stamp(now, "no traffic")}


def has_traffic(project: Project, found: Sequence[object]) -> bool:
    """Whether anything has come in. A trace's agent may be known only once it has settled."""
    return bool(found) or Trace.objects.of_project(project.pk).exists()
