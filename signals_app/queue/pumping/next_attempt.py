"""What becomes of a job whose question failed: another attempt, or a failure for good. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from core.background.backoff import backoff_s
from signals_app.judging.questions import failed
from signals_app.queue.completing import Done
from signals_app.queue.jobs import Job, Release

#: A target that waits for an endpoint comes back soon after it does.
LONGEST_WAIT_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer, in words. after_s: the server's own wish.

    says_nothing: of the target, since the question never reached a judge. may_be_the_endpoint:
    nobody else was answered meanwhile, so that it cannot be told whose failure it is.
    """

    words: str
    after_s: float = 0.0
    says_nothing: bool = False
    may_be_the_endpoint: bool = False


def next_attempt(
    job: Job, failure: Failure, now: datetime, most: int, random_share: float
) -> Done | Release:
    """Decide it. most: attempts that a target has. random_share: in [0, 1), spreads the wait.

    A trial is not patient, because somebody waits for it.
    """
    is_patient = job.trial_id is None and (failure.says_nothing or failure.may_be_the_endpoint)
    is_last = job.attempts >= most
    if is_last and not is_patient:
        return Done(job, failed(f"{failure.words} Tried {job.attempts} times."))
    wait_s = backoff_s(job.attempts, settings.JUDGE_RETRY_BASE_S, random_share)
    if is_patient:
        wait_s = min(wait_s, LONGEST_WAIT_S)
    return Release(
        job,
        now + timedelta(seconds=max(wait_s, failure.after_s)),
        failure.words,
        is_refunded=is_patient and (is_last or failure.says_nothing),
        is_behind=True,
    )
