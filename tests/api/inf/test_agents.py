"""`agent` of the vendor's command line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from teams.models import Project
from tests.api.inf.calling import Caller, writing
from tests.signals_app.labelled import new_agent
from tests.traces.arrivals import arrive, new_project, turn
from traces.models import Agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(project: Project) -> Caller:
    now = timezone.now()
    arrive(project, *turn("c", agent="billing", at=now - timedelta(hours=2)))
    for name in ("a", "b"):
        arrive(project, *turn(name, at=now - timedelta(hours=1)))
    return writing(project)


def called(name: str) -> Agent:
    return Agent.objects.get(identity=name)


def test_agents_are_listed_with_what_they_did(caller: Caller) -> None:
    rows = caller.asks("agent.listForProject")
    assert [row["identityValue"] for row in rows] == ["support", "billing"]
    stats = rows[0]["stats"]
    assert (stats["executionCount"], stats["inputTokens"], stats["totalTokens"]) == (2, 200, 240)
    assert (stats["successCount"], stats["failureCount"]) == (2, 0)
    assert stats["p50DurationNs"] == "1000000000"
    assert stats["spanCount"] is None


def test_an_agent_is_found_by_its_id_identity_or_name(caller: Caller) -> None:
    agent = called("support")
    for name in (str(agent.uuid), "support"):
        assert caller.asks("agent.getById", id=name)["id"] == str(agent.uuid)
        assert caller.asks("agent.getStats", id=name)["executionCount"] == 2
    theirs = new_agent(new_project("Theirs"), "theirs")
    for name in ("nobody", str(theirs.uuid)):
        assert caller.is_refused("agent.getById", asks=True, id=name)[0] == "NOT_FOUND"


def test_the_steps_of_an_overview_sum_up_to_the_whole(caller: Caller) -> None:
    agent = {"id": str(called("support").uuid)}
    found = caller.asks("agent.getOverview", **agent)
    assert found["summary"]["executionCount"] == 2
    assert sum(step["executionCount"] for step in found["series"]) == 2
    series = caller.asks("agent.getTimeseries", **agent, granularity="1d", timeRange="3d")
    assert sum(step["executionCount"] for step in series) == 2
    assert len(series) == 4


def test_index_cards_are_paged_by_the_agent_before(caller: Caller) -> None:
    first = caller.asks("agent.listIndexCards", limit=1)
    assert [card["identityValue"] for card in first["items"]] == ["support"]
    second = caller.asks("agent.listIndexCards", limit=1, cursor=first["nextCursor"])
    assert [card["identityValue"] for card in second["items"]] == ["billing"]
    assert second["nextCursor"] is None
    gone = {"lastSeenAt": "2026-01-01T00:00:00Z", "identityValue": "gone"}
    assert caller.is_refused("agent.listIndexCards", asks=True, cursor=gone)[0] == "BAD_REQUEST"


def test_cards_and_series_show_the_same_runs(caller: Caller) -> None:
    cards = caller.asks("agent.listSummaryCards")
    by_name = {card["identityValue"]: card["executionSeries"] for card in cards}
    series = caller.asks("agent.listIndexExecutionSeries", identityValues=["billing"])
    (only,) = series["series"]
    assert only["points"] == by_name["billing"]
    assert sum(point["executionCount"] for point in only["points"]) == 1
    page = caller.asks("agent.getIndexInitialData")
    assert [card["identityValue"] for card in page["page"]["items"]] == ["support", "billing"]
    assert len(page["executionSeries"]["series"]) == 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"timeRange": "5y"}, "timeRange: "),
        ({"granularity": "1w"}, "granularity: "),
        ({"granularity": "1m"}, "granularity: "),
        ({"startDate": "2020-01-01T00:00:00Z"}, "startDate: "),
        ({"startDate": "2026-11-02", "endDate": "2026-11-01"}, "endDate: "),
        ({"limit": 0}, "limit: "),
    ],
)
def test_a_stretch_that_cannot_be_is_refused_by_field(
    caller: Caller, fields: dict[str, Any], said: str
) -> None:
    code, message = caller.is_refused("agent.listForProject", asks=True, **fields)
    assert (code, message.startswith(said)) == ("BAD_REQUEST", True)
