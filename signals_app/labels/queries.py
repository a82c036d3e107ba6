"""Which of a signal's classifications somebody looks for, as plain values. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError

from signals_app.labels.outcomes import CHOICES
from signals_app.models import Source

OUTCOMES = tuple(name for name, _text in CHOICES)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelQuery:
    """Classifications that count at `start` or later and before `end`.

    label: exactly this one. outcome: a kind of `labels/outcomes.py`. source: live or run.
    version: the number of one. Raises ValidationError with messages by field.
    """

    start: datetime
    end: datetime
    label: str = ""
    outcome: str = ""
    source: str = ""
    version: int | None = None
    oldest_first: bool = False

    def __post_init__(self) -> None:
        errors = {}
        if self.start >= self.end:
            errors["end"] = ["The end must come after the beginning."]
        if "\x00" in self.label:
            errors["label"] = ["Null characters are not allowed."]
        if self.outcome and self.outcome not in OUTCOMES:
            errors["outcome"] = [f"Choose one of {', '.join(OUTCOMES)}."]
        if self.source and self.source not in Source.values:
            errors["source"] = [f"Choose one of {', '.join(Source.values)}."]
        if errors:
            raise ValidationError(errors)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the stretch of time is asked for."""
        return bool(self.label or self.outcome or self.source or self.version)
