"""The versions of a signal: what each changed, who made it, and how much it labelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from core.form_values import good_values
from core.paging import CursorField
from core.time_range.links import address_in_range
from core.ui import toasts
from signals_app.definition import editing
from signals_app.definition.diffs import Diff, Question, diff
from signals_app.definition.versions import PAGES
from signals_app.labels import counts
from signals_app.models import Signal, SignalVersion
from signals_app.pages.compare import views as compare_views
from signals_app.pages.signal import undoing
from signals_app.pages.signal.figures import Meaning, meanings
from signals_app.pages.signal.views import find_signal
from teams.access import SignedInRequest, get_project
from teams.models import Project

PAGE_SIZE = 10


class PageForm(forms.Form):
    """`?older=` or `?newer=`: which versions are shown; the newest without, or where it is bad."""

    older = CursorField(PAGES)
    newer = CursorField(PAGES)


class SeenForm(forms.Form):
    """The version that an undo is about: it must still be the live one."""

    live = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)


@dataclass(frozen=True)
class Shown:
    """A version with its difference from the one before it; None for the first."""

    version: SignalVersion
    meanings: list[Meaning]
    diff: Diff | None
    older: SignalVersion | None
    labels: int
    is_live: bool


@require_safe
def signal_versions(request: SignedInRequest, slug: str, uuid: UUID) -> HttpResponse:
    project = get_project(request, slug)
    return _page(request, project, find_signal(project, uuid))


@require_POST
def signal_version_again(
    request: SignedInRequest, slug: str, uuid: UUID, number: int
) -> HttpResponse:
    """Make an older version live again, as a new one that copies it."""
    project = get_project(request, slug, write=True)
    signal, form = find_signal(project, uuid), SeenForm(request.POST)
    if not form.is_valid():
        messages.error(request, "It was not said which version is undone, so nothing was.")
        return _page(request, project, signal, status=422)
    try:
        made = editing.make_live_again(signal, number, request.user, form.cleaned_data["live"])
    except editing.Superseded as error:
        messages.error(request, f"{error} It stays live, and nothing was undone.")
    except SignalVersion.DoesNotExist:
        raise Http404 from None
    except editing.CannotEdit as error:
        messages.error(request, str(error))
    else:
        if made is None:
            messages.info(request, f"The live version asks what version {number} asked.")
        else:
            said = f"Version {made.number} is live. It asks what version {number} asked."
            toasts.done(request, said, undoing.of_version(signal, made))
    return redirect(address_in_range(request, "signal_versions", slug, uuid))


def _page(
    request: SignedInRequest, project: Project, signal: Signal, status: int = 200
) -> HttpResponse:
    places = good_values(PageForm(request.GET))
    versions = signal.versions.select_related("created_by")
    page = PAGES.page(versions, places.get("older"), places.get("newer"), size=PAGE_SIZE)
    context = {
        "project": project,
        "signal": signal,
        "shown": _shown(signal, page.rows),
        "page": page,
        "earlier": compare_views.earlier(signal),
    }
    return render(request, "signals_app/versions.html", context, status=status)


def _shown(signal: Signal, newest_first: Sequence[SignalVersion]) -> list[Shown]:
    """Return what the page shows of each version: its difference from the one before it."""
    labels = counts.labels_by_version(signal.project_id, signal.pk)
    before: list[SignalVersion | None] = [*newest_first[1:]]
    if newest_first:
        earlier = signal.versions.filter(number__lt=newest_first[-1].number)
        before.append(earlier.order_by("-number").first())
    return [
        Shown(
            version=version,
            meanings=meanings(version),
            diff=diff(Question.of(older), Question.of(version)) if older else None,
            older=older,
            labels=labels.get(version.pk, 0),
            is_live=version.pk == signal.live_version_id,
        )
        for version, older in zip(newest_first, before, strict=True)
    ]
