"""The tiles and charts of a signal's page, all from one query of counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from core.time_range.windows import Window
from signals_app import extensions
from signals_app.explain import no_labels
from signals_app.explain.no_labels_facts import silence, with_recent
from signals_app.judging import judge_in_use
from signals_app.judging.model_server import endpoints
from signals_app.labels import breakdown, counts, outcomes
from signals_app.models import Outcome, Signal, SignalVersion
from signals_app.pages.signal import charts, version_marks
from signals_app.pages.spend import budget_shown
from signals_app.pages.spend import rows as spend_rows
from signals_app.spending import judge_day
from teams.models import Project

#: What the signal took in so many days stands on its page.
SPEND_DAYS = 30


@dataclass(frozen=True)
class Meaning:
    """A label of the version with its colour, and when the judge is told to give it."""

    name: str
    tone: str
    sentiment: str
    meaning: str


def figures(
    project: Project,
    signal: Signal,
    version: SignalVersion,
    window: Window,
    zone: tzinfo,
    now: datetime,
    by_share: bool = False,
) -> dict[str, Any]:
    """by_share: whether the chart over time shows parts of the whole instead of counts."""
    draw = charts.shares_over_time if by_share else charts.over_time
    counted = counts.in_window(project.pk, [signal.pk], window)
    segments = breakdown.segments(version, counted)
    kinds = breakdown.by_outcome(counted)
    labelled = kinds.pop(Outcome.LABELLED, 0)
    unlabelled = sum(kinds.values())
    waiting = counts.waiting(project.pk, signal.pk)
    per_day = counts.targets_of_agent_a_day(project.pk, signal.agent_id, signal.scope, now)
    judge = judge_in_use.chosen_for(project.pk, version)
    known = endpoints.known(now, judge.endpoint)
    facts = no_labels.facts_of(
        project, signal, version, waiting, unlabelled, per_day, judge, known.resting
    )
    facts = with_recent(facts, signal, now)
    lowered = budget_shown.lowered_now(project, now)
    factor = lowered.factor if lowered else 1.0
    begun, happened = version_marks.of_signal(signal, window), extensions.marks(signal, window)
    others = version_marks.of_judges(signal, window)
    return {
        "segments": segments,
        "labelled": labelled,
        "unlabelled": unlabelled,
        "outcomes": [(kind, outcomes.name(kind), n) for kind, n in sorted(kinds.items())],
        "cannot_tell": kinds[outcomes.CANNOT_TELL],
        "answered": labelled + kinds[outcomes.CANNOT_TELL],
        "reasons": counts.reasons(project.pk, signal.pk, window) if unlabelled else [],
        "top": max(segments, key=lambda segment: segment.n) if labelled else None,
        "waiting": waiting,
        "judge": judge,
        "judge_trouble": endpoints.trouble(judge.endpoint),
        "judge_reads": known.learned.get(judge.model),
        "sampled_a_day": per_day * version.sample_rate * factor,
        "over_time": draw(version, counted, window, zone, now, [*begun, *others, *happened]),
        "marked": bool(happened),
        "is_mixed": breakdown.is_mixed(counted),
        "spent": spend_rows.read(project, SPEND_DAYS, zone, now, signal),
        "spend_days": SPEND_DAYS,
        "lowered": lowered,
        "waits_for_midnight": bool(waiting.n) and judge_day.is_used_up(project.team_id, now),
        "sampled_now": version.sample_rate * factor,
        "shares": charts.shares(version, counted),
        "meanings": meanings(version),
        "hints": [] if labelled else no_labels.hints(facts, signal, window, now),
        **silence(facts, labelled, now),
    }


def meanings(version: SignalVersion) -> list[Meaning]:
    return [
        Meaning(
            name=label["name"],
            tone=breakdown.tone_of(version, label["name"]),
            sentiment=label["sentiment"],
            meaning=label.get("meaning", ""),
        )
        for label in version.labels
    ]
