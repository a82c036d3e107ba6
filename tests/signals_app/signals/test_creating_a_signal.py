"""The create form: all six templates and one's own; nothing typed is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from signals_app.definition.starters import TEMPLATES, Template
from signals_app.models import Signal
from teams.models import Project
from tests.signals_app.labelled import new_agent, new_signal
from tests.traces.arrivals import arrive, member, new_project, turn
from traces.models import Agent
from traces.search import agent_choices

pytestmark = pytest.mark.django_db


def filled(agent: Agent, **changes: Any) -> dict[str, Any]:
    """What a browser sends for a binary signal of one's own."""
    given = {
        "agent": str(agent.uuid),
        "scope": "trace",
        "type": "binary",
        "prompt": "Does the user say thanks?",
        "sentiment": "positive",
        "percent": "12.5",
        "name": "Thanks",
        "labels-TOTAL_FORMS": "10",
        "labels-INITIAL_FORMS": "0",
    }
    return given | changes


def with_labels(*labels: tuple[str, str]) -> dict[str, str]:
    rows = {"type": "string"}
    for index, (name, sentiment) in enumerate(labels):
        rows |= {f"labels-{index}-name": name, f"labels-{index}-sentiment": sentiment}
    return rows


def as_sent(form: Any) -> dict[str, Any]:
    """What a browser would send for the form as the server drew it."""
    sent = {name: form[name].value() for name in form.fields}
    for row in form.labels:
        sent |= {row[name].html_name: row[name].value() for name in row.fields}
    management = form.labels.management_form
    sent |= {management[name].html_name: management[name].value() for name in management.fields}
    return {name: value for name, value in sent.items() if value is not None}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.key)
def test_each_template_makes_its_signal_untouched(
    writer: Client, project: Project, agent: Agent, template: Template
) -> None:
    arrive(project, *turn("a", agent=agent.name, session__id="chat"))
    page = writer.get(f"/p/{project.slug}/signals/new/?template={template.key}")
    sent = as_sent(page.context["form"]) | {"agent": str(agent.uuid)}
    response = writer.post(f"/p/{project.slug}/signals/create/", sent)
    signal = Signal.objects.get()
    assert response["Location"] == f"/p/{project.slug}/signals/{signal.uuid}/"
    assert (signal.name, signal.scope, signal.template, signal.state) == (
        template.name,
        template.scope,
        template.key,
        "active",
    )
    version = signal.live_version
    assert version is not None
    assert version.labels == [dict(label) for label in template.labels]
    assert (version.prompt, version.type) == (template.prompt, template.type)
    assert version.sample_rate == pytest.approx(template.sample_rate)


def test_a_signal_of_ones_own_is_made_and_judges(
    writer: Client, project: Project, agent: Agent
) -> None:
    writer.post(f"/p/{project.slug}/signals/create/", filled(agent))
    signal = Signal.objects.get()
    assert (signal.state, signal.template) == ("active", "")
    assert signal.live_version is not None
    assert signal.live_version.sample_rate == pytest.approx(0.125)
    assert [entry["sentiment"] for entry in signal.live_version.labels] == ["positive", "negative"]
    assert signal.created_by is not None


def test_the_judge_model_is_the_default_one_unless_another_is_named(
    writer: Client, project: Project, agent: Agent, settings: Any
) -> None:
    settings.JUDGE_API_KEY, settings.JUDGE_MODEL = "key", "model-1"
    page = writer.get(f"/p/{project.slug}/signals/new/").content.decode()
    assert 'name="judge_model"' in page
    assert 'placeholder="model-1"' in page
    assert "Left empty, its own model answers." in page
    url = f"/p/{project.slug}/signals/create/"
    writer.post(url, filled(agent))
    writer.post(url, filled(agent, name="Named", judge_model=" model-2 "))
    models = Signal.objects.order_by("pk").values_list("live_version__judge_model", flat=True)
    assert list(models) == ["", "model-2"]


def test_a_draft_is_kept_and_judges_nothing(writer: Client, project: Project, agent: Agent) -> None:
    writer.post(f"/p/{project.slug}/signals/save-draft/", filled(agent))
    assert Signal.objects.get().state == "draft"


