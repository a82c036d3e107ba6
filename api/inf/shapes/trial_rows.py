"""A question that was tried: every target with what the judge said, and what is missing."""

from __future__ import annotations

from typing import Any

from api.inf import words
from api.shapes import links
from core.ids import span_id_hex
from signals_app.models import Scope, SignalVersion, Trial
from signals_app.trials.figures import Figures, figures, rows_of
from signals_app.trials.figures import Row as Tried
from teams.models import Project

Row = dict[str, Any]
MISSING = "{n} of {total} targets are not judged yet. They go on: {url}"
STOPPED = "The judge stopped the test: {why}"


def trial_of(project: Project, trial: Trial) -> Row:
    """Return a trial as far as it is."""
    rows = rows_of(trial, project)
    sums, url = figures(trial, rows), links.page("trial", project.slug, trial.uuid)
    return {
        "trialId": str(trial.uuid),
        "status": trial.state,
        "message": _message(trial, sums, url),
        "scope": trial.scope,
        "classifierType": trial.type,
        "sampledCount": sums.total,
        "judgedCount": sums.judged,
        "missingCount": sums.total - sums.judged,
        "distribution": [{"label": s.name, "count": s.n} for s in sums.segments],
        "unlabelled": [{"outcome": name, "count": n} for name, n in sums.unlabelled],
        "inputTokens": sums.input_tokens,
        "outputTokens": sums.output_tokens,
        "costUsd": sums.cost_usd,
        "results": [_result(trial, row) for row in rows],
        "url": url,
    }


def _message(trial: Trial, sums: Figures, url: str) -> str | None:
    if trial.state == Trial.State.STOPPED:
        return STOPPED.format(why=trial.stopped_reason)
    if sums.judged < sums.total:
        n = sums.total - sums.judged
        return MISSING.format(n=n, total=sums.total, url=url)
    return None


def _result(trial: Trial, row: Tried) -> Row:
    result, is_binary = row.result, trial.type == SignalVersion.Type.BINARY
    is_span = trial.scope == Scope.SPAN
    return {
        "targetType": trial.scope,
        "targetId": span_id_hex(result.span_id) if is_span else result.target.hex,
        "traceId": None if trial.scope == Scope.SESSION else result.target.hex,
        "targetStartTime": words.moment(result.target_time),
        "title": row.title,
        "status": words.LABELS.get(result.outcome, result.outcome) or "pending",
        "stringLabel": None if is_binary else result.label,
        "boolLabel": result.label == "true" if is_binary and result.label else None,
        "explanation": result.explanation,
        "reason": result.reason or None,
        "url": links.whole(row.url),
    }
