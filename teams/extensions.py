"""What apps above this one show in the settings of a project.

The pages know no app by name: an app registers its pages and panels in its module
`settings_panel`, which `TeamsConfig` finds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from core.ui.page_links import PageLinks
from teams.models import Project, User
from teams.roles import Right


@dataclass(frozen=True, slots=True)
class Panel:
    """`template` draws what `content` says of a project, as `content`, with `project`.

    is_for_keys: it stands with the keys and on the page of a new one, which is there as `secret`;
    others stand on the page General.
    """

    template: str
    content: Callable[[Project], Any]
    is_for_keys: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    template: str
    content: Any


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """A page of the settings; its address is called with the project's slug alone."""

    title: str
    url_name: str
    needs: Right
    order: int


@dataclass(frozen=True, slots=True)
class SettingsLink:
    title: str
    url: str


_panels: list[Panel] = []
_pages: dict[str, SettingsPage] = {}
#: What apps above have about a person, on the page of their account; the slug is empty there.
account_links: PageLinks[User] = PageLinks()


def register(panel: Panel) -> None:
    if panel.template not in {known.template for known in _panels}:
        _panels.append(panel)


def register_settings_page(
    title: str, url_name: str, *, needs: Right = Right.READ, order: int
) -> None:
    """Enter a page into the navigation of the settings, for those who have the right.

    Its view asks `get_project` for that right itself; its template extends
    "teams/settings_base.html". order: General 10, Members 20, API keys 30, Judges 40, Spend 50,
    Data 60, Slack 70, Audit log 80, Deleted 90.
    """
    _pages[url_name] = SettingsPage(title, url_name, needs, order)


def of(project: Project) -> list[Shown]:
    """Return the panels of the page General."""
    return [Shown(each.template, each.content(project)) for each in _panels if not each.is_for_keys]


def of_keys(project: Project) -> list[Shown]:
    """Return the panels that stand with the keys, and on the page of a new one."""
    return [Shown(panel.template, panel.content(project)) for panel in _panels if panel.is_for_keys]


def settings_links(project: Project) -> list[SettingsLink]:
    """Return the pages of the settings that the viewer of the project may open, in their order."""
    may = {
        Right.READ: True,
        Right.WRITE: project.viewer_can_write,
        Right.MANAGE: project.viewer_can_manage,
        Right.OWN: project.viewer_can_own,
    }
    pages = sorted(_pages.values(), key=lambda page: (page.order, page.title))
    return [
        SettingsLink(page.title, reverse(page.url_name, args=[project.slug]))
        for page in pages
        if may[page.needs]
    ]
