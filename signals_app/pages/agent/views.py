"""The tab "Signals" of an agent."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.time_range.form import WindowForm
from core.ui.refreshing import is_shown, nothing_new
from signals_app.labels.agent_signals import busiest, cards, shown
from signals_app.models import Signal
from signals_app.pages import page_stamps
from teams.access import get_project
from traces.pages.agent.moved_on import agent_or_redirect
from traces.pages.agent.views import frame


@require_safe
def agent_signals(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = get_project(request, slug)
    agent, now = agent_or_redirect(request, "agent_signals", project, uuid), timezone.now()
    if isinstance(agent, HttpResponse):
        return agent
    window_form = WindowForm(request.GET, default="7d")
    context = frame(project, agent, window_form, now)
    window, stamp = context["window"], ""
    if window_form.ends_at(now):
        stamp = page_stamps.of_signals(shown(project, agent), project.pk, window, now)
    if is_shown(request, stamp):
        return nothing_new()
    all_cards = cards(project, agent, window, "this time range")
    context |= {
        "stamp": stamp,
        "tab": "agent_signals",
        "cards": all_cards,
        "active": sum(card.signal.state == Signal.State.ACTIVE for card in all_cards),
        "labelled": sum(card.labelled for card in all_cards),
        "unlabelled": sum(card.unlabelled for card in all_cards),
        "busiest": busiest(all_cards),
    }
    return render(request, "signals_app/agent_signals.html", context)
