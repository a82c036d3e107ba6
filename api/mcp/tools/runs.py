"""Judging the past: what a run would find and cost, starting it, and how far it is."""

from __future__ import annotations

from typing import Annotated

from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils import timezone
from pydantic import Field

from api import lookups
from api.mcp import answers, arguments, signal_text
from api.mcp.answers import Pending, Progress, call
from api.mcp.arguments import RangeArg, SignalArg, Text
from api.mcp.fencing import one_line, quoted
from api.mcp.registry import ADDS, READS, tool
from api.mcp.tools.trials import WaitArg
from api.mcp.trouble import Trouble
from api.rest.callers import Caller
from api.shapes import links
from core.ui import wording
from signals_app.definition.versions import current_version
from signals_app.labels import counts
from signals_app.models import Outcome, Run
from signals_app.runs import cost as run_cost
from signals_app.runs import preview as run_preview
from signals_app.runs import progress as run_progress
from signals_app.runs import runs
from signals_app.runs.progress import Progress as RunProgress

RateArg = Annotated[float, Field(ge=0, le=1, description="Share of targets; 0: the version's.")]


@tool(READS, call("list_signals"))
def preview_run(
    caller: Caller, signal: SignalArg, range: RangeArg = "7d", sample_rate: RateArg = 0
) -> str:
    """Say how many past targets a run of a signal would judge, and what that may cost. Starts
    nothing."""
    found, now = arguments.signal(caller.project, signal), timezone.now()
    start, end = arguments.bounds(range, now)
    if errors := runs.errors_of_window(start, end, now):
        raise ValidationError(errors)
    version = current_version(found)
    rate = sample_rate or version.sample_rate
    seen = run_preview.count(found, version, start, end, rate)
    price = run_cost.estimate(found, seen.to_judge, now)
    or_more = " or more" if seen.is_cut else ""
    cost = wording.usd(price.cost_usd) if price.cost_usd is not None else price.why_no_cost
    tokens = f"{price.tokens:,}" if price.tokens is not None else price.why_no_tokens
    lines = [
        f"{seen.matched:,}{or_more} {found.scope}s in the range, {seen.sampled:,} in the sample of"
        f" {rate:.4g}: {seen.to_judge:,} to judge, {seen.labelled:,} have a label of version"
        f" {version.number} already, {seen.unlabelled:,} were judged without one, {seen.waiting:,}"
        " wait.",
        f"Estimate: {tokens} tokens, {cost}.",
        f"Next: {call('start_run', signal=str(found.uuid), range=range, sample_rate=sample_rate)}",
    ]
    return "\n".join(lines)


@tool(ADDS, call("preview_run", signal="<id>"))
def start_run(
    caller: Caller,
    signal: SignalArg,
    range: RangeArg = "7d",
    sample_rate: RateArg = 0,
    wait_s: WaitArg = 10,
) -> Pending:
    """Let a signal's live version judge past targets, as preview_run says. Its labels count at the
    time of their targets, and fire no alert. Spends tokens of the judge."""
    found, now = arguments.signal(caller.project, signal), timezone.now()
    start, end = arguments.bounds(range, now)
    made = runs.start(found, start, end, sample_rate or None, caller.user, now)
    return _pending(caller, made, wait_s)


@tool(READS, call("list_signals"))
def get_run(caller: Caller, run: Text, wait_s: WaitArg = 10) -> Pending:
    """Say how far a run is, and what came of it so far."""
    return _pending(caller, _run(caller, run), wait_s)


def _run(caller: Caller, text: str) -> Run:
    key = arguments.uuid_of(text)
    try:
        if key is not None:
            return lookups.run(caller.project, key)
    except Http404:
        pass
    raise Trouble("There is no such run in this project.", call("preview_run", signal="<id>"))


def _pending(caller: Caller, run: Run, wait_s: float) -> Pending:
    def now() -> RunProgress:
        found = lookups.run(caller.project, run.uuid)
        return run_progress.of_runs([found], timezone.now())[0]

    def look() -> Progress:
        seen = now()
        return Progress(seen.judged, seen.total, not seen.is_running)

    return Pending(look, lambda: _shown(caller, now()), wait_s)


def _shown(caller: Caller, seen: RunProgress) -> str:
    run, key = seen.run, str(seen.run.uuid)
    labels = {said: n for (kind, said), n in seen.counts.items() if kind == Outcome.LABELLED}
    lines = [
        f"Run {key} of {one_line(run.signal.name)} v{run.version.number}, {run.state}:"
        f" {seen.judged:,} of {seen.total:,} judged.",
        f"From {answers.moment(run.start)} to {answers.moment(run.end)},"
        f" rate {run.sample_rate:.4g}.",
        f"Labels: {signal_text.counted(labels)}",
    ]
    if seen.judged > seen.labelled:
        lines += [f"{seen.judged - seen.labelled:,} got no label:", *_reasons(run)]
    if seen.left_s is not None:
        lines.append(f"About {wording.duration(seen.left_s * 1000)} left.")
    page = links.page("signal_run", caller.project.slug, run.signal.uuid, run.uuid)
    nexts = call("list_labels", signal=str(run.signal.uuid), source="run")
    if seen.is_running:
        nexts = call("get_run", run=key) + " polls it"
        undo = links.whole(f"/api/v1/runs/{key}/cancel")
        lines.append(f"Undo: POST {undo} with the same key, or cancel it on its page.")
    else:
        lines.append("Undo: none, its labels stay.")
    return "\n".join([*lines, f"Page: {page}", f"Next: {nexts}"])


def _reasons(run: Run) -> list[str]:
    found = counts.reasons_of_run(run.project_id, run.pk)
    return [f"- {each.n:,} {each.outcome}: {quoted(each.text, 200)}" for each in found]
