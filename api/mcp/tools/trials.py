"""A question tried on recent targets before anybody commits to it, and two versions compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Annotated, Any, Literal

from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils import timezone
from pydantic import Field

from api import lookups
from api.mcp import answers, arguments, signal_text, token_budget
from api.mcp.answers import Pending, Progress, call
from api.mcp.arguments import AgentArg, LongText, RangeArg, SignalArg, Text
from api.mcp.fencing import one_line, quoted
from api.mcp.registry import ADDS, tool
from api.mcp.tools.signal_changes import Labels, begun, said, usual_scope
from api.mcp.trouble import Trouble
from api.rest.callers import Caller
from api.shapes import links
from core.ids import span_id_hex
from core.ui import wording
from signals_app.definition import drafts
from signals_app.definition.diffs import Question
from signals_app.models import Scope, Signal, Trial
from signals_app.trials import comparison_figures, comparisons, trials
from signals_app.trials.comparison_figures import FLIPS, UNPAIRED
from signals_app.trials.figures import Figures, Row, figures, rows_of
from signals_app.trials.trials import Asked

Targets = Annotated[int, Field(ge=1, le=100, description="Newest so many.")]
WaitArg = Annotated[int, Field(ge=0, le=50, description="Seconds to wait for the end.")]
ROW_CHARS = 160


@tool(ADDS, call("list_signals"), name="test_signal")
def try_signal(
    caller: Caller,
    signal: SignalArg = "",
    version: int = 0,
    trial: Annotated[Text, Field(description="Id of one begun before: poll it.")] = "",
    agent: AgentArg = "",
    scope: Literal["", "span", "trace", "session"] = "",
    template: Text = "",
    prompt: LongText = "",
    labels: Labels = [],  # noqa: B006 - never changed
    range: RangeArg = "7d",
    targets: Targets = 20,
    same_targets_as: Annotated[Text, Field(description="Id of a trial.")] = "",
    wait_s: WaitArg = 20,
) -> Pending:
    """Try a question on recent traffic; nothing of it counts. Of a signal (prompt and labels
    replace its own for the trial), or unsaved: agent, scope, and template or prompt and labels.
    Answers how the labels fall and why, target by target; call it again with trial for the
    rest."""
    if trial:
        return _pending(caller, _trial(caller, trial), wait_s)
    if signal:
        asked = _of_signal(arguments.signal(caller.project, signal), version, prompt, labels)
    else:
        asked = _unsaved(caller, agent, scope, template, prompt, labels)
    now = timezone.now()
    if same_targets_as:
        begun = trials.again(_trial(caller, same_targets_as), asked, caller.user, now)
    else:
        start, end = arguments.bounds(range, now)
        begun = trials.start(asked, start, end, targets, caller.user, now)
    return _pending(caller, begun, wait_s)


@tool(ADDS, call("list_signals"))
def compare_versions(
    caller: Caller,
    signal: SignalArg = "",
    before: int = 0,
    after: int = 0,
    comparison: Annotated[Text, Field(description="Id of one begun before: poll it.")] = "",
    range: RangeArg = "7d",
    targets: Targets = 20,
    wait_s: WaitArg = 20,
) -> Pending:
    """Let two versions of a signal judge the very same recent targets, and say where they differ;
    nothing of it counts. before and after are version numbers: usually the one before and the
    live one."""
    if comparison:
        return _compared(caller, _trial(caller, comparison), wait_s)
    found = arguments.signal(caller.project, signal)
    newer = arguments.version(found, after)
    if not before and newer.number < 2:
        sentence = "This signal has only one version, so there is nothing to compare."
        raise Trouble(sentence, call("test_signal", signal=str(found.uuid), prompt="<another>"))
    older = arguments.version(found, before or newer.number - 1)
    now = timezone.now()
    start, end = arguments.bounds(range, now)
    made = comparisons.start(found, older, newer, start, end, targets, caller.user, now)
    return _compared(caller, made, wait_s)


def _of_signal(signal: Signal, number: int, prompt: str, labels: Labels) -> Asked:
    asked = trials.of_version(signal, arguments.version(signal, number))
    if not prompt and not labels:
        return asked
    assert asked.version is not None
    question = drafts.changed(Question.of(asked.version), said(prompt, labels))
    return replace(asked, version=None, **_without_rate(question))


def _unsaved(
    caller: Caller, agent: str, scope: str, template: str, prompt: str, labels: Labels
) -> Asked:
    owner = arguments.agent(caller.project, agent)
    if owner is None:
        raise ValidationError({"signal": ["Give a signal; or an agent, for an unsaved question."]})
    draft, question = begun(template, prompt, labels)
    chosen = scope or usual_scope(draft, owner)
    return Asked(caller.project, owner, chosen, template=draft.template, **_without_rate(question))


def _without_rate(question: Question) -> dict[str, Any]:
    """Return what a trial asks, which takes every target."""
    return {name: value for name, value in asdict(question).items() if name != "sample_rate"}


def _trial(caller: Caller, text: str) -> Trial:
    key = arguments.uuid_of(text)
    try:
        if key is not None:
            return lookups.trial(caller.project, key)
    except Http404:
        pass
    raise Trouble("There is no such trial; they are kept for two weeks.", call("test_signal"))


def _pending(caller: Caller, begun: Trial, wait_s: float) -> Pending:
    def show() -> str:
        return _shown(caller, lookups.trial(caller.project, begun.uuid))

    return Pending(lambda: _progress([begun]), show, wait_s)


def _compared(caller: Caller, after: Trial, wait_s: float) -> Pending:
    if after.before is None:
        sentence = "This is a trial of one version, and no comparison."
        raise Trouble(sentence, call("test_signal", trial=str(after.uuid)))
    pair = [after.before, after]
    return Pending(
        lambda: _progress(pair),
        lambda: _shown_pair(caller, lookups.trial(caller.project, after.uuid)),
        wait_s,
    )


def _progress(asked: Sequence[Trial]) -> Progress:
    now = Trial.objects.filter(pk__in=[trial.pk for trial in asked])
    done = total = 0
    for trial in now:
        total += trial.results.count()
        done += trial.results.exclude(outcome="").count()
    return Progress(done, total, not any(trial.is_running for trial in now))


def _shown(caller: Caller, trial: Trial) -> str:
    rows = rows_of(trial, caller.project)
    found = figures(trial, rows)
    key = str(trial.uuid)
    head = [f"Trial {key}, {trial.state}: {_figures(found)}"]
    if trial.stopped_reason:
        head.append(f"Stopped by the judge: {one_line(trial.stopped_reason, 300)}")
    if found.both:
        head.append(f"Against the trial before: {found.flips} of {found.both} labels differ.")
    head.append(f"Page: {links.page('trial', caller.project.slug, trial.uuid)}")
    lines = [_row(trial.scope, row) for row in rows if row.result.outcome]
    most = token_budget.PAGE

    def foot(shown: int) -> list[str]:
        said = [f"{len(lines) - shown} more rows on the page."] if shown < len(lines) else []
        if trial.is_running:
            nexts = call("test_signal", trial=key) + " polls it"
        elif trial.signal:
            of = str(trial.signal.uuid)
            nexts = (
                call("set_signal_state", signal=of, state="active") + " if the labels are right; "
            )
            nexts += "else " + call(
                "test_signal", signal=of, prompt="<better>", same_targets_as=key
            )
        else:
            nexts = "create_signal with this question if the labels are right"
        return [*said, "Undo: nothing to undo, a trial counts nowhere.", f"Next: {nexts}"]

    return answers.listed(head, lines, foot, most=most)


def _shown_pair(caller: Caller, after: Trial) -> str:
    shown = comparison_figures.shown(after, caller.project, FLIPS)
    key = str(after.uuid)
    state = "running" if shown.is_running else "cancelled" if shown.is_cancelled else "done"
    head = [f"Comparison {key}, {state}: {shown.judged} of {shown.total} answers."]
    head += [f"{side.name}: {_figures(side.figures)}" for side in shown.sides]
    head.append(f"Same label: {shown.agreed} of {shown.both} that both labelled.")
    head += [f"{each.n} times {each.before} → {each.after}" for each in shown.moves[:10]]
    if unpaired := shown.counts[UNPAIRED]:
        head.append(f"{unpaired} targets lack a label under one of the two.")
    head.append(f"Page: {links.page('comparison', caller.project.slug, after.uuid)}")
    lines = [_row(after.scope, row) for row in shown.rows]

    def foot(count: int) -> list[str]:
        said = [f"{len(lines) - count} more flips on the page."] if count < len(lines) else []
        nexts = "get_trace or get_session of a flip shows which label is right"
        if shown.is_running:
            nexts = call("compare_versions", comparison=key) + " polls it"
        return [*said, "Undo: nothing to undo, a trial counts nowhere.", f"Next: {nexts}"]

    return answers.listed(head, lines, foot, most=token_budget.PAGE)


def _figures(found: Figures) -> str:
    counts = Counter({one.name: one.n for one in found.segments if one.n})
    said = f"{found.judged} of {found.total} judged; {signal_text.counted(counts)}"
    if found.unlabelled:
        said += "; no label: " + ", ".join(f"{name} {n}" for name, n in found.unlabelled)
    return said + (f"; cost {wording.usd(found.cost_usd)}" if found.cost_usd else "")


def _row(scope: str, row: Row) -> str:
    result = row.result
    target = result.target.hex
    where = f"{scope} {target}"
    if scope == Scope.SPAN:
        where = f"span {span_id_hex(result.span_id)} of trace {target}"
    label = result.label or row.outcome_name
    was = row.before.label if row.before and row.is_flip else None
    said = f"- {was} → {label}" if was else f"- {label}"
    why = result.explanation or result.reason
    return f"{said}: {where} {quoted(row.title, 80)} because {quoted(why, ROW_CHARS)}"
