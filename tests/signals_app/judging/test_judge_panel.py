"""The settings page says how the judge stands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from signals_app.judging.model_server import endpoints
from tests.html import html_of
from tests.traces.arrivals import member, new_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client) -> Any:
    project = new_project()
    client.force_login(member(project, "viewer"))
    return lambda: html_of(client.get(f"/p/{project.slug}/settings/"))


def test_without_a_judge_it_says_how_to_set_one(page: Any) -> None:
    assert "Set <code>JUDGE_API_KEY</code>" in page()


def test_it_shows_how_many_questions_there_are_at_a_time_and_what_fails(
    page: Any, settings: Any
) -> None:
    settings.JUDGE_BASE_URL, settings.JUDGE_MODEL = "http://127.0.0.1:9/v1", "qwen3:8b"
    assert "was not asked yet" in page()
    now = timezone.now()
    endpoints.remember_lanes("qwen3:8b", 5.4, now)
    assert "never" in page()
    endpoints.note_success("qwen3:8b", now - timedelta(minutes=7))
    assert "7 min ago" in page()
    assert '5 <span class="soft">a process' in page()
    endpoints.note_error("qwen3:8b", "The <judge> is away.", now)
    assert "The &lt;judge&gt; is away." in page()
    endpoints.note_success("qwen3:8b", now + timedelta(seconds=1))
    assert "is away" not in page()
