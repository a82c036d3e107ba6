"""Settings → Judges says which judges there are and how they do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from signals_app.judging import judge_in_use
from signals_app.judging.model_server import endpoints
from teams.models import Project
from tests.html import html_of
from tests.signals_app import conversations
from tests.signals_app.judges.making import endpoint
from tests.traces.arrivals import member, new_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return new_project()


def page_of(client: Client, project: Project, role: str = "viewer") -> str:
    if "_auth_user_id" not in client.session:
        client.force_login(member(project, role))
    return html_of(client.get(f"/p/{project.slug}/settings/judges/"))


def test_without_a_judge_the_one_built_in_stands_there(client: Client, project: Project) -> None:
    page = page_of(client, project, "admin")
    assert "Built-in offline judge" in page
    assert "?preset=anthropic" in page


def test_the_environments_judge_is_one_of_them_and_says_how_it_does(
    client: Client, project: Project, settings: Any
) -> None:
    settings.JUDGE_BASE_URL, settings.JUDGE_MODEL = "http://127.0.0.1:19991/v1", "qwen3:8b"
    page = page_of(client, project)
    assert "Judge of the environment" in page
    assert "Not asked yet" in page
    assert "no price is set" in page
    now = timezone.now()
    endpoints.note_success("qwen3:8b", now - timedelta(minutes=7))
    assert "7 min ago" in page_of(client, project)
    endpoints.note_error("qwen3:8b", "The <judge> is away.", now)
    page = page_of(client, project)
    assert "The &lt;judge&gt; is away." in page
    assert "last answer" in page
    endpoints.rest("qwen3:8b", now + timedelta(hours=1), "Slow down.", now)
    assert "Rests" in page_of(client, project)


def test_a_judge_of_the_project_stands_there_with_price_and_signals_and_never_its_key(
    client: Client, project: Project
) -> None:
    own = endpoint(
        project, "https://judge.example.org/v1", "sk-very-secret", is_default=True,
        price_input_usd=0.25, price_cached_usd=0.025, price_output_usd=2.0,
    )  # fmt: skip
    conversations.signal(project, name="Follows the default")
    page = page_of(client, project, "owner")
    assert "judge.example.org" in page
    assert "$0.25" in page
    assert "Follows the default" in page
    assert "very-secret" not in page
    endpoints.note_error("little", "Own trouble.", timezone.now(), judge_in_use.of_row(own))
    assert "Own trouble." in page_of(client, project)


def test_who_may_not_manage_is_offered_nothing_to_change(client: Client, project: Project) -> None:
    endpoint(project, "https://judge.example.org/v1")
    page = page_of(client, project, "member")
    assert "Add a judge" not in page
    assert "Make default" not in page


def test_where_the_operator_allows_none_none_is_offered(
    client: Client, project: Project, settings: Any
) -> None:
    settings.PROJECT_JUDGES = False
    page = page_of(client, project, "owner")
    assert "PROJECT_JUDGES" in page
    assert "Add a judge" not in page
