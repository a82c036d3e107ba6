"""What apps above this one show on the settings page of a project.

The page knows no app by name: an app registers its panel in its module `settings_panel`, which
`TeamsConfig` finds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.ui.page_links import PageLinks
from teams.models import Project, User


@dataclass(frozen=True, slots=True)
class Panel:
    """`template` draws what `content` says of a project, as `content`, with `project`.

    is_for_keys: it stands on the page of a new key, too, which is there as `secret`.
    """

    template: str
    content: Callable[[Project], Any]
    is_for_keys: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    template: str
    content: Any


_panels: list[Panel] = []
#: What apps above have about a person, on the page of her account; the slug is empty there.
account_links: PageLinks[User] = PageLinks()


def register(panel: Panel) -> None:
    if panel.template not in {known.template for known in _panels}:
        _panels.append(panel)


def of(project: Project) -> list[Shown]:
    return [Shown(panel.template, panel.content(project)) for panel in _panels]


def of_new_key(project: Project) -> list[Shown]:
    return [Shown(panel.template, panel.content(project)) for panel in _panels if panel.is_for_keys]
