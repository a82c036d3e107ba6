"""Targets whose request the judge called wrong, held until it shows whose fault that is.

One such target among others that are answered is at fault itself. Several different ones that are
refused in the same words, with no answer in between, say that every request is wrong: a setting,
a model, a parameter. A person must mend that, and none of the targets has failed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from signals_app.judging.questions import Ruling
from signals_app.queue.jobs import Job

#: So many different targets in the same words; more where the endpoint answered of late.
ENOUGH, ENOUGH_AT_WORK = 5, 25
_LONGEST: Final = 300


@dataclass(slots=True)
class _Streak:
    words: str
    held: list[tuple[Job, Ruling]] = field(default_factory=list)

    @property
    def targets(self) -> int:
        return len({job.target_key for job, _ruling in self.held})


class Suspects:
    """By model, those of the last words."""

    def __init__(self) -> None:
        self._streaks: dict[str, _Streak] = {}

    def add(self, model: str, job: Job, ruling: Ruling) -> list[tuple[Job, Ruling]]:
        """Hold one; returns those that have failed, because the judge says other things now."""
        words = _constant_words(ruling.reason)
        streak = self._streaks.get(model)
        cleared: list[tuple[Job, Ruling]] = []
        if streak is None or streak.words != words:
            cleared = self.clear(model)
            streak = self._streaks[model] = _Streak(words)
        streak.held.append((job, ruling))
        return cleared

    def blocked(self, model: str, is_at_work: bool) -> list[tuple[Job, Ruling]]:
        """Take those that show that every request is wrong; none while there are too few.

        is_at_work: whether the endpoint has answered of late.
        """
        streak = self._streaks.get(model)
        enough = ENOUGH_AT_WORK if is_at_work else ENOUGH
        if streak is None or streak.targets < enough:
            return []
        return self._streaks.pop(model).held

    def clear(self, model: str) -> list[tuple[Job, Ruling]]:
        """Take those of a model that answers others: they are at fault themselves."""
        streak = self._streaks.pop(model, None)
        return streak.held if streak else []

    def clear_all(self) -> list[tuple[Job, Ruling]]:
        return [each for model in list(self._streaks) for each in self.clear(model)]


def _constant_words(said: str) -> str:
    """Return what two sayings of the same have in common: numbers and ids differ."""
    return " ".join(word for word in said[:_LONGEST].split() if not any(map(str.isdigit, word)))
