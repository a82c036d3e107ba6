"""The page of one alert: how it stands, its chart, its firings, whom it tells."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from alerts import extensions
from alerts.evaluation import firing_traces as traces_of_firing
from alerts.models import Alert
from alerts.muting import mutes
from alerts.pages import lookups
from alerts.pages.alert import channels_shown, current_values, history, over_time, page_stamp
from alerts.pages.table.views import REFRESH_S
from alerts.text import wording
from core.form_values import good_values
from core.paging import CursorField
from core.time_range.form import WindowForm
from core.ui.refreshing import is_shown, nothing_new
from teams.access import SignedInRequest, get_project


class PageForm(forms.Form):
    """`?older=` or `?newer=`: which firings are shown; the newest without, or where it is bad."""

    older = CursorField(history.PAGES)
    newer = CursorField(history.PAGES)


@require_safe
def alert(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    project, now = get_project(request, slug), timezone.now()
    shown_alert = lookups.find_alert(project, uuid)
    shown = page_stamp.of_alert(shown_alert, request.user, now)
    if is_shown(request, shown):
        return nothing_new()
    context = {
        "project": project,
        "alert": shown_alert,
        "stamp": shown,
        "refresh_s": REFRESH_S,
        "now": current_values.of(shown_alert),
        "sentence": wording.condition(shown_alert.rule),
        "cooldown": wording.span(shown_alert.rule.cooldown),
        "is_muted": mutes.is_muted(shown_alert, request.user),
        "channels": channels_shown.of(shown_alert),
        "page_links": extensions.page_links.of(project.slug, shown_alert),
        **_chart(request, shown_alert, now),
        **_history(request, shown_alert),
    }
    return render(request, "alerts/alert.html", context)


@require_safe
def firing_traces(request: SignedInRequest, slug: str, uuid: UUID, firing: UUID) -> HttpResponse:
    """Lead on to the traces behind a firing: where they lie in time is asked only when wanted."""
    alert_of_firing = lookups.find_alert(get_project(request, slug), uuid)
    return redirect(
        traces_of_firing.url_of(alert_of_firing, lookups.find_firing(alert_of_firing, firing))
    )


def _chart(request: SignedInRequest, shown_alert: Alert, now: datetime) -> dict[str, Any]:
    form = WindowForm(request.GET, default="24h")
    window = form.window(now)
    zone = timezone.get_current_timezone()
    shown = over_time.of(shown_alert, window, zone, now)
    return {"window_form": form, "window": window, "shown": shown}


def _history(request: SignedInRequest, shown_alert: Alert) -> dict[str, Any]:
    places = good_values(PageForm(request.GET))
    page, rows = history.page_of(shown_alert, places.get("older"), places.get("newer"))
    return {"page": page, "rows": rows, "firings": shown_alert.firings.count()}
