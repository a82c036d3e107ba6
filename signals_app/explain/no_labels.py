"""Why a signal gives no labels, as every door says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from core.time_range.windows import Window
from signals_app.definition.versions import current_version
from signals_app.explain.no_labels_facts import silence, with_recent
from signals_app.explain.no_labels_reasons import Facts, why_nothing, why_nothing_then
from signals_app.judging import judge_in_use
from signals_app.judging.endpoint import Chosen
from signals_app.judging.model_server import endpoints
from signals_app.labels import breakdown, counts
from signals_app.labels.counts import Reason, Waiting
from signals_app.models import Outcome, Signal, SignalVersion
from teams.models import Project


@dataclass(frozen=True, slots=True)
class Silence:
    """What a signal did in a window. sentences: why it gives no labels, or no more; none while it
    is at work. reasons: of the targets that got none."""

    labelled: int
    unlabelled: int
    waiting: Waiting
    sentences: Sequence[str]
    reasons: Sequence[Reason]


def why(project: Project, signal: Signal, window: Window, now: datetime) -> Silence:
    """Say why a signal has given no labels in a window, or gives no more."""
    version = current_version(signal)
    kinds = breakdown.by_outcome(counts.in_window(project.pk, [signal.pk], window))
    labelled = kinds.pop(Outcome.LABELLED, 0)
    unlabelled = kinds.total()
    waiting = counts.waiting(project.pk, signal.pk)
    per_day = counts.targets_of_agent_a_day(project.pk, signal.agent_id, signal.scope, now)
    judge = judge_in_use.chosen_for(project.pk, version)
    resting = endpoints.resting(judge.endpoint)
    facts = facts_of(project, signal, version, waiting, unlabelled, per_day, judge, resting)
    facts = with_recent(facts, signal, now)
    quiet: list[str] = silence(facts, labelled, now)["quiet"]
    return Silence(
        labelled=labelled,
        unlabelled=unlabelled,
        waiting=waiting,
        sentences=quiet if labelled else hints(facts, signal, window, now),
        reasons=counts.reasons(project.pk, signal.pk, window) if unlabelled else [],
    )


def hints(facts: Facts, signal: Signal, window: Window, now: datetime) -> list[str]:
    """Return sentences about a window without labels, the most decisive first."""
    if window.end < now:
        return why_nothing_then(signal.created_at, window.end, now)
    return why_nothing(facts, now)


def facts_of(
    project: Project,
    signal: Signal,
    version: SignalVersion,
    waiting: Waiting,
    unlabelled: int,
    per_day: float,
    judge: Chosen,
    resting: Mapping[str, datetime],
) -> Facts:
    """Return what is known of a signal, but for what `with_recent` adds. resting: until when the
    models of the judge rest."""
    return Facts(
        state=signal.state,
        scope=signal.scope,
        targets_a_day=per_day,
        sample_rate=version.sample_rate,
        waiting=waiting.n,
        waiting_error=waiting.last_error,
        unlabelled=unlabelled,
        agent_seen_at=signal.agent.last_seen_at,
        judge_paused_until=resting.get(judge.model),
        offline_cannot=judge.endpoint.is_offline and not signal.template,
        session_idle_s=project.session_idle_s or settings.SESSION_IDLE_S,
    )
