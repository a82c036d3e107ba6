"""`signals`: manual runs, which the client also calls backfills."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from api.inf import words
from api.inf.router import Call, Router
from api.inf.routers.definitions import signal_named
from api.inf.shapes import signal_rows
from signals_app.models import Run
from signals_app.runs import progress, runs

router = Router()
Row = dict[str, Any]

MOST_RUNS = 100


@router.mutation("signals.createManualRun")
def create(call: Call) -> Row:
    """Start a run of the live version over a stretch of the past."""
    given, now = call.given, timezone.now()
    run = runs.start(
        signal_named(call, "signalId"),
        given.moment("from"),
        given.moment("to"),
        words.rate_of(given.whole("sampleRatePercent", least=0, most=100)),
        None,
        now,
    )
    return signal_rows.run_of(progress.of_runs([run], now)[0])


@router.query("signals.listManualRuns")
def list_of_signal(call: Call) -> list[Row]:
    """Return the newest runs of a signal."""
    signal = signal_named(call)
    known = Run.objects.filter(project=call.project, signal=signal)
    known = known.select_related("signal", "version", "project__team", "created_by")
    newest = list(known.order_by("-created_at", "-pk")[:MOST_RUNS])
    return signal_rows.runs_of(progress.of_runs(newest, timezone.now()))


@router.query("signals.previewBackfill")
def preview_backfill(call: Call) -> Row:
    """Return what a run would find and cost."""
    given, signal = call.given, signal_named(call, "signalId")
    rate = words.rate_of(given.whole("sampleRatePercent", least=0, most=100))
    start, end = given.moment("from"), given.moment("to")
    made = runs.preview(signal, start, end, rate, timezone.now())
    found, expected = made.found, made.estimate
    return {
        "matchedCount": found.matched,
        "sampledCount": found.sampled,
        "alreadyLabelledCount": found.labelled,
        "alreadyJudgedWithoutLabelCount": found.unlabelled,
        "waitingCount": found.waiting,
        "toJudgeCount": found.to_judge,
        "isCut": found.is_cut,
        "estimatedTokens": expected.tokens,
        "estimatedCostUsd": expected.cost_usd,
        "whyNoCost": expected.why_no_cost or expected.why_no_tokens or None,
    }
