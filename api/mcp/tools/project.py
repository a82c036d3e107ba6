"""Where the caller is: the project, its agents, and questions to start from."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from api.mcp import answers, arguments, token_budget
from api.mcp.answers import call
from api.mcp.arguments import CursorArg, LimitArg, RangeArg, Text
from api.mcp.fencing import one_line
from api.mcp.registry import READS, tool
from api.rest.callers import Caller
from api.shapes import links
from core.time_range.windows import Window
from core.ui import wording
from signals_app.definition.starters import TEMPLATES, Template
from signals_app.judging import judge_in_use
from traces.figures import agents as agent_figures
from traces.figures.agents import Row
from traces.models import Agent
from traces.search.agent_pages import PAGES

USUAL_ROWS = 10


@tool(READS, call("whoami"))
def whoami(caller: Caller) -> str:
    """Say which project this is, what you may do in it, and where to begin. Signals is a
    dashboard over the traffic of AI agents: a signal is a question in plain language that a judge
    model answers, with one of a few labels, about each model call (span), request (trace) or
    conversation (session) of one agent."""
    project = caller.project
    who = f"the key {caller.key.name!r}" if caller.key else str(caller.user)
    default = judge_in_use.default_for(project.pk)
    judge = default.shown
    if default.endpoint.is_offline:
        judge = "the one built in, which knows words and no meaning: good for trying things only"
    may = "read and write" if caller.can_write else "read only; the tools that write are not listed"
    team = one_line(project.team.name)
    return "\n".join(
        [
            f"Project: {one_line(project.name)} ({project.slug}), team {team}",
            f"You: {one_line(who)}; you may {may}.",
            f"Judge: {one_line(judge)}",
            f"Server: {settings.BASE_URL} (Signals {settings.VERSION}), UTC now: "
            f"{answers.moment(timezone.now())}",
            f"Page: {links.page('traces', project.slug)}",
            f"Next: {call('list_agents')}, {call('list_signals')} or {call('list_alerts')}.",
        ]
    )


@tool(READS, call("list_agents"))
def list_agents(
    caller: Caller,
    range: RangeArg = "7d",
    text: Text = "",
    cursor: CursorArg = "",
    limit: LimitArg = USUAL_ROWS,
) -> str:
    """List the AI agents whose traffic arrives, the one heard of last first, with requests,
    failures, latency and cost in the range. text: part of the name."""
    project, now = caller.project, timezone.now()
    window = Window.covering(*arguments.bounds(range, now))
    known = Agent.objects.of_project(project.pk)
    if text:
        known = known.filter(name__icontains=text)
    page = PAGES.page(known, arguments.place(PAGES, cursor), size=limit)
    rows = agent_figures.rows_of(project, page.rows, window)

    def foot(shown: int) -> list[str]:
        more = PAGES.shortened(page, 0, shown).older
        left = f"More: {call('list_agents', range=range, text=text, cursor=more)}" if more else ""
        nexts = f"Next: {call('list_signals', agent='<id>')}, {call('list_sessions', agent='<id>')}"
        return [line for line in (left, nexts) if line]

    head = [f"{len(rows)} agents, figures of {range}:" if rows else "No agents found."]
    most = token_budget.PAGE if limit <= USUAL_ROWS else token_budget.MOST
    return answers.listed(head, [_line(caller, row) for row in rows], foot, most=most)


@tool(READS, call("list_templates"))
def list_templates(caller: Caller, key: Text = "") -> str:
    """List the tested questions that a signal can be made from. key: show that one whole, with its
    prompt and labels."""
    if not key:
        lines = [f"- {each.key}: {each.name}, {each.scope}, {_shown(each)}" for each in TEMPLATES]
        nexts = f"Next: {call('list_templates', key=TEMPLATES[0].key)} shows a prompt; "
        return "\n".join([*lines, nexts + call("create_signal", agent="…", template="<key>")])
    found = next((each for each in TEMPLATES if each.key == key), None)
    if found is None:
        keys = ", ".join(each.key for each in TEMPLATES)
        raise ValidationError({"key": [f"Choose one of {keys}."]})
    labels = [f"- {each['name']} ({each['sentiment']}): {each['meaning']}" for each in found.labels]
    head = f"{found.key}: {found.name}, {found.scope}, {found.type}, rate {found.sample_rate:g}"
    nexts = f"Next: {call('create_signal', agent='…', template=found.key)}"
    return "\n".join([head, "Labels:", *labels, "Prompt:", found.prompt, nexts])


def _shown(template: Template) -> str:
    names = "/".join(label["name"] for label in template.labels)
    return f"{names}. {template.summary}"


def _line(caller: Caller, row: Row) -> str:
    agent = row.agent
    parts = [f"- {one_line(agent.name, 80)} id={agent.uuid}", f"{row.runs:,} requests"]
    if row.settled:
        parts.append(f"{answers.share(row.errors, row.settled)} failed")
    if row.p95_ms is not None:
        parts.append(f"p95 {wording.duration(row.p95_ms)}")
    if row.cost_usd:
        parts.append(wording.usd(row.cost_usd))
    parts.append(f"{row.linked.count if row.linked else 0} signals")
    parts.append(f"last heard {answers.moment(agent.last_seen_at)}")
    return ", ".join(parts)
