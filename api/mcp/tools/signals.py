"""Reading signals."""

from __future__ import annotations

from typing import Literal

from django.utils import timezone

from api.mcp import answers, arguments, signal_text, token_budget
from api.mcp.answers import call
from api.mcp.arguments import AgentArg, CursorArg, LimitArg, SignalArg, Text
from api.mcp.registry import READS, tool
from api.mcp.tools.project import USUAL_ROWS
from api.rest.callers import Caller
from core.paging import page_of_keys
from signals_app.definition.diffs import Diff, Question, diff
from signals_app.definition.versions import current_version
from signals_app.labels import counts, summaries
from signals_app.labels.summaries import SignalQuery
from signals_app.models import Signal

VERSIONS_SHOWN = 6


@tool(READS, call("list_signals"))
def list_signals(
    caller: Caller,
    agent: AgentArg = "",
    state: Literal["", "draft", "active", "paused", "archived"] = "",
    text_in_name: Text = "",
    cursor: CursorArg = "",
    limit: LimitArg = USUAL_ROWS,
) -> str:
    """List signals with the labels that each gave in the last 7 days. Archived ones only with
    state=archived."""
    asked_for = arguments.agent(caller.project, agent)
    query = SignalQuery(text=text_in_name, agent=asked_for, state=state)
    rows = summaries.summaries(caller.project, query, timezone.now())
    by_key = {row.signal.uuid: row for row in rows}
    page = page_of_keys(list(by_key), older=arguments.uuid_of(cursor), size=limit)

    def foot(shown: int) -> list[str]:
        left = len(rows) - page.first + 1 - shown
        if left <= 0:
            return [f"Next: {call('get_signal', signal='<id>')}"]
        last = str(page.keys[shown - 1]) if shown else cursor
        given = {"agent": agent, "state": state, "text_in_name": text_in_name}
        return [f"{left:,} more: {call('list_signals', **given, cursor=last, limit=limit)}"]

    most = token_budget.PAGE if limit <= USUAL_ROWS else token_budget.MOST
    head = [f"{len(rows):,} signals:" if rows else "No signals. " + _how_to_begin()]
    lines = [signal_text.signal_line(by_key[key]) for key in page.keys]
    return answers.listed(head, lines, foot, most=most)


@tool(READS, call("list_signals"))
def get_signal(caller: Caller, signal: SignalArg, version: int = 0) -> str:
    """Show a signal: its question, labels, state, versions, and what its labels say. version: show
    that one and how the live one differs from it."""
    found = arguments.signal(caller.project, signal)
    if version:
        return _older(found, version)
    row = next(
        each
        for each in summaries.summaries(
            caller.project, SignalQuery(agent=found.agent, state=found.state), timezone.now()
        )
        if each.signal.pk == found.pk
    )
    waiting = counts.waiting(found.project_id, found.pk)
    lines = [signal_text.signal_line(row), *signal_text.question(current_version(found))]
    lines += [
        _versions(found),
        f"{waiting.n:,} targets wait to be judged.",
        signal_text.page_of(found),
    ]
    nexts = [call(name, signal=str(found.uuid)) for name in ("get_distribution", "list_labels")]
    return "\n".join([*lines, f"Next: {', '.join(nexts)}"])


def _how_to_begin() -> str:
    return f"Begin with {call('list_templates')}."


def _versions(signal: Signal) -> str:
    """Say which versions there are, and how many labels each has given."""
    given = counts.labels_by_version(signal.project_id, signal.pk)
    newest = list(signal.versions.defer("prompt").order_by("-number")[: VERSIONS_SHOWN + 1])
    said = [
        f"v{each.number} ({answers.moment(each.created_at)}, {given.get(each.pk, 0):,} labels)"
        for each in newest[:VERSIONS_SHOWN]
    ]
    more = ", and older ones" if len(newest) > VERSIONS_SHOWN else ""
    return f"Versions: {', '.join(said)}{more}"


def _older(signal: Signal, number: int) -> str:
    older = arguments.version(signal, number)
    live = current_version(signal)
    changed = difference(diff(Question.of(older), Question.of(live)))
    lines = [
        *signal_text.question(older),
        f"What version {live.number} asks differently:",
        *changed,
    ]
    again = call("edit_signal", signal=str(signal.uuid), based_on=live.number, version=number)
    return "\n".join([*lines, signal_text.page_of(signal), f"Next: {again} makes it live again."])


def difference(found: Diff) -> list[str]:
    """Write down what differs between two questions, as in a patch."""
    if not found:
        return ["nothing"]
    marks = {"same": "  ", "added": "+ ", "removed": "- "}
    lines = [
        f"  … {line.n} lines …"
        if line.kind == "hidden"
        else marks[line.kind] + "".join(part.text for part in line.parts)
        for line in found.lines
    ]
    lines += [f"label {one.kind}: {one.name} {'; '.join(one.sentences)}" for one in found.labels]
    return lines + [f"{one.name}: {one.before} → {one.after}" for one in found.values]
