"""Where later apps add to the pages of signals, without signals knowing them.

An app registers one extension in its module `signal_panels`, which `SignalsConfig` finds. Every
question is asked once a page, never once a signal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.time_range.windows import Window
from core.ui.charts import Mark
from core.ui.page_links import PageLinks
from signals_app.models import Signal
from teams.models import Project


@dataclass(frozen=True, slots=True)
class Note:
    """What another app says about a signal: "2 alerts, 1 firing", and where that stands.

    text: "" where there is nothing to say. add_url, add_text: what can be made for it.
    """

    text: str
    url: str
    is_urgent: bool
    add_url: str
    add_text: str


class SignalExtension(Protocol):
    def notes(self, project: Project, signals: Sequence[Signal]) -> dict[int, Note]:
        """Return what to note beside each signal, by its primary key."""
        ...

    def marks(self, signal: Signal, window: Window) -> list[Mark]:
        """Moments worth a line on the signal's own chart."""
        ...

    def silent(self, project: Project) -> set[int]:
        """Keys of active signals that give no labels although they should."""
        ...


_extensions: list[SignalExtension] = []
page_links: PageLinks[Signal] = PageLinks()


def register(extension: SignalExtension) -> None:
    if type(extension) not in {type(known) for known in _extensions}:
        _extensions.append(extension)


def notes(project: Project, signals: Sequence[Signal]) -> dict[int, list[Note]]:
    by_signal: dict[int, list[Note]] = {signal.pk: [] for signal in signals}
    for extension in _extensions if signals else ():
        for pk, note in extension.notes(project, signals).items():
            by_signal[pk].append(note)
    return by_signal


def marks(signal: Signal, window: Window) -> list[Mark]:
    return [mark for extension in _extensions for mark in extension.marks(signal, window)]


def silent(project: Project) -> set[int]:
    return {pk for extension in _extensions for pk in extension.silent(project)}
