"""What a signal's labels say: over time, target by target, and why there is one or none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal

from django.core.exceptions import ValidationError
from django.utils import timezone
from pydantic import Field

from api.mcp import answers, arguments, signal_text, token_budget
from api.mcp.answers import call
from api.mcp.arguments import CursorArg, LimitArg, RangeArg, SignalArg, Text
from api.mcp.fencing import Fence, one_line, quoted
from api.mcp.registry import READS, tool
from api.mcp.tools.project import USUAL_ROWS
from api.mcp.trouble import Trouble
from api.rest.callers import Caller
from api.shapes import links
from core.ids import span_id_hex
from core.time_range.windows import Window, ceil, floor
from signals_app.definition.versions import current_version
from signals_app.explain import facts, targets
from signals_app.labels import breakdown, counts, label_table, outcomes
from signals_app.labels.breakdown import Count
from signals_app.labels.label_table import PAGES, TargetRow
from signals_app.labels.queries import LabelQuery
from signals_app.models import Outcome, Scope, Signal
from signals_app.targets import TargetRef, parse

STEPS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
MOST_STEPS = 120
#: What one sentence may cost of why there is a label or none.
SENTENCE_TOKENS = 250


@tool(READS, call("list_signals"))
def get_distribution(
    caller: Caller,
    signal: SignalArg,
    range: RangeArg = "14d",
    step: Literal["", "minute", "hour", "day"] = "",
) -> str:
    """Say how a signal's labels fall over time: counts and shares for each step, in total, and
    against the half before. Where failures became more, list_labels of that stretch shows them."""
    found, now = arguments.signal(caller.project, signal), timezone.now()
    window = _window(range, step, now)
    counted = counts.in_window(found.project_id, [found.pk], window)
    version = current_version(found)
    names = breakdown.label_names(version, breakdown.by_label(counted))
    by_step: dict[Any, list[Count]] = defaultdict(list)
    for each in counted:
        by_step[each.bucket].append(each)
    none = sum(each.n for each in counted if each.outcome != Outcome.LABELLED)
    totals = signal_text.counted({k: v for k, v in breakdown.by_label(counted).items() if v})
    head = [
        f"{one_line(found.name)} ({found.scope}, {found.state}), {answers.moment(window.start)} to"
        f" {answers.moment(window.end)} in steps of {window.step}, UTC:",
        f"Total: {totals}; without a label {none:,}",
        *_halves(window, by_step, names),
        "step | labels | " + " | ".join(names) + " | no label",
    ]
    lines = [_step(bucket, by_step[bucket], names) for bucket in window.buckets if by_step[bucket]]
    reasons = counts.reasons(found.project_id, found.pk, window) if none else []
    why = [f"no label, {each.n:,} times: {quoted(each.text, 160)}" for each in reasons[:3]]

    def foot(shown: int) -> list[str]:
        left = [f"{len(lines) - shown} steps left out: ask for less."] if shown < len(lines) else []
        nexts = call("list_labels", signal=str(found.uuid), range=range, label=_worst(found))
        return [*left, *why, signal_text.page_of(found), f"Next: {nexts}"]

    return answers.listed(head, lines, foot, most=token_budget.MOST - 800, is_fenced=False)


@tool(READS, call("list_signals"))
def list_labels(
    caller: Caller,
    signal: SignalArg,
    label: Text = "",
    range: RangeArg = "7d",
    outcome: Literal["", "labelled", "failed", "refused", "skipped", "cannot_tell"] = "",
    source: Literal["", "live", "run"] = "",
    version: int = 0,
    cursor: CursorArg = "",
    limit: LimitArg = USUAL_ROWS,
) -> str:
    """List what a signal said target by target, the newest first, each with the judge's reason and
    the id to read it by. label: only these, such as the bad ones."""
    found = arguments.signal(caller.project, signal)
    start, end = arguments.bounds(range, timezone.now())
    query = LabelQuery(
        start=start, end=end, label=label, outcome=outcome, source=source, version=version or None
    )
    page = PAGES.page(
        label_table.classified(found, query), arguments.place(PAGES, cursor), size=limit
    )
    rows = label_table.target_rows(caller.project, found, page.rows)

    def foot(shown: int) -> list[str]:
        more = PAGES.shortened(page, 0, shown).older if shown else ""
        given: dict[str, Any] = {
            "label": label,
            "range": range,
            "outcome": outcome,
            "source": source,
        }
        given |= {"version": version or None, "cursor": more, "limit": limit}
        again = call("list_labels", signal=str(found.uuid), **given)
        left = [f"More: {again}"] if more else []
        return [*left, signal_text.page_of(found), f"Next: {_reads(found.scope)} reads one."]

    what = f" {label!r}" if label else ""
    head = [f"{len(rows)} targets{what} of {one_line(found.name)} ({found.scope}), newest first:"]
    most = token_budget.PAGE if limit <= USUAL_ROWS else token_budget.MOST
    return answers.listed(head, [_target(row) for row in rows], foot, most=most)


@tool(READS, call("list_signals"))
def why_no_label(
    caller: Caller,
    signal: SignalArg,
    target: Annotated[
        Text, Field(description="trace:<id>, session:<id>, or span:<trace id>:<span id>.")
    ],
) -> str:
    """Say why a target has a label of a signal or none: sampled out, not settled, waiting, failed,
    of another agent, … and what to do about it."""
    found = arguments.signal(caller.project, signal)
    ref = _ref(target)
    known = targets.find(caller.project.pk, ref)
    if known is None:
        raise Trouble("This project stores no such target.", call("list_traces"))
    (answered,) = facts.answers(caller.project, known, [found], timezone.now())
    answer = answered.answer
    fence = Fence()
    said = [*answer.sentences, *([answer.explanation] if answer.explanation else [])]
    lines = [f"{answer.kind.value}{f': {answer.label}' if answer.label else ''}"]
    trimmed = (answers.trimmed(one_line(each, 600), SENTENCE_TOKENS) for each in said)
    lines += fence.around([each.replace(fence.code, "…") for each in trimmed])
    lines += [f"{name}: {one_line(value)}" for name, value in answer.figures]
    lines += [f"{name}: {answers.moment(at)}" for name, at in answer.moments]
    if answered.ways:
        lines.append(f"This signal judges {found.scope}s. Near this target:")
        lines += [f"- {each.text}: {links.whole(each.url)}" for each in answered.ways[:5]]
    nexts = f"Next: {call('get_signal', signal=str(found.uuid))} or {_reads(ref.scope)}"
    return "\n".join([*lines, f"Page: {links.whole(answered.url)}", nexts])


def _window(text: str, step: str, now: Any) -> Window:
    start, end = arguments.bounds(text, now)
    if not step:
        return Window.covering(start, end)
    length = STEPS[step]
    window = Window(floor(start, length), ceil(end, length), length)
    if (window.end - window.start) / length > MOST_STEPS:
        raise ValidationError({"step": [f"At most {MOST_STEPS} steps: choose a longer one."]})
    return window


def _halves(window: Window, by_step: dict[Any, list[Count]], names: Sequence[str]) -> list[str]:
    """Compare the second half of the window with the first."""
    middle = window.start + (window.end - window.start) / 2
    halves: tuple[list[Count], list[Count]] = ([], [])
    for bucket, each in by_step.items():
        halves[bucket >= middle].extend(each)
    first, second = (breakdown.sizes(half) for half in halves)
    if not first or not second:
        return []
    changes = (
        f"{name} {answers.share(first.get(name, 0), sum(first.values()))} →"
        f" {answers.share(second.get(name, 0), sum(second.values()))}"
        for name in names
    )
    return [f"First half → second half: {', '.join(changes)}"]


def _step(bucket: Any, counted: Sequence[Count], names: Sequence[str]) -> str:
    labels, sizes = breakdown.by_label(counted), breakdown.sizes(counted)
    total, whole = labels.total(), sum(sizes.values())
    none = sum(each.n for each in counted if each.outcome != Outcome.LABELLED)
    cells = [f"{labels[name]} ({answers.share(sizes.get(name, 0), whole)})" for name in names]
    return f"{bucket:%Y-%m-%d %H:%M} | {total} | {' | '.join(cells)} | {none}"


def _worst(signal: Signal) -> str:
    """Return the label that is worth reading first: a negative one, where there is one."""
    version = current_version(signal)
    bad = (each["name"] for each in version.labels if each["sentiment"] == "negative")
    return str(next(bad, version.label_names[0]))


def _target(row: TargetRow) -> str:
    judged = row.row
    target = judged.target.hex
    where = f"{judged.scope} {target}"
    if judged.scope == Scope.SPAN:
        where = f"trace {target}, span {span_id_hex(judged.span_id)}"
    kind = outcomes.kind(judged.outcome, judged.reason_code)
    why = quoted(judged.explanation or judged.reason, 240)
    run = ", by a run" if judged.source == "run" else ""
    said = f"- {judged.label or outcomes.name(kind)} v{row.version.number}{run}"
    return (
        f"{said} {answers.moment(judged.counted_at)} {where} {quoted(row.title, 90)} because {why}"
    )


def _reads(scope: str) -> str:
    if scope == Scope.SESSION:
        return call("get_session", session="<id>")
    return call("get_trace", trace="<id>")


def _ref(target: str) -> TargetRef:
    try:
        return parse(target.replace("-", ""))
    except ValueError:
        said = "Write trace:<32 hex digits>, session:<32 hex digits> or span:<trace id>:<16 hex>."
        raise ValidationError({"target": [said]}) from None
