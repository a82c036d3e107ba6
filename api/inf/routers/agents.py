"""`agent`: which agents there are, and what they did."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import QuerySet
from django.utils import timezone

from api.inf import stretches
from api.inf.errors import refused
from api.inf.router import Call, Router
from api.inf.routers.definitions import agent_named
from api.inf.shapes import agent_rows
from core.paging import Cursor, Page
from core.time_range.windows import Window
from traces.figures import agent_overview
from traces.figures.agents import Row as Figures
from traces.figures.agents import rows_of
from traces.models import Agent
from traces.search.agent_pages import PAGES

router = Router()
Row = dict[str, Any]

MOST_AGENTS, USUAL_AGENTS = 200, 50
NO_PAGE = "This is no cursor of this list. Leave it out to begin at the first page."
#: More steps than these would be a look at the database for each of them.
MOST_STEPS: Final = 200


@router.query("agent.listForProject")
def list_of_project(call: Call) -> list[Row]:
    """Return the agents heard of last, with what each did."""
    rows = _figures(call, _page(call).rows, _window(call))
    return [agent_rows.listed_of(call.project, row) for row in rows]


@router.query("agent.listSummaryCards")
def summary_cards(call: Call) -> list[Row]:
    """Return the same with a series of runs."""
    window = _window(call)
    rows = _figures(call, _page(call).rows, window)
    return [agent_rows.card_of(call.project, row, window) for row in rows]


@router.query("agent.listIndexCards")
def index_cards(call: Call) -> Row:
    """Return a page of agents, and the cursor of the next one."""
    return _index(call, _window(call))


@router.query("agent.getIndexInitialData")
def index_initial_data(call: Call) -> Row:
    """Return the first page, and the series of its agents."""
    window, page = _window(call), _page(call)
    rows = _figures(call, page.rows, window)
    return {
        "page": _index(call, window),
        "executionSeries": agent_rows.executions_of(rows, window),
    }


@router.query("agent.listIndexExecutionSeries")
def execution_series(call: Call) -> Row:
    """Return how often each of these agents ran, step by step."""
    wanted = call.given.words("identityValues")
    agents = list(_agents(call).filter(identity__in=wanted)[:MOST_AGENTS])
    window = _window(call)
    return agent_rows.executions_of(_figures(call, agents, window), window)


@router.query("agent.getById")
def get(call: Call) -> Row:
    return agent_rows.identity_of(call.project, agent_named(call, "id"))


@router.query("agent.getStats")
def stats(call: Call) -> Row:
    """Return what one agent did."""
    agent = agent_named(call, "id")
    return agent_rows.stats_of(_figures(call, [agent], _window(call))[0])


@router.query("agent.getTimeseries")
def timeseries(call: Call) -> list[Row]:
    """Return what one agent did, step by step."""
    agent, window = agent_named(call, "id"), _window(call)
    return agent_rows.series_of(agent_overview.overview(agent, window), window)


@router.query("agent.getOverview")
def overview(call: Call) -> Row:
    """Return what one agent did, as a whole and step by step."""
    agent, window = agent_named(call, "id"), _window(call)
    steps = agent_overview.overview(agent, window)
    return {
        "summary": agent_rows.stats_of(_figures(call, [agent], window)[0]),
        "comparisonSummary": None,
        "series": agent_rows.series_of(steps, window),
        "seriesGranularity": stretches.granularity_of(window.step),
        "modelToolProfile": None,
    }


def _index(call: Call, window: Window) -> Row:
    page = _page(call)
    rows = _figures(call, page.rows, window)
    last = page.rows[-1] if page.rows and page.older else None
    cursor = last and agent_rows.identity_of(call.project, last)
    return {
        "items": [agent_rows.card_of(call.project, row, window) for row in rows],
        "nextCursor": cursor and {name: cursor[name] for name in ("lastSeenAt", "identityValue")},
    }


def _page(call: Call) -> Page[Agent]:
    limit = call.given.whole("limit", USUAL_AGENTS, least=1, most=MOST_AGENTS)
    return PAGES.page(_agents(call), _cursor(call), size=limit)


def _cursor(call: Call) -> Cursor | None:
    """Return the place of the agent that the client names: its own time tells it exactly."""
    if not call.given.has("cursor"):
        return None
    identity = call.given.object("cursor").text("identityValue")
    agent = Agent.objects.filter(project=call.project, identity=identity).first()
    if agent is None:
        raise refused(NO_PAGE, field="cursor")
    return Cursor(agent.last_seen_at, agent.pk)


def _agents(call: Call) -> QuerySet[Agent]:
    return Agent.objects.of_project(call.project.pk)


def _window(call: Call) -> Window:
    window = stretches.window(call.given, timezone.now())
    if (window.end - window.start) // window.step > MOST_STEPS:
        raise call.given.wrong("granularity", f"That makes more than {MOST_STEPS} steps.")
    return window


def _figures(call: Call, agents: list[Agent], window: Window) -> list[Figures]:
    return rows_of(call.project, agents, window)
