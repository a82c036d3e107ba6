"""What the signals of one agent say over a window: cards of its tab, rows of its overview."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.urls import reverse

from core.time_range.windows import Window
from core.ui.tones import Segment
from signals_app import extensions
from signals_app.definition.versions import current_versions
from signals_app.extensions import Note
from signals_app.labels import breakdown, counts, outcomes
from signals_app.models import Outcome, Signal, SignalVersion
from teams.models import Project
from traces.extensions import Measure
from traces.models import Agent


@dataclass(frozen=True, slots=True)
class Card:
    signal: Signal
    version: SignalVersion
    segments: list[Segment]
    labelled: int
    outcomes: list[tuple[str, int]]  # of the targets without a label, in words
    trend: breakdown.Trend
    notes: list[Note]

    @property
    def unlabelled(self) -> int:
        return sum(n for _outcome, n in self.outcomes)


def shown(project: Project, agent: Agent) -> QuerySet[Signal]:
    signals = Signal.objects.filter(project=project, agent=agent)
    return signals.exclude(state=Signal.State.ARCHIVED).order_by("name")


def cards(project: Project, agent: Agent, window: Window, period: str) -> list[Card]:
    """Return a card for each signal that is not archived, by name; three queries in all, and one
    for each app that adds notes.

    `period` names the window in words, to stand after "over".
    """
    signals = list(shown(project, agent).select_related("live_version"))
    versions, notes = current_versions(signals), extensions.notes(project, signals)
    by_signal: dict[int, list[breakdown.Count]] = {signal.pk: [] for signal in signals}
    for count in counts.in_window(project.pk, list(by_signal), window) if signals else ():
        by_signal[count.signal_id].append(count)
    return [
        _card(signal, versions[signal.pk], by_signal[signal.pk], window, period, notes[signal.pk])
        for signal in signals
        if signal.pk in versions
    ]


def _card(
    signal: Signal,
    version: SignalVersion,
    counted: Sequence[breakdown.Count],
    window: Window,
    period: str,
    notes: list[Note],
) -> Card:
    kinds: Counter[str] = breakdown.by_outcome(counted)
    labelled = kinds.pop(Outcome.LABELLED, 0)
    return Card(
        signal=signal,
        version=version,
        segments=breakdown.segments(version, counted),
        labelled=labelled,
        outcomes=[(outcomes.name(kind).lower(), n) for kind, n in sorted(kinds.items())],
        trend=breakdown.trend(version, counted, window, period),
        notes=notes,
    )


def busiest(all_cards: Sequence[Card]) -> Card | None:
    """Return the signal with the most labels; None where there are none."""
    card = max(all_cards, key=lambda card: card.labelled, default=None)
    return card if card and card.labelled else None


def measures(project: Project, agent: Agent, window: Window) -> list[Measure]:
    return [
        Measure(
            title=card.signal.name,
            url=reverse("signal", args=[project.slug, card.signal.uuid]),
            state=card.signal.state,
            state_title=card.signal.get_state_display(),
            segments=card.segments,
            labelled=card.labelled,
            unlabelled=card.unlabelled,
        )
        for card in cards(project, agent, window, "this time range")
    ]
