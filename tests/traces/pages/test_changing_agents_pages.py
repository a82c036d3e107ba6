"""Renaming and merging agents on their pages."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from teams.models import Project
from tests.html import html_of
from tests.signals_app.labelled import label, new_signal
from tests.signals_app.signals.test_undo import Toast
from tests.traces.arrivals import arrive, member, new_project, turn
from traces.models import Agent, AgentMerge, AgentTrace

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    project = new_project()
    arrive(project, *turn("a", "old", session__id="s"), *turn("b", "old"))
    arrive(project, *turn("c", "new", session__id="s"))
    return project


@pytest.fixture
def old(project: Project) -> Agent:
    return Agent.objects.get(project=project, name="old")


@pytest.fixture
def new(project: Project) -> Agent:
    return Agent.objects.get(project=project, name="new")


def url(name: str, agent: Agent, *more: object) -> str:
    return reverse(name, args=[agent.project.slug, agent.uuid, *more])


def test_the_question_before_a_merge_says_with_counts_what_moves(
    writer: Client, old: Agent
) -> None:
    label(new_signal(old), "true", 3)
    page = html_of(writer.get(url("agent_merge", old)))
    assert "2 runs, 1 session, 1 signal with 3 labels" in page
    assert "new</option>" in page
    assert "old</option>" not in page


def test_a_merge_by_hand_can_be_undone_from_its_toast(
    writer: Client, old: Agent, new: Agent
) -> None:
    answer = writer.post(url("agent_merge", old), {"into": str(new.uuid)}, follow=True)
    page = html_of(answer)
    assert answer.redirect_chain[-1][0].startswith(url("agent", new))
    assert "“old” is part of “new” now." in page
    assert "merged from “<bdi>old</bdi>”" in page
    assert "undo until" in page
    assert AgentTrace.objects.filter(agent_id=new.pk).count() == 3
    made = AgentMerge.objects.get()
    assert made.by is not None
    toast = Toast(page)
    assert toast.url == url("agent_merge_undo", new, made.uuid)
    back = html_of(writer.post(toast.url, toast.fields, follow=True))
    assert "is an agent of its own again" in back
    assert AgentTrace.objects.filter(agent_id=old.pk).count() == 2
    again = html_of(writer.post(toast.url, follow=True))
    assert "undone already" in again


def test_the_page_of_an_agent_that_was_merged_leads_to_the_other(
    writer: Client, old: Agent, new: Agent
) -> None:
    writer.post(url("agent_merge", old), {"into": str(new.uuid)})
    answer = writer.get(url("agent", old) + "?range=24h")
    assert (answer.status_code, answer["Location"]) == (302, url("agent", new) + "?range=24h")


@pytest.mark.parametrize("name", ["traces", "sessions"])
def test_a_list_of_an_agent_that_was_merged_leads_to_the_other(
    writer: Client, old: Agent, new: Agent, name: str
) -> None:
    writer.post(url("agent_merge", old), {"into": str(new.uuid)})
    place = reverse(name, args=[old.project.slug])
    answer = writer.get(f"{place}?agent={old.uuid}&range=24h")
    assert answer["Location"] == f"{place}?agent={new.uuid}&range=24h"
    assert writer.get(f"{place}?agent={uuid4()}").status_code == 200
    assert writer.get(f"{place}?agent=nobody").status_code == 200
    assert writer.get(url("agent_signals", old))["Location"] == url("agent_signals", new)


@pytest.mark.parametrize("into", ["", "nobody", "self", "foreign"])
def test_a_merge_into_no_other_agent_is_refused_at_the_field(
    writer: Client, old: Agent, into: str
) -> None:
    foreign = new_project("Theirs")
    arrive(foreign, *turn("x", "theirs"))
    chosen = {"self": str(old.uuid), "foreign": str(Agent.objects.get(project=foreign).uuid)}
    answer = writer.post(url("agent_merge", old), {"into": chosen.get(into, into)})
    assert answer.status_code == 422
    assert b'id="id_into_error"' in answer.content or b"Choose" in answer.content
    assert not AgentMerge.objects.exists()


def test_an_agent_is_renamed_and_named_back(writer: Client, old: Agent) -> None:
    answer = writer.post(url("agent_rename", old), {"name": "Refunds <b>"}, follow=True)
    page = html_of(answer)
    assert "“old” is called “Refunds &lt;b&gt;” now." in page
    assert "renamed from “<bdi>old</bdi>”" in page
    old.refresh_from_db()
    assert old.name == "Refunds <b>"
    toast = Toast(page)
    assert "“old” again" in html_of(writer.post(toast.url, toast.fields, follow=True))
    old.refresh_from_db()
    assert old.name == "old"


def test_a_name_that_is_none_is_refused_at_the_field(writer: Client, old: Agent) -> None:
    answer = writer.post(url("agent_rename", old), {"name": " "})
    assert answer.status_code == 422
    assert b"Give the agent a name." in answer.content


def test_what_is_older_than_a_day_is_not_offered(writer: Client, old: Agent, new: Agent) -> None:
    writer.post(url("agent_merge", old), {"into": str(new.uuid)})
    AgentMerge.objects.update(at=timezone.now() - timedelta(hours=25))
    page = html_of(writer.get(url("agent", new)))
    assert "merged from" not in page


def test_a_reader_is_refused_and_sees_no_buttons(
    client: Client, project: Project, old: Agent, new: Agent
) -> None:
    client.force_login(member(project, role="viewer", email="r@example.org"))
    page = html_of(client.get(url("agent", old)))
    assert url("agent_merge", old) not in page
    assert url("agent_rename", old) not in page
    assert client.get(url("agent_merge", old)).status_code == 403
    assert client.get(url("agent_rename", old)).status_code == 403
    assert client.post(url("agent_merge", old), {"into": str(new.uuid)}).status_code == 403
    assert client.post(url("agent_rename_undo", old)).status_code == 403
    assert client.post(url("agent_merge_undo", old, uuid4())).status_code == 403


def test_an_undo_is_no_page(writer: Client, old: Agent) -> None:
    assert writer.get(url("agent_rename_undo", old)).status_code == 405
    assert writer.get(url("agent_merge_undo", old, uuid4())).status_code == 405
    assert writer.post(url("agent_merge_undo", old, uuid4())).status_code == 404


def test_the_only_agent_cannot_be_merged(client: Client) -> None:
    project = new_project()
    arrive(project, *turn("a", "only"))
    client.force_login(member(project))
    page = html_of(client.get(url("agent_merge", Agent.objects.get())))
    assert "There is no other agent." in page
