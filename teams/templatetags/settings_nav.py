"""The navigation that all pages of a project's settings share."""

from __future__ import annotations

from typing import Any

from django import template

from teams import extensions
from teams.models import Project

register = template.Library()


@register.inclusion_tag("teams/_settings_nav.html", takes_context=True)
def settings_nav(context: template.Context, project: Project) -> dict[str, Any]:
    """Draw the pages of the settings that the viewer may open, the one that is open marked."""
    links = extensions.settings_links(project)
    path = context["request"].path
    return {"links": links, "current": current_of(links, path)}


def current_of(links: list[extensions.SettingsLink], path: str) -> str:
    """Return the longest address of `links` that `path` begins with: General is above the others,
    and a page has pages below it."""
    above = [link.url for link in links if path.startswith(link.url)]
    return max(above, key=len, default="")
