"""The page of one signal: what its labels say over a stretch of time."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.form_values import good_values
from core.time_range.form import WindowForm
from core.time_range.windows import Window
from core.ui.refreshing import is_shown, nothing_new
from signals_app import extensions
from signals_app.definition.versions import current_version
from signals_app.labels import label_table
from signals_app.models import Signal
from signals_app.pages import page_stamps
from signals_app.pages.runs import rows as run_rows
from signals_app.pages.signal.figures import figures
from signals_app.pages.signal.forms import BarsForm, LabelsForm
from teams.access import get_project
from teams.models import Project

#: Changes of state on the page; there are few in a signal's life.
HISTORY_SHOWN = 20


def find_signal(project: Project, uuid: UUID) -> Signal:
    """Return a signal with its agent and version. Raises Http404 for a signal of another
    project."""
    signals = Signal.objects.filter(project=project, uuid=uuid)
    signal = signals.select_related("agent", "live_version").first()
    if signal is None:
        raise Http404
    return signal


@require_safe
def signal(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = get_project(request, slug)
    shown_signal, now = find_signal(project, uuid), timezone.now()
    version = current_version(shown_signal)
    window_form = WindowForm(request.GET, default="7d")
    window = window_form.window(now)
    stamp = page_stamps.of_signal(shown_signal, window, now) if window_form.ends_at(now) else ""
    if is_shown(request, stamp):
        return nothing_new()
    context = {
        "project": project,
        "signal": shown_signal,
        "version": version,
        "window": window,
        "window_form": window_form,
        "stamp": stamp,
        **_labels_table(request, project, shown_signal, window),
    }
    zone = timezone.get_current_timezone()
    context["history"] = shown_signal.state_changes.select_related("by").order_by("-at", "-id")[
        :HISTORY_SHOWN
    ]
    context["notes"] = extensions.notes(project, [shown_signal])[shown_signal.pk]
    context["page_links"] = extensions.page_links.of(project.slug, shown_signal)
    context["runs"] = run_rows.newest(shown_signal, run_rows.FEW_LISTED, now)
    context["bars"] = BarsForm(request.GET)
    context |= figures(project, shown_signal, version, window, zone, now, context["bars"].is_share)
    return render(request, "signals_app/signal.html", context)


def _labels_table(
    request: HttpRequest, project: Project, signal: Signal, window: Window
) -> dict[str, Any]:
    """Return one page of the table of classified targets, with its filters."""
    form = LabelsForm.of_signal(request.GET, signal)
    query, places = form.query(window), good_values(form)
    page = label_table.page_of(signal, query, places.get("older"), places.get("newer"))
    return {
        "labels_form": form,
        "page": page,
        "oldest_first": query.oldest_first,
        "rows": label_table.target_rows(project, signal, page.rows),
        "has_filters": query.is_narrowed,
        "has_versions": form.has_versions,
    }
