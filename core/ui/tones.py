"""Which colour a label has: the same in bar, donut, chip and chart.

A tone is the name of a colour in static/css/tokens.css, so that it follows the theme.
Positive and negative labels take shades of their sentiment's colour. A neutral label
takes the neutral grey when it is the only one, else the palette of ten by its position
in the version: shades of grey would not tell nine topics apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

SHADES = 4
PALETTE = 10
UNLABELLED = "unlabelled"


@dataclass(frozen=True)
class Segment:
    """One part of a whole: `n` of them are called `name`.

    weight: what the share goes by, where that is not their number.
    """

    name: str
    tone: str
    n: int
    weight: float | None = None

    @property
    def size(self) -> float:
        return self.n if self.weight is None else self.weight


def tones(labels: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the tone of each label by name; labels: (name, sentiment) in the version's order."""
    neutrals = sum(sentiment not in ("positive", "negative") for _, sentiment in labels)
    seen: Counter[str] = Counter()
    given: dict[str, str] = {}
    for position, (name, sentiment) in enumerate(labels):
        if sentiment not in ("positive", "negative"):
            given[name] = "neutral-1" if neutrals == 1 else f"label-{position % PALETTE + 1}"
            continue
        given[name] = f"{sentiment}-{seen[sentiment] % SHADES + 1}"
        seen[sentiment] += 1
    return given
