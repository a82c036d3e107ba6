"""The page of one signal: what its labels say over a stretch of time."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.time_range.form import WindowForm
from core.time_range.windows import Window
from core.ui.refreshing import is_shown, nothing_new
from signals_app import extensions
from signals_app.definition.versions import current_version
from signals_app.labels.breakdown import label_names
from signals_app.labels.label_table import classified, target_rows
from signals_app.models import Signal, SignalVersion
from signals_app.pages import page_stamps
from signals_app.pages.runs import rows as run_rows
from signals_app.pages.signal.figures import figures
from signals_app.pages.table.forms import OLDEST, PAGES, BarsForm, LabelsForm, chosen
from teams.access import get_project
from teams.models import Project

NARROWING = ("label", "outcome", "source", "version")
#: Changes of state on the page; there are few in a signal's life.
HISTORY_SHOWN = 20


def find_signal(project: Project, uuid: UUID) -> Signal:
    """With its agent and version. Raises Http404 for a signal of another project."""
    found = Signal.objects.filter(project=project, uuid=uuid)
    signal = found.select_related("agent", "live_version").first()
    if signal is None:
        raise Http404
    return signal


@require_safe
def signal(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = get_project(request, slug)
    found, now = find_signal(project, uuid), timezone.now()
    version = current_version(found)  # versions.create_signal makes both
    window_form = WindowForm(request.GET, default="7d")
    window = window_form.window(now)
    stamp = page_stamps.of_signal(found, window, now) if window_form.ends_at(now) else ""
    if is_shown(request, stamp):
        return nothing_new()
    context = {
        "project": project,
        "signal": found,
        "version": version,
        "window": window,
        "window_form": window_form,
        "stamp": stamp,
        **labels_table(request, project, found, version, window),
    }
    zone = timezone.get_current_timezone()
    context["history"] = found.state_changes.select_related("by").order_by("-at", "-id")[
        :HISTORY_SHOWN
    ]
    context["notes"] = extensions.notes(project, [found])[found.pk]
    context["runs"] = run_rows.newest(found, run_rows.FEW_LISTED, now)
    context["bars"] = BarsForm(request.GET)
    context |= figures(project, found, version, window, zone, now, context["bars"].is_share)
    return render(request, "signals_app/signal.html", context)


def labels_table(
    request: HttpRequest, project: Project, found: Signal, version: SignalVersion, window: Window
) -> dict[str, Any]:
    """One page of the table of classified targets."""
    versions = list(found.versions.order_by("-number"))
    names = label_names(version, {name for one in versions for name in one.label_names})
    form = LabelsForm(request.GET, names, [one.number for one in versions])
    narrowed = chosen(form)
    oldest_first = narrowed.get("sort") == OLDEST
    page = PAGES.page(
        classified(found, window, narrowed),
        narrowed.get("older"),
        narrowed.get("newer"),
        oldest_first=oldest_first,
    )
    return {
        "labels_form": form,
        "page": page,
        "oldest_first": oldest_first,
        "rows": target_rows(project, found, page.rows),
        "has_filters": any(narrowed.get(name) for name in NARROWING),
        "has_versions": len(versions) > 1,
    }
