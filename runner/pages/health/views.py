"""Health: for whoever looks after the program, what /readyz says and what to do about it."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.ui import refreshing
from runner.health.watching import watch
from runner.pages.health import rows
from teams.access import SignedInRequest, last_seen_project


@require_safe
def health(request: SignedInRequest) -> HttpResponse:
    """Show the checks, the processes, the queue, and what else is to be looked after."""
    if not request.user.is_staff:
        raise Http404("only for staff")
    now = timezone.now()
    shown = rows.shown(watch.look(), now)
    stamp = refreshing.stamp(now, shown)
    if refreshing.is_shown(request, stamp):
        return refreshing.nothing_new()
    context = {"project": last_seen_project(request), "shown": shown, "stamp": stamp}
    return render(request, "runner/health.html", context)
