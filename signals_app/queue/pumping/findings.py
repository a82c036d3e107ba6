"""What a pump has found out and has still to write."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime

from signals_app.definition import states
from signals_app.judging.endpoint import Endpoint
from signals_app.judging.model_server import endpoints
from signals_app.queue import completing, jobs
from signals_app.queue.completing import Done
from signals_app.queue.jobs import Job, Release
from signals_app.trials import answers as trial_answers

#: An endpoint, and the model that it was asked for.
Asked = tuple[Endpoint, str]


@dataclass(slots=True)
class Findings:
    """Of jobs, and of the endpoints, signals and trials that showed themselves on the way."""

    done: list[Done] = field(default_factory=list)
    released: list[Release] = field(default_factory=list)
    blocked: dict[int, str] = field(default_factory=dict)  # signal id -> why
    stopped: dict[int, str] = field(default_factory=dict)  # trial id -> why
    rested: dict[Asked, tuple[datetime, str]] = field(default_factory=dict)  # until, why
    errors: dict[Asked, str] = field(default_factory=dict)  # the last one
    answered: set[Asked] = field(default_factory=set)

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))

    @property
    def jobs(self) -> list[Job]:
        """Those that are held no longer once this is written."""
        return [each.job for each in self.done] + [each.job for each in self.released]

    def take(self) -> Findings:
        """Return what is there, and begin anew."""
        taken = Findings(**{each.name: getattr(self, each.name) for each in fields(self)})
        for each in fields(self):
            setattr(self, each.name, type(getattr(self, each.name))())
        return taken

    def write(self, now: datetime) -> int:
        """Returns how many classifications were inserted."""
        for (of, model), (until, words) in self.rested.items():
            endpoints.rest(model, until, words, now, of)
        for (of, model), words in self.errors.items():
            endpoints.note_error(model, words, now, of)
        for of, model in self.answered:
            endpoints.note_success(model, now, of)
        for signal_id, words in self.blocked.items():
            states.block(signal_id, words, now)
        for trial_id, words in self.stopped.items():
            trial_answers.stop(trial_id, words, now)
        jobs.release(self.released)
        return completing.complete(self.done, now) if self.done else 0