def test_labels_of_ones_own_keep_their_order_and_meaning(
    writer: Client, project: Project, agent: Agent
) -> None:
    sent = filled(agent, **with_labels(("refund", "neutral"), ("", ""), ("praise", "positive")))
    writer.post(f"/p/{project.slug}/signals/create/", sent | {"labels-2-meaning": "Kind words."})
    version = Signal.objects.get().live_version
    assert version is not None
    assert version.labels == [
        {"name": "refund", "sentiment": "neutral", "meaning": ""},
        {"name": "praise", "sentiment": "positive", "meaning": "Kind words."},
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param({"prompt": "  "}, "Say what the judge should decide", id="no prompt"),
        pytest.param({"name": ""}, "Give the signal a name", id="no name"),
        pytest.param({"scope": "galaxy"}, "Select a valid choice", id="unknown scope"),
        pytest.param({"agent": str(UUID(int=1))}, "Select a valid choice", id="unknown agent"),
        pytest.param({"agent": "x"}, "not a valid UUID", id="an agent that is no id"),
        pytest.param({"type": "x"}, "Select a valid choice", id="unknown type"),
        pytest.param({"percent": "0"}, "Sample at least", id="a rate of zero"),
        pytest.param({"percent": "101"}, "100 % is all there is", id="a rate above all"),
        pytest.param({"percent": "nan"}, "Enter a number", id="a rate that is no number"),
        pytest.param({"judge_model": "m" * 201}, "at most 200", id="a model's name too long"),
        pytest.param({"prompt": "x" * 20_001}, "at most 20000", id="a prompt too long"),
        pytest.param(with_labels(("a", "positive")), "between 2 and 10", id="one label"),
        pytest.param(
            with_labels(("a", "neutral"), ("b", "negative")), "must be positive", id="none positive"
        ),
        pytest.param(
            with_labels(("a", "positive"), ("A", "negative")), "same name", id="a label twice"
        ),
        pytest.param(
            with_labels(("a" * 61, "positive"), ("b", "neutral")),
            "at most 60",
            id="a label too long",
        ),
        pytest.param(
            with_labels(("a", "positive"), ("b", "neutral")) | {"labels-5-meaning": "lost"},
            "This meaning needs a label",
            id="a meaning without a label",
        ),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_is_lost(
    writer: Client, project: Project, agent: Agent, changes: dict[str, str], sentence: str
) -> None:
    sent = filled(agent, true_meaning="They say thank you.") | changes
    response = writer.post(f"/p/{project.slug}/signals/create/", sent)
    assert response.status_code == 422
    page = response.content.decode()
    assert sentence in page
    assert "They say thank you." in page
    assert Signal.objects.count() == 0


def test_a_request_without_the_label_rows_is_refused_not_broken(
    writer: Client, project: Project, agent: Agent
) -> None:
    sent = {key: value for key, value in filled(agent).items() if not key.startswith("labels")}
    response = writer.post(f"/p/{project.slug}/signals/create/", sent | {"type": "string"})
    assert response.status_code == 422


def test_a_name_that_the_agent_has_is_refused_at_the_name(
    writer: Client, project: Project, agent: Agent
) -> None:
    new_signal(agent, name="Thanks")
    response = writer.post(f"/p/{project.slug}/signals/create/", filled(agent))
    assert response.status_code == 422
    assert "name already" in str(response.context["form"].errors["name"])


def test_an_agent_of_another_project_cannot_be_chosen(
    writer: Client, project: Project, agent: Agent
) -> None:
    theirs = new_agent(new_project("Theirs"), "spy")
    response = writer.post(f"/p/{project.slug}/signals/create/", filled(theirs))
    assert response.status_code == 422
    assert Signal.objects.count() == 0


def test_the_form_knows_how_many_targets_a_day_there_are(writer: Client, project: Project) -> None:
    for number in range(7):
        arrive(project, *turn(f"t{number}", session__id="chat"))
    agent = Agent.objects.get()
    page = writer.get(f"/p/{project.slug}/signals/new/")
    day = page.context["per_day"][str(agent.uuid)]
    assert day == {"span": 1.0, "trace": 1.0, "session": pytest.approx(1 / 7)}


def test_without_an_agent_the_form_says_what_is_missing(writer: Client, project: Project) -> None:
    assert "No agent yet" in writer.get(f"/p/{project.slug}/signals/new/").content.decode()


@pytest.mark.parametrize("page", ["new", "create", "save-draft"])
def test_a_reader_is_refused_with_a_sentence(
    client: Client, project: Project, agent: Agent, page: str
) -> None:
    client.force_login(member(project, "viewer"))
    url = f"/p/{project.slug}/signals/{page}/"
    response = client.get(url) if page == "new" else client.post(url, filled(agent))
    assert response.status_code == 403
    assert "your role does not let you change it" in response.content.decode()


@pytest.mark.parametrize("page", ["new", "create", "save-draft"])
def test_a_stranger_finds_nothing(
    client: Client, project: Project, agent: Agent, page: str
) -> None:
    client.force_login(member(new_project("Theirs")))
    url = f"/p/{project.slug}/signals/{page}/"
    response = client.get(url) if page == "new" else client.post(url, filled(agent))
    assert response.status_code == 404


def test_the_wrong_method_is_refused(writer: Client, project: Project) -> None:
    assert writer.post(f"/p/{project.slug}/signals/new/").status_code == 405
    assert writer.get(f"/p/{project.slug}/signals/create/").status_code == 405
    assert writer.get(f"/p/{project.slug}/signals/save-draft/").status_code == 405


def test_an_agent_that_is_not_listed_can_be_asked_for_and_chosen(
    writer: Client, project: Project, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent_choices, "MOST_OFFERED", 1)
    Agent.objects.filter(pk=agent.pk).update(last_seen_at=timezone.now() - timedelta(days=2))
    new_agent(project, "newer")
    url = f"/p/{project.slug}/signals/new/"
    page = writer.get(url).content.decode()
    assert str(agent.uuid) not in page
    assert "Only some agents are listed" in page
    assert (
        f'<option value="{agent.uuid}" selected>'
        in writer.get(f"{url}?agent={agent.uuid}").content.decode()
    )
    response = writer.post(f"/p/{project.slug}/signals/create/", filled(agent))
    assert response.status_code == 302
    assert Signal.objects.get().agent == agent
