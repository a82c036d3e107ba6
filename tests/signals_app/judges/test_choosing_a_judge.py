"""A signal chooses its judge, and the choice is part of the version."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from signals_app.definition import drafts, editing, versions
from signals_app.definition.diffs import Question, diff
from signals_app.judging import judge_in_use
from signals_app.models import JudgeEndpoint, Signal
from teams.models import ApiKey, Project
from tests.html import html_of
from tests.signals_app import conversations
from tests.signals_app.judges.making import endpoint
from tests.traces.arrivals import member

pytestmark = pytest.mark.django_db
URL = "https://judge.example.org/v1"


@pytest.fixture
def project() -> Project:
    return conversations.project()


def edit_form(signal: Signal, **fields: Any) -> dict[str, Any]:
    live = signal.live_version
    assert live is not None
    return {
        "name": signal.name,
        "type": live.type,
        "prompt": live.prompt,
        "sentiment": "negative",
        "percent": "100",
        "based_on": live.number,
        "labels-TOTAL_FORMS": "0",
        "labels-INITIAL_FORMS": "0",
        **fields,
    }


def test_the_form_offers_the_judges_and_a_choice_makes_a_version(
    client: Client, project: Project, settings: Any
) -> None:
    settings.JUDGE_BASE_URL, settings.JUDGE_MODEL = "http://127.0.0.1:19991/v1", "model-1"
    own = endpoint(project, URL, is_default=True)
    signal = conversations.signal(project)
    client.force_login(member(project, "member"))
    url = f"/p/{project.slug}/signals/{signal.uuid}/edit/"
    page = html_of(client.get(url))
    assert "The default: Own · little" in page
    assert "model-1 of the environment" in page
    client.post(f"{url}save/", edit_form(signal, judge=str(own.uuid)))
    signal.refresh_from_db()
    assert signal.live_version is not None
    assert (signal.live_version.number, signal.live_version.endpoint) == (2, own)
    page = html_of(client.get(url))
    assert f'value="{own.uuid}" selected' in page
    client.post(f"{url}save/", edit_form(signal, judge="environment"))
    signal.refresh_from_db()
    assert signal.live_version is not None
    assert (signal.live_version.endpoint, signal.live_version.judge_model) == (None, "model-1")
    assert judge_in_use.chosen_for(project.pk, signal.live_version).endpoint.id == 0
    versions_page = html_of(client.get(f"/p/{project.slug}/signals/{signal.uuid}/versions/"))
    assert "Own" in versions_page


def test_without_judges_of_its_own_a_project_is_asked_nothing(
    client: Client, project: Project
) -> None:
    conversations.signal(project)
    client.force_login(member(project, "member"))
    page = html_of(client.get(f"/p/{project.slug}/signals/new/"))
    assert 'name="judge"' not in page


@pytest.mark.parametrize(
    ("model", "is_archived", "is_other", "field"),
    [
        pytest.param("large", False, False, "judge_model", id="with a model of another judge"),
        pytest.param("", True, False, "judge", id="archived"),
        pytest.param("", False, True, "judge", id="of another project"),
    ],
)
def test_a_judge_that_cannot_answer_is_refused(
    model: str, is_archived: bool, is_other: bool, field: str, project: Project
) -> None:
    own = endpoint(conversations.project("Other") if is_other else project, URL)
    if is_archived:
        own.archived_at = timezone.now()
    with pytest.raises(ValidationError) as refused:
        versions.check_judge(project.pk, model, own)
    assert list(refused.value.message_dict) == [field]


def test_a_model_that_the_operator_does_not_allow_is_refused(
    project: Project, settings: Any
) -> None:
    settings.JUDGE_BASE_URL, settings.JUDGE_MODELS = "http://127.0.0.1:19991/v1", ["small"]
    versions.check_judge(project.pk, "small", None)
    with pytest.raises(ValidationError, match="allows these models"):
        versions.check_judge(project.pk, "the-dearest", None)


def test_a_judge_is_named_by_name_or_id_and_replaces_a_model(project: Project) -> None:
    own = endpoint(project, URL)
    signal = conversations.signal(project, judge_model="large")
    assert signal.live_version is not None
    before = Question.of(signal.live_version)
    for said in ("Own", str(own.uuid)):
        after = drafts.with_judge(before, project, said)
        assert (after.endpoint, after.judge_model) == (own, "")
    assert [change.after for change in diff(before, after).values] == ["Own"]
    editing.edit(signal, signal.name, after, 1, None)
    assert JudgeEndpoint.objects.get().versions.get().number == 2
    with pytest.raises(ValidationError, match=r"no judge “Nobody”. Its judges: Own\."):
        drafts.with_judge(before, project, "Nobody")


def test_a_judge_is_chosen_by_rest_and_read_back(client: Client, project: Project) -> None:
    own = endpoint(project, URL, "sk-secret")
    signal = conversations.signal(project)
    key = ApiKey.objects.issue(project, "k")[1]
    answer = client.patch(
        f"/api/v1/signals/{signal.uuid}",
        {"judge": "Own", "based_on": 1},
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )
    assert answer.status_code == 200, answer.content
    read = client.get(
        f"/api/v1/signals/{signal.uuid}", headers={"Authorization": f"Bearer {key}"}
    ).json()
    assert read["version"]["judge"] == {"id": str(own.uuid), "name": "Own", "model": "little"}
    code = client.get(
        f"/api/v1/signals/{signal.uuid}/code", headers={"Authorization": f"Bearer {key}"}
    )
    assert "judge: Own" in code.content.decode()
