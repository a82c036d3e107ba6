"""What is wrong with Signals itself, for the rail and for the pages that say more."""

from __future__ import annotations

from django import template

from alerts.incidents import open_incidents as incidents
from alerts.incidents.open_incidents import Shown
from teams.models import Project

register = template.Library()


@register.simple_tag
def open_incidents(project: Project) -> list[Shown]:
    """Return the open incidents of the project's team, newest first; one query a page."""
    return incidents.of_project(project)
