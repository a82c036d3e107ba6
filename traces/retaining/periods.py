"""What is kept for how long, checked. Pure but for the installation's own bound."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from django.conf import settings
from django.core.exceptions import ValidationError

MOST_DAYS = 3650


class Kept(StrEnum):
    """What has a period of its own, in the order in which it goes."""

    TRACES = "traces"
    TEXTS = "texts"
    LABELS = "labels"
    EXPLANATIONS = "explanations"

    @property
    def field(self) -> str:
        """Its column of `Retention`, and its name in forms."""
        return f"{self}_days"


Periods = Mapping[Kept, int | None]


def check(periods: Periods) -> None:
    """Raise ValidationError, with messages by the field of `Kept`, for what cannot be kept."""
    wrong: dict[str, list[str]] = {}
    for kept, days in periods.items():
        if days is not None and not 1 <= days <= MOST_DAYS:
            wrong[kept.field] = [f"Between 1 and {MOST_DAYS:,} days."]
    bound, days = settings.RETENTION_DAYS, periods.get(Kept.TRACES)
    if bound and days is not None and days > bound:
        wrong[Kept.TRACES.field] = [f"This installation keeps traces for {bound:,} days at most."]
    if wrong:
        raise ValidationError(wrong)
