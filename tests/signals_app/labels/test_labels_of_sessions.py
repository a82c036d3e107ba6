"""Labels in the list of sessions: the filter that finds exactly the right ones, and the chips."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from signals_app.models import SignalVersion
from teams.models import Project
from tests.signals_app.labels.test_labels_in_the_explorer import judged, new_signal
from tests.traces.arrivals import arrive, member, new_project, span, turn
from traces.search import id_list_or_scan

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    """Sessions "a", "b" and "c" of one turn each, begun in that order."""
    project, now = new_project(), timezone.now()
    for hours, name in enumerate("cba", 2):
        arrive(project, *turn(name, at=now - timedelta(hours=hours), session__id=name))
    return project


@pytest.fixture(params=[0, id_list_or_scan.MOST_LISTED], ids=["many rows", "few rows"])
def reader(
    client: Client,
    project: Project,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Client:
    monkeypatch.setattr(id_list_or_scan, "MOST_LISTED", request.param)
    client.force_login(member(project, "viewer"))
    return client


def rows_on(client: Client, project: Project, *labels: tuple[SignalVersion, str]) -> list[Any]:
    chosen = [("label", f"{version.signal.uuid}:{label}") for version, label in labels]
    response = client.get(f"/p/{project.slug}/sessions/?{urlencode(chosen)}")
    assert response.status_code == 200
    assert not response.context["form"].errors
    rows: list[Any] = response.context["rows"]
    return rows


def names_on(client: Client, project: Project, *labels: tuple[SignalVersion, str]) -> list[str]:
    return [row.session.session_id for row in rows_on(client, project, *labels)]


def chips_of(row: Any) -> list[tuple[str, str | None, int]]:
    return [(chip.mark.title, chip.mark.label, chip.count) for chip in row.chips]


def test_a_label_finds_the_sessions_that_bear_it(reader: Client, project: Project) -> None:
    outcome = new_signal(project, "outcome", "session")
    judged(outcome, "a", "true")
    judged(outcome, "b", "false")
    assert names_on(reader, project, (outcome, "true")) == ["a"]
    assert names_on(reader, project, (outcome, "true"), (outcome, "false")) == ["b", "a"]


def test_labels_of_two_signals_must_both_stand(reader: Client, project: Project) -> None:
    outcome = new_signal(project, "outcome", "session")
    mood = new_signal(project, "mood", "session")
    judged(outcome, "a", "true")
    judged(outcome, "b", "true")
    judged(mood, "b", "true")
    assert names_on(reader, project, (outcome, "true"), (mood, "true")) == ["b"]


def test_no_label_finds_those_of_the_agent_that_have_none(reader: Client, project: Project) -> None:
    arrive(project, *turn("other", agent="batch", session__id="other"))
    outcome = new_signal(project, "outcome", "session")
    judged(outcome, "a", "true")
    judged(outcome, "b", None)
    assert names_on(reader, project, (outcome, "")) == ["c", "b"]
    assert names_on(reader, project, (outcome, ""), (outcome, "true")) == ["c", "b", "a"]


def test_a_label_that_a_later_version_took_back_finds_nothing(
    reader: Client, project: Project
) -> None:
    first = new_signal(project, "outcome", "session")
    judged(first, "a", "true")
    judged(new_signal(project, "outcome", "session", number=2), "a", "false")
    assert names_on(reader, project, (first, "true")) == []
    assert names_on(reader, project, (first, "false")) == ["a"]


def test_only_signals_that_judge_sessions_are_offered(reader: Client, project: Project) -> None:
    new_signal(project, "of traces", "trace")
    url = f"/p/{project.slug}/sessions/"
    assert "label" not in reader.get(url).context["form"].fields
    new_signal(project, "of sessions", "session")
    field = reader.get(url).context["form"].fields["label"]
    assert [title for title, _options in field.choices] == ["of sessions · support"]


def test_chips_are_the_labels_of_the_session_and_of_its_turns(
    reader: Client, project: Project
) -> None:
    arrive(project, *turn("a2", session__id="a"))
    outcome, mood = new_signal(project, "outcome", "session"), new_signal(project, "mood")
    judged(mood, "a", "false")
    judged(mood, "a2", "false")
    judged(new_signal(project, "refused", "span"), "a", "true")
    judged(outcome, "a", "false")
    of_a = rows_on(reader, project)[-1]
    assert chips_of(of_a) == [("refused", "true", 1), ("outcome", "false", 1), ("mood", "false", 2)]


def test_a_session_has_no_chips_of_another_agents_signals(reader: Client, project: Project) -> None:
    helper: dict[str, Any] = {"openinference__span__kind": "AGENT", "agent__name": "helper"}
    arrive(project, *turn("t", session__id="both"), span("t", "inner", "root", **helper))
    judged(new_signal(project, "mood", agent="helper"), "t", "true")
    rows = [row for row in rows_on(reader, project) if row.session.session_id == "both"]
    assert {row.agent.name: len(row.chips) for row in rows} == {"support": 0, "helper": 1}
