"""What an alert watches for, as plain values. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Metric(StrEnum):
    TRUE_RATE = "true_rate"
    VALUE_COUNT = "value_count"
    VALUE_SHARE = "value_share"
    LABEL_VOLUME = "label_volume"

    @property
    def is_share(self) -> bool:
        return self is Metric.TRUE_RATE or self is Metric.VALUE_SHARE

    @property
    def needs_label(self) -> bool:
        return self in {Metric.VALUE_COUNT, Metric.VALUE_SHARE}


class Comparison(StrEnum):
    PCT_CHANGE = "pct_change"
    ABSOLUTE = "absolute"


class Operator(StrEnum):
    GTE = "gte"
    LTE = "lte"


#: Names as the API has them, in the order in which they are offered.
WINDOWS = {
    "5m": timedelta(minutes=5),
    "10m": timedelta(minutes=10),
    "15m": timedelta(minutes=15),
    "30m": timedelta(minutes=30),
    "1h": timedelta(hours=1),
    "3h": timedelta(hours=3),
    "6h": timedelta(hours=6),
    "24h": timedelta(hours=24),
    "48h": timedelta(hours=48),
}
COOLDOWNS_MIN = (0, 15, 60, 360, 1440)
#: The label that `true_rate` watches.
TRUE = "true"


@dataclass(frozen=True, slots=True)
class Rule:
    """threshold: a percentage for `pct_change` (20 is "up by 20 %", -20 "down by 20 %"), a
    fraction of 1 for an absolute share, targets for an absolute count or volume.

    label: "" unless the metric needs one.
    """

    metric: Metric
    comparison: Comparison
    operator: Operator
    threshold: float
    window: timedelta
    label: str = ""
    min_labels: int = 0
    cooldown: timedelta = timedelta(0)
    guard: bool = True

    @property
    def watched(self) -> str:
        """The label whose hits count; "" for volume, which counts all."""
        return TRUE if self.metric == Metric.TRUE_RATE else self.label

    @property
    def is_change(self) -> bool:
        return self.comparison == Comparison.PCT_CHANGE

    @property
    def reach(self) -> timedelta:
        """How far back an evaluation looks."""
        return 2 * self.window if self.is_change else self.window

    @property
    def can_guard(self) -> bool:
        """An absolute count has nothing to be compared with."""
        return self.is_change or self.metric.is_share
