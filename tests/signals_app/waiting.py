"""Jobs as the sweep would make them, for tests that need one in line."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from signals_app.models import Signal, Source
from signals_app.queue.insertion import NewJob
from signals_app.queue.jobs import LIVE_PRIORITY


def live_job(
    target: UUID,
    at: datetime,
    *,
    team: int = 1,
    signal: int = 3,
    version: int = 4,
    revision: int = 1,
) -> NewJob:
    """Return the job of a trace of project 7, whose signal need not exist."""
    return NewJob(
        project_id=7,
        team_id=team,
        signal_id=signal,
        version_id=version,
        agent_id=2,
        scope="trace",
        target=target,
        span_id=0,
        revision=revision,
        target_time=at,
        sample_rate=1.0,
        source=Source.LIVE,
        run_id=None,
        priority=LIVE_PRIORITY,
        available_at=at,
    )


def job_of(signal: Signal, target: UUID, at: datetime, revision: int = 1) -> NewJob:
    """Return a job of the signal's live version about a target."""
    version = signal.live_version
    assert version is not None
    return NewJob(
        project_id=signal.project_id,
        team_id=signal.project.team_id,
        signal_id=signal.pk,
        version_id=version.pk,
        agent_id=signal.agent_id,
        scope=signal.scope,
        target=target,
        span_id=0,
        revision=revision,
        target_time=at,
        sample_rate=version.sample_rate,
        source=Source.LIVE,
        run_id=None,
        priority=LIVE_PRIORITY,
        available_at=at,
    )
