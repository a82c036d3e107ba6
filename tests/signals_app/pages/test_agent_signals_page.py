"""The tab "Signals" of an agent, and its signals beside the overview."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from signals_app.labels.agent_signals import Card
from signals_app.models import Signal
from teams.models import Project
from tests.html import html_of
from tests.signals_app.labelled import label, new_agent, new_signal
from tests.traces.arrivals import arrive, member, new_project, turn
from traces.models import Agent

pytestmark = pytest.mark.django_db


def url_of(agent: Agent, query: str = "") -> str:
    return f"/p/{agent.project.slug}/agents/{agent.uuid}/signals/{query}"


def opened(client: Client, agent: Agent, query: str = "") -> Any:
    response = client.get(url_of(agent, query))
    assert response.status_code == 200
    return response


def cards_on(client: Client, agent: Agent, query: str = "") -> dict[str, Card]:
    return {card.signal.name: card for card in opened(client, agent, query).context["cards"]}


def test_a_card_shows_the_labels_and_their_trend(reader: Client, agent: Agent) -> None:
    signal = new_signal(agent, name="Frustration")
    label(signal, "true", 30)
    label(signal, "false", 10)
    label(signal, None, 2, reason="Too long.")
    card = cards_on(reader, agent)["Frustration"]
    assert {segment.name: segment.n for segment in card.segments} == {"true": 30, "false": 10}
    assert (card.labelled, card.outcomes) == (40, [("failed", 2)])
    assert [share for share in card.trend.shares if share is not None] == [0.75]
    page = html_of(opened(reader, agent))
    assert "75.0 % · 30" in page
    assert "2 failed" in page


def test_the_tiles_sum_up_the_cards(reader: Client, agent: Agent) -> None:
    label(new_signal(agent, name="Quiet"), "true", 3)
    label(new_signal(agent, name="Busy"), "true", 9)
    new_signal(agent, name="Draft", active=False)
    context = opened(reader, agent).context
    assert (context["active"], context["labelled"]) == (2, 12)
    assert context["busiest"].signal.name == "Busy"


def test_few_labels_look_small(reader: Client, agent: Agent) -> None:
    label(new_signal(agent), "true", 3)
    assert "3 labels, few" in html_of(opened(reader, agent))


def test_without_labels_nothing_is_the_busiest(reader: Client, agent: Agent) -> None:
    new_signal(agent)
    response = opened(reader, agent)
    assert response.context["busiest"] is None
    assert "no labels in this range" in html_of(response)


def test_other_agents_and_archived_signals_stay_out(
    reader: Client, agent: Agent, project: Project
) -> None:
    new_signal(agent, name="Ours")
    new_signal(new_agent(project, "other"), name="Of another agent")
    Signal.objects.filter(pk=new_signal(agent, name="Old").pk).update(state="archived")
    assert list(cards_on(reader, agent)) == ["Ours"]


def test_only_the_range_counts(reader: Client, agent: Agent) -> None:
    signal = new_signal(agent, name="One")
    label(signal, "true", 4)
    label(signal, "true", 5, at=timezone.now() - timedelta(days=20))
    assert cards_on(reader, agent)["One"].labelled == 4
    assert cards_on(reader, agent, "?range=30d")["One"].labelled == 9
    assert cards_on(reader, agent, "?range=custom&since=never")["One"].labelled == 4


def test_a_bad_range_is_said(reader: Client, agent: Agent) -> None:
    page = html_of(opened(reader, agent, "?range=custom&since=never"))
    assert "Enter a valid date/time." in page


def test_a_card_keeps_the_range(reader: Client, agent: Agent, project: Project) -> None:
    signal = new_signal(agent)
    page = html_of(opened(reader, agent, "?range=6h"))
    assert f'href="/p/{project.slug}/signals/{signal.uuid}/?range=6h"' in page
    back = html_of(reader.get(f"/p/{project.slug}/signals/{signal.uuid}/?range=6h"))
    assert f'href="{url_of(agent)}?range=6h"' in back


def test_without_signals_it_says_what_to_do(
    client: Client, reader: Client, agent: Agent, project: Project
) -> None:
    page = html_of(opened(reader, agent))
    assert "Ask a member of your team" in page
    client.force_login(member(project, "member", "bob@example.org"))
    page = html_of(opened(client, agent))
    assert f"/signals/new/?agent={agent.uuid}" in page


def test_the_overview_has_the_signals_beside_it(reader: Client, project: Project) -> None:
    arrive(project, *turn("a"))
    agent = Agent.objects.get()
    label(new_signal(agent, name="Frustration"), "true", 31)
    response = reader.get(f"/p/{project.slug}/agents/{agent.uuid}/?range=24h")
    (measure,) = response.context["measures"]
    assert (measure.title, measure.labelled, measure.unlabelled) == ("Frustration", 31, 0)
    page = html_of(response)
    assert f'href="{measure.url}?range=24h"' in page
    assert f'href="{url_of(agent)}?range=24h"' in page


def test_a_stranger_finds_nothing_and_nobody_writes(
    reader: Client, agent: Agent, project: Project
) -> None:
    theirs = new_agent(new_project("Theirs"))
    assert reader.get(url_of(theirs)).status_code == 404
    assert reader.get(f"/p/{project.slug}/agents/{theirs.uuid}/signals/").status_code == 404
    assert reader.post(url_of(agent)).status_code == 405


def test_more_signals_cost_no_more_queries(reader: Client, agent: Agent) -> None:
    new_signal(agent, name="First", active=False)
    label(new_signal(agent, name="Second"), "true")
    opened(reader, agent)
    with CaptureQueriesContext(connection) as few:
        opened(reader, agent)
    for number in range(10):
        label(new_signal(agent, name=f"More {number}"), "true", 3)
    with CaptureQueriesContext(connection) as many:
        opened(reader, agent)
    assert len(many) == len(few) <= 14


EVIL = "<b>helper</b>\u202eevil"


def test_a_hostile_agent_name_stays_text_wherever_it_stands(
    client: Client, project: Project
) -> None:
    client.force_login(member(project))
    agent = new_agent(project, EVIL)
    signal = new_signal(agent)
    for path in ("signals/", f"signals/?agent={agent.uuid}", f"signals/{signal.uuid}/",
                 "signals/new/", f"agents/{agent.uuid}/", f"agents/{agent.uuid}/signals/",
                 "agents/", "traces/"):  # fmt: skip
        page = html_of(client.get(f"/p/{project.slug}/{path}"))
        assert "\u202e" not in page, path
        assert "<b>helper" not in page, path
