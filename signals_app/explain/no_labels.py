"""Why a signal has judged nothing, or nothing of late, in sentences."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from signals_app.definition.versions import current_version
from signals_app.explain.no_labels_facts import silence, with_recent
from signals_app.explain.no_labels_reasons import Facts, why_nothing
from signals_app.judging import judge_in_use
from signals_app.judging.model_server import endpoints
from signals_app.labels import breakdown, counts
from signals_app.labels.counts import Waiting
from signals_app.labels.summaries import week
from signals_app.models import Outcome, Signal, SignalVersion


def sentences(signal: Signal, now: datetime) -> list[str]:
    """Say why a signal gave no label in the last 7 days, or why it judges no more; nothing of one
    that does its work."""
    version = current_version(signal)
    kinds = breakdown.by_outcome(counts.in_window(signal.project_id, [signal.pk], week(now)))
    labelled = kinds.pop(Outcome.LABELLED, 0)
    waiting = counts.waiting(signal.project_id, signal.pk)
    per_day = counts.targets_of_agent_a_day(signal.project_id, signal.agent_id, signal.scope, now)
    resting = endpoints.known(now).resting
    paused_until = resting.get(version.judge_model or judge_in_use.model_in_use())
    facts = facts_of(signal, version, waiting, sum(kinds.values()), per_day, paused_until)
    facts = with_recent(facts, signal, now)
    return list(silence(facts, labelled, now)["quiet"]) if labelled else why_nothing(facts, now)


def facts_of(
    signal: Signal,
    version: SignalVersion,
    waiting: Waiting,
    unlabelled: int,
    targets_a_day: float,
    judge_paused_until: datetime | None,
) -> Facts:
    """Put together what the reasons are taken from."""
    return Facts(
        state=signal.state,
        scope=signal.scope,
        targets_a_day=targets_a_day,
        sample_rate=version.sample_rate,
        waiting=waiting.n,
        waiting_error=waiting.last_error,
        unlabelled=unlabelled,
        agent_seen_at=signal.agent.last_seen_at,
        judge_paused_until=judge_paused_until,
        offline_cannot=judge_in_use.is_offline() and not signal.template,
        session_idle_s=signal.project.session_idle_s or settings.SESSION_IDLE_S,
    )
