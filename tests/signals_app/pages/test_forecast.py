"""What a sample rate takes a day: targets, tokens, money; and why something of it is unknown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from signals_app.models import Classification, Signal
from signals_app.runs import traffic_size
from teams.models import Project
from tests.signals_app.labelled import label, new_agent, new_signal
from tests.signals_app.signals.test_creating_a_signal import filled
from tests.traces.arrivals import arrive, member, new_project, turn
from traces.models import Agent

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def project() -> Project:
    """14 traces in the last 7 days: two a day."""
    project = new_project()
    for number in range(14):
        arrive(project, *turn(f"t{number}", session__id="chat"))
    return project


@pytest.fixture
def agent(project: Project) -> Agent:
    return Agent.objects.get(project=project)


@pytest.fixture
def priced(settings: Any) -> None:
    settings.JUDGE_API_KEY = "key"
    settings.JUDGE_PRICE_INPUT_USD, settings.JUDGE_PRICE_OUTPUT_USD = 2.0, 10.0


def url_of(project: Project, page: str) -> str:
    return f"/p/{project.slug}/signals/{page}/"


def asked(writer: Client, project: Project, **chosen: str) -> Any:
    headers = {"HX-Request": "true", "HX-Target": "forecast"}
    return writer.get(url_of(project, "forecast"), chosen, headers=headers)


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_the_create_form_says_what_its_rate_takes_a_day(
    writer: Client, project: Project, agent: Agent, priced: None
) -> None:
    label(new_signal(agent, scope="trace"), "true", 4, input_tokens=1000, output_tokens=50)
    page = writer.get(url_of(project, "new"))
    found = page.context["forecast"]
    assert (found.agent, found.scope) == (agent, "trace")
    assert (found.all, found.targets, found.tokens) == (2.0, 2.0, 2100)
    assert found.cost_usd == pytest.approx(2 * (1000 * 2 + 50 * 10) / 1e6)
    text = words(page)
    assert "Tokens by the mean of the last 4 judged traces." in text
    assert 'data-a-day="2.0" data-as="targets"' in text


def test_the_form_that_came_back_with_an_error_says_it_for_what_was_typed(
    writer: Client, project: Project, agent: Agent, priced: None
) -> None:
    sent = filled(agent, name="", percent="50", scope="span")
    found = writer.post(url_of(project, "create"), sent).context["forecast"]
    assert (found.scope, found.rate, found.targets) == ("span", 0.5, 1.0)


def test_another_agent_or_scope_is_a_part_of_the_page(
    writer: Client, project: Project, agent: Agent, priced: None
) -> None:
    response = asked(writer, project, agent=str(agent.uuid), scope="session", percent="50")
    found = response.context["forecast"]
    assert (found.all, found.targets) == (pytest.approx(1 / 7), pytest.approx(1 / 14))
    assert words(response).startswith('<div class="forecast')


def test_without_labels_the_tokens_are_a_guess_by_the_newest_traffic(
    writer: Client, project: Project, agent: Agent, priced: None
) -> None:
    found = writer.get(url_of(project, "new"))
    whole = found.context["forecast"].whole
    assert (whole.measured, whole.guessed) == (0, traffic_size.LOOKED_AT)
    assert 1000 < whole.tokens < 4000, "two short traces with the rules and a question"
    assert whole.cost_usd > 0
    assert "Tokens are a guess, by the text of the newest 5 traces" in words(found)


def test_longer_traffic_is_guessed_to_take_more(project: Project, agent: Agent) -> None:
    now = timezone.now()
    short = traffic_size.tokens_read(project.pk, agent.pk, "trace", now)
    later = now - timedelta(minutes=5)
    arrive(project, *turn("long", at=later, said="word " * 4000, session__id="chat"))
    longer = traffic_size.tokens_read(project.pk, agent.pk, "trace", now)
    assert longer[0] - short[0] == pytest.approx(20_000 / traffic_size.CHARS_A_TOKEN, rel=0.05)


@pytest.mark.parametrize("scope", ["span", "trace", "session"])
def test_each_scope_is_guessed_by_its_own_targets(
    project: Project, agent: Agent, scope: str
) -> None:
    found = traffic_size.tokens_read(project.pk, agent.pk, scope, timezone.now())
    assert len(found) == (1 if scope == "session" else traffic_size.LOOKED_AT)


def test_what_holds_no_text_and_what_is_old_is_not_guessed_from(project: Project) -> None:
    agent = new_agent(project, "silent")
    now = timezone.now()
    assert traffic_size.tokens_read(project.pk, agent.pk, "trace", now) == []
    old = Agent.objects.get(project=project, name="support")
    later = now + timedelta(days=8)
    assert traffic_size.tokens_read(project.pk, old.pk, "trace", later) == []


def test_a_signals_own_labels_go_before_those_of_others(
    writer: Client, project: Project, agent: Agent, priced: None
) -> None:
    signal = new_signal(agent, scope="trace", sample_rate=0.1)
    label(signal, "true", 2, input_tokens=500, output_tokens=0)
    other = new_signal(agent, "nsfw", scope="trace")
    label(other, "true", 3, input_tokens=9000, output_tokens=0)
    found = writer.get(url_of(project, f"{signal.uuid}/edit")).context["forecast"]
    assert (found.whole.measured, found.whole.tokens, found.tokens) == (2, 1000, 100)


@pytest.mark.parametrize(
    ("key", "said"),
    [("", "the built-in judge uses no tokens"), ("key", "JUDGE_PRICE_INPUT_USD and")],
)
def test_what_is_unknown_is_a_dash_with_its_reason(
    writer: Client, project: Project, agent: Agent, settings: Any, key: str, said: str
) -> None:
    settings.JUDGE_API_KEY = key
    for page in ("new", f"{new_signal(agent, scope='trace').uuid}/edit"):
        text = words(writer.get(url_of(project, page)))
        assert f"unknown: {said}" in text
        assert 'data-as="usd"' not in text


def test_an_agent_without_traffic_has_no_figures_but_a_sentence(
    writer: Client, project: Project, priced: None
) -> None:
    silent = new_agent(project, "silent")
    response = asked(writer, project, agent=str(silent.uuid), scope="trace", percent="50")
    assert "silent sent no traces in the last 7 days" in words(response)
    assert "data-a-day" not in words(response)


@pytest.mark.parametrize(
    "chosen",
    [{}, {"agent": "x", "scope": "trace"}, {"scope": "galaxy"}, {"agent": "", "scope": "trace"}],
)
def test_what_cannot_be_chosen_is_asked_for(
    writer: Client, project: Project, agent: Agent, chosen: dict[str, str]
) -> None:
    response = asked(writer, project, **{"agent": str(agent.uuid), "scope": ""} | chosen)
    assert response.status_code == 200
    assert "Choose an agent and what is judged" in words(response)


@pytest.mark.parametrize("percent", ["", "x", "0", "101", "nan"])
def test_a_rate_that_is_none_shows_dashes(
    writer: Client, project: Project, agent: Agent, percent: str, priced: None
) -> None:
    response = asked(writer, project, agent=str(agent.uuid), scope="trace", percent=percent)
    assert response.context["forecast"].rate is None
    assert words(response).count(">—</span>") == 3
    signal = new_signal(agent, scope="trace")
    sent = filled(agent, percent=percent, based_on="1")
    page = writer.post(url_of(project, f"{signal.uuid}/edit/save"), sent)
    assert page.status_code == 422
    assert page.context["forecast"].rate is None


def test_an_agent_of_another_project_is_not_told_of(
    writer: Client, project: Project, agent: Agent
) -> None:
    theirs = new_agent(new_project("Theirs"), "spy")
    assert "spy" not in words(asked(writer, project, agent=str(theirs.uuid), scope="trace"))


def test_a_reader_is_refused_and_a_stranger_finds_nothing(
    client: Client, project: Project, agent: Agent
) -> None:
    client.force_login(member(project, "viewer"))
    assert client.get(url_of(project, "forecast")).status_code == 403
    client.force_login(member(new_project("Theirs"), email="eve@example.org"))
    assert client.get(url_of(project, "forecast")).status_code == 404


def test_it_is_read_only_and_no_page_of_its_own(writer: Client, project: Project) -> None:
    assert writer.get(url_of(project, "forecast"))["Location"] == url_of(project, "new")
    assert writer.post(url_of(project, "forecast")).status_code == 405
    assert not Signal.objects.exists()
    assert not Classification.objects.exists()
