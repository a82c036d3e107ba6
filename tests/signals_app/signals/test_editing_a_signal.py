"""Editing: a changed question is a new version, and nobody's work is written over."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from signals_app.definition import states, versions
from signals_app.models import Signal, SignalVersion, Trial
from teams.models import Project
from tests.signals_app.labelled import new_agent, new_signal
from tests.signals_app.signals.test_creating_a_signal import as_sent, with_labels
from tests.traces.arrivals import arrive, member, new_project, turn
from traces.models import Agent

pytestmark = pytest.mark.django_db


def url_of(signal: Signal, page: str = "edit/save/") -> str:
    return f"/p/{signal.project.slug}/signals/{signal.uuid}/{page}"


def opened(client: Client, signal: Signal) -> dict[str, Any]:
    """The form as a browser would send it, untouched: with a browser's line ends."""
    sent = as_sent(client.get(url_of(signal, "edit/")).context["form"])
    return sent | {"prompt": sent["prompt"].replace("\n", "\r\n")}


def live(signal: Signal) -> SignalVersion:
    signal.refresh_from_db()
    assert signal.live_version is not None
    return signal.live_version


@pytest.mark.parametrize("template", ["user_frustration", "task_outcome"])
def test_an_unchanged_form_makes_no_version_and_says_so(
    writer: Client, project: Project, template: str
) -> None:
    signal = new_signal(new_agent(project), template)
    page = writer.post(url_of(signal), opened(writer, signal), follow=True).content.decode()
    assert "Nothing was changed, so no version was made." in page
    assert signal.versions.count() == 1


def test_an_edit_can_be_tried_as_it_stands_and_is_not_saved(
    writer: Client, project: Project
) -> None:
    arrive(project, *turn("t"))
    signal = new_signal(Agent.objects.get(project=project))
    page = writer.get(url_of(signal, "edit/")).content.decode()
    assert "Try it before you commit" in page
    assert f'name="template" value="{signal.template}"' in page
    changed = opened(writer, signal) | {"prompt": "Cross?", "true_meaning": "They swear."}
    here = {"agent": str(signal.agent.uuid), "scope": signal.scope, "template": signal.template}
    tried = {"try-count": "5", "try-range": "7d"}
    response = writer.post(f"/p/{project.slug}/signals/try/", changed | here | tried)
    trial = Trial.objects.get()
    assert response.headers["Location"].endswith(f"/trials/{trial.uuid}/")
    assert (trial.prompt, trial.labels[0]["meaning"]) == ("Cross?", "They swear.")
    assert signal.versions.count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"prompt": "Is the user cross?"}, id="prompt"),
        pytest.param({"sentiment": "neutral"}, id="sentiments"),
        pytest.param({"true_meaning": "They swear."}, id="a meaning"),
        pytest.param({"percent": "7.5"}, id="sample rate"),
        pytest.param({"judge_model": "big-model"}, id="judge model"),
        pytest.param(with_labels(("calm", "positive"), ("cross", "negative")), id="type"),
    ],
)
def test_each_changed_part_of_the_question_makes_the_next_version_live(
    writer: Client, signal: Signal, changes: dict[str, str]
) -> None:
    first = live(signal)
    page = writer.post(url_of(signal), opened(writer, signal) | changes, follow=True)
    assert "Version 2 is live." in page.content.decode()
    assert live(signal).number == 2
    assert live(signal).created_by is not None
    assert SignalVersion.objects.get(pk=first.pk).prompt == first.prompt
    assert live(signal).judge_model == changes.get("judge_model", "")


def test_scope_and_agent_cannot_be_changed(writer: Client, signal: Signal) -> None:
    other = new_agent(signal.project, "billing")
    sent = opened(writer, signal) | {"scope": "span", "agent": str(other.uuid)}
    writer.post(url_of(signal), sent)
    signal.refresh_from_db()
    assert (signal.scope, signal.agent.name) == ("trace", "support")


def test_a_new_name_makes_no_version(writer: Client, signal: Signal) -> None:
    page = writer.post(url_of(signal), opened(writer, signal) | {"name": "Anger"}, follow=True)
    assert "is called “Anger” now" in page.content.decode()
    signal.refresh_from_db()
    assert (signal.name, signal.versions.count()) == ("Anger", 1)


def test_a_name_that_is_taken_is_refused_at_its_field_and_no_version_is_made(
    writer: Client, signal: Signal
) -> None:
    new_signal(signal.agent, name="Anger")
    sent = opened(writer, signal) | {"name": "Anger", "prompt": "Is the user cross?"}
    response = writer.post(url_of(signal), sent)
    assert response.status_code == 422
    assert "name already" in str(response.context["form"].errors["name"])
    assert "Is the user cross?" in response.content.decode()
    assert signal.versions.count() == 1


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(
    writer: Client, signal: Signal
) -> None:
    sent = opened(writer, signal) | {"percent": "0", "true_meaning": "They swear."}
    response = writer.post(url_of(signal), sent)
    assert response.status_code == 422
    page = response.content.decode()
    assert "Sample at least" in page
    assert "They swear." in page
    assert signal.versions.count() == 1


def test_the_second_of_two_editors_is_told_and_loses_nothing(
    writer: Client, signal: Signal
) -> None:
    mine = opened(writer, signal) | {"prompt": "Is the user cross?", "name": "Anger"}
    bea = member(new_project("Hers"), email="bea@example.org")
    first = live(signal)
    versions.add(
        signal,
        type=first.type,
        prompt="Is the user sad?",
        labels=first.labels,
        sample_rate=first.sample_rate,
        user=bea,
    )
    told = writer.post(url_of(signal), mine)
    page = told.content.decode()
    assert told.status_code == 409
    assert "version 2 came in between" in page
    assert "bea@example.org" in page
    assert "Is the user sad?" in page
    kept = {name: str(value) for name, value in as_sent(told.context["form"]).items()}
    assert kept == {name: str(value) for name, value in mine.items()} | {"based_on": "2"}
    signal.refresh_from_db()
    assert (signal.versions.count(), signal.name) == (2, "User frustration")
    writer.post(url_of(signal), as_sent(told.context["form"]))
    assert (live(signal).number, live(signal).prompt) == (3, "Is the user cross?")


def test_an_archived_signal_is_not_edited(writer: Client, signal: Signal) -> None:
    sent = opened(writer, signal) | {"prompt": "Is the user cross?"}
    states.archive(signal, None, timezone.now())
    for answer in (
        writer.get(url_of(signal, "edit/"), follow=True),
        writer.post(url_of(signal), sent, follow=True),
    ):
        assert "Restore it first" in answer.content.decode()
    assert signal.versions.count() == 1


def test_a_page_sent_without_its_version_is_refused_with_the_way_out(
    writer: Client, signal: Signal
) -> None:
    sent = {name: value for name, value in opened(writer, signal).items() if name != "based_on"}
    response = writer.post(url_of(signal), sent)
    assert response.status_code == 422
    assert "open it again" in response.content.decode()


def test_a_reader_is_refused(client: Client, project: Project, signal: Signal) -> None:
    client.force_login(member(project, "viewer"))
    assert client.get(url_of(signal, "edit/")).status_code == 403
    assert client.post(url_of(signal), {}).status_code == 403
    assert client.post(url_of(signal, "versions/1/again/")).status_code == 403


def test_the_wrong_method_is_refused(writer: Client, signal: Signal) -> None:
    assert writer.post(url_of(signal, "edit/")).status_code == 405
    assert writer.get(url_of(signal)).status_code == 405
