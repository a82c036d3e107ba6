"""The open incidents of a team as its pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from alerts.incidents.budget_trouble import OF_A_PROJECT
from alerts.incidents.incident_facts import title_of
from alerts.models import Cause, Incident
from teams.models import Project

#: Where the rows are kept on the project of a request.
KEPT = "_open_incidents"


@dataclass(frozen=True, slots=True)
class Shown:
    """url: of the signal that it is about, "" where it is about no single one."""

    title: str
    words: str
    since: datetime
    url: str


def of_project(project: Project) -> list[Shown]:
    """Incidents of the project's signals, and those that concern the whole team; newest first."""
    found = _open(project)
    is_spent = any(each.cause == Cause.BUDGET_SPENT for each in found)
    return [_shown(each) for each in found if not (is_spent and each.cause == Cause.BUDGET)]


def silent_signals(project: Project) -> set[int]:
    """Return the active signals of the project that give no labels, though traffic comes."""
    return {
        each.signal.pk for each in _open(project) if each.signal and each.cause == Cause.NO_LABELS
    }


def _open(project: Project) -> list[Incident]:
    """Read the open incidents; one query for as long as the object lives, which is a page."""
    known: list[Incident] | None = project.__dict__.get(KEPT)
    if known is None:
        rows = (
            Incident.objects.open()
            .of_team(project.team_id)
            .select_related("signal__project", "project")
        )
        known = [row for row in rows.order_by("-began_at", "-pk") if _is_of(row, project)]
        project.__dict__[KEPT] = known
    return known


def _is_of(row: Incident, project: Project) -> bool:
    if row.cause in OF_A_PROJECT:
        return row.project_id == project.pk
    return row.signal is None or row.signal.project_id == project.pk


def _shown(incident: Incident) -> Shown:
    signal = incident.signal
    url = reverse("signal", args=[signal.project.slug, signal.uuid]) if signal else ""
    if incident.cause in OF_A_PROJECT:
        url = reverse("spend", args=[incident.project.slug])
    return Shown(title_of(incident), incident.words, incident.began_at, url)
