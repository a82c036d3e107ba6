"""The create form offers sessions only where an agent sends session ids, and says why not."""

from __future__ import annotations

import pytest
from django.test import Client

from signals_app.models import Signal
from teams.models import Project
from tests.html import html_of
from tests.signals_app.signals.test_creating_a_signal import filled
from tests.traces.arrivals import arrive, turn
from traces.models import Agent

pytestmark = pytest.mark.django_db


def test_without_session_ids_the_form_says_why_and_begins_with_traces(
    writer: Client, project: Project
) -> None:
    arrive(project, *turn("a"))
    response = writer.get(f"/p/{project.slug}/signals/new/?template=task_outcome")
    page = html_of(response)
    assert response.context["form"]["scope"].value() == "trace"
    assert 'value="session" disabled' in page
    assert "support has sent no session id" in page


def test_with_session_ids_sessions_can_be_chosen(writer: Client, project: Project) -> None:
    arrive(project, *turn("a", session__id="chat"))
    response = writer.get(f"/p/{project.slug}/signals/new/?template=task_outcome")
    assert response.context["form"]["scope"].value() == "session"
    assert "has sent no session id" not in html_of(response)
    writer.post(f"/p/{project.slug}/signals/create/", filled(Agent.objects.get(), scope="session"))
    assert Signal.objects.get().scope == "session"


def test_one_agent_of_two_without_session_ids_is_refused_with_the_reason(
    writer: Client, project: Project
) -> None:
    arrive(project, *turn("a", session__id="chat"), *turn("b", agent="batch"))
    page = writer.get(f"/p/{project.slug}/signals/new/")
    batch = Agent.objects.get(name="batch")
    assert list(page.context["sessions"].reasons) == [str(batch.uuid)]
    sent = filled(batch, scope="session")
    response = writer.post(f"/p/{project.slug}/signals/create/", sent)
    assert response.status_code == 422
    assert "batch has sent no session id" in html_of(response)
    assert not Signal.objects.exists()
