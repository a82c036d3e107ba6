"""How many labels a window holds, seen at equal sampling. Pure.

A label stands for 1 / rate targets, the rate under which its target was included. A window may
hold labels of several rates, of versions or because a budget lowered one; their counts are added
by these weights (the estimator of Horvitz and Thompson), so that another rate alone moves no count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Part:
    """The labels of one version and rate: all of them, and those of the label that is watched.

    rate: under which they were included, above 0 and at most 1. knows: the label that is watched
    is among its answers.
    """

    version_id: int
    rate: float
    labels: int
    hits: int
    knows: bool = True


@dataclass(frozen=True, slots=True)
class Tally:
    """The labels of one window, one part for each version and rate that gave any.

    labels, hits: as they were given. volume, count: the same at equal sampling, as many as there
    would be if every target were judged.
    """

    parts: tuple[Part, ...] = ()
    labels: int = field(init=False, compare=False)
    hits: int = field(init=False, compare=False)
    volume: float = field(init=False, compare=False)
    count: float = field(init=False, compare=False)

    def __post_init__(self) -> None:
        labels, hits, volume, count = 0, 0, 0.0, 0.0
        for part in self.parts:
            labels += part.labels
            hits += part.hits
            volume += part.labels / part.rate
            count += part.hits / part.rate
        keep = object.__setattr__
        keep(self, "labels", labels)
        keep(self, "hits", hits)
        keep(self, "volume", volume)
        keep(self, "count", count)

    @classmethod
    def of(cls, parts: Iterable[Part]) -> Tally:
        """Add up counts in the order of versions, so that equal windows are equal tallies."""
        kept = [part for part in parts if part.labels]
        if len(kept) > 1:
            kept.sort(key=lambda part: (part.version_id, part.rate))
        return cls(tuple(kept))

    @property
    def share(self) -> float | None:
        """The watched label's share, 0 to 1; None without labels."""
        return self.count / self.volume if self.parts else None

    @property
    def effective(self) -> float:
        """As how many equally weighted labels these are worth (Kish, Survey Sampling, 1965):
        their number where there is one rate, less where rates are mixed."""
        squares = sum(part.labels / part.rate**2 for part in self.parts)
        return self.volume**2 / squares if squares else 0.0
