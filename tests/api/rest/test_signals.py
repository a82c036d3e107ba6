"""Signals by REST: found, made and edited as the pages do it, with the same refusals."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from signals_app.definition.starters import BY_KEY
from signals_app.models import Signal, SignalVersion
from teams.models import Project
from tests.api.rest.calling import Caller, writing
from tests.signals_app.labelled import label, new_agent, new_signal
from tests.traces.arrivals import arrive, new_project, turn
from traces.models import Agent

pytestmark = pytest.mark.django_db

ASKED: dict[str, Any] = {
    "name": "Rude",
    "scope": "trace",
    "type": "string",
    "prompt": "Was it rude?",
    "labels": [
        {"name": "polite", "sentiment": "positive", "meaning": "It is kind."},
        {"name": "rude", "sentiment": "negative", "meaning": ""},
    ],
    "sample_rate": 0.25,
    "judge_model": "little",
}


@pytest.fixture
def caller(project: Project) -> Caller:
    return writing(project)


def typed(agent: Agent, **changes: Any) -> dict[str, Any]:
    """What a browser sends of the form that makes a signal, for what `ASKED` says."""
    rows = {
        f"labels-{index}-{name}": row[name]
        for index, row in enumerate(ASKED["labels"])
        for name in ("name", "sentiment", "meaning")
    }
    counts = {"labels-TOTAL_FORMS": "10", "labels-INITIAL_FORMS": "0"}
    plain = {name: ASKED[name] for name in ("name", "scope", "type", "prompt", "judge_model")}
    return {**plain, **rows, **counts, "agent": agent.uuid, "percent": "25", **changes}


def question_of(signal: Signal) -> tuple[Any, ...]:
    version = signal.live_version
    assert version is not None
    asks = (version.type, version.prompt, version.labels, version.sample_rate, version.judge_model)
    return (signal.scope, signal.state, signal.template, *asks)


def test_rest_makes_the_signal_that_the_page_makes(
    caller: Caller, writer: Client, project: Project, agent: Agent
) -> None:
    body = ASKED | {"name": "By REST", "agent": str(agent.uuid)}
    made = caller.post("/signals", body)
    assert made.status_code == 201
    writer.post(f"/p/{project.slug}/signals/create/", typed(agent))
    by_rest, by_page = Signal.objects.get(name="By REST"), Signal.objects.get(name="Rude")
    assert question_of(by_rest) == question_of(by_page)
    assert made.json()["url"].endswith(f"/p/{project.slug}/signals/{by_rest.uuid}/")
    assert made.json()["version"]["prompt"] == "Was it rude?"
    assert made.json()["state"] == "active"


@pytest.mark.parametrize(
    ("sent", "typed_in", "field"),
    [
        ({"name": "User frustration"}, {"name": "User frustration"}, "name"),
        ({"scope": "session"}, {"scope": "session"}, "scope"),
        ({"labels": ASKED["labels"][:1]}, {"labels-1-name": ""}, "labels"),
    ],
)
def test_rest_refuses_what_the_page_refuses_in_the_same_words(
    caller: Caller,
    writer: Client,
    project: Project,
    signal: Signal,
    sent: dict[str, Any],
    typed_in: dict[str, Any],
    field: str,
) -> None:
    refused = caller.post("/signals", ASKED | {"agent": str(signal.agent.uuid)} | sent)
    page = writer.post(f"/p/{project.slug}/signals/create/", typed(signal.agent, **typed_in))
    assert (refused.status_code, page.status_code) == (422, 422)
    errors = page.context["form"].errors
    said = [text for texts in errors.values() for text in texts]
    assert [(each["field"], each["message"]) for each in refused.json()["errors"]] == [
        (field, text) for text in said
    ]
    assert Signal.objects.count() == 1


def test_a_template_fills_what_is_left_out(caller: Caller, agent: Agent) -> None:
    made = caller.post(
        "/signals",
        {"agent": agent.name, "template": "user_frustration", "sample_rate": 0.5, "active": False},
    ).json()
    template = BY_KEY["user_frustration"]
    assert (made["name"], made["scope"], made["template"]) == (
        template.name,
        template.scope,
        template.key,
    )
    assert made["version"]["prompt"] == template.prompt
    assert (made["version"]["sample_rate"], made["state"]) == (0.5, "draft")


def test_a_template_about_sessions_begins_with_traces_where_there_are_no_sessions(
    caller: Caller, project: Project, agent: Agent
) -> None:
    body = {"agent": agent.name, "template": "task_outcome"}
    assert caller.post("/signals", body).json()["scope"] == "trace"
    arrive(project, *turn("one", agent="talker", session__id="s1"))
    assert caller.post("/signals", body | {"agent": "talker"}).json()["scope"] == "session"


def test_a_sentiment_stands_for_the_two_labels_of_a_binary_signal(
    caller: Caller, agent: Agent
) -> None:
    asked = {"agent": agent.name, "name": "Kind", "scope": "trace", "type": "binary"}
    made = caller.post("/signals", asked | {"prompt": "Kind?", "sentiment": "positive"}).json()
    labels = [(each["name"], each["sentiment"]) for each in made["version"]["labels"]]
    assert labels == [("true", "positive"), ("false", "negative")]
    both = ASKED | {"agent": agent.name, "sentiment": "positive"}
    refused = caller.post("/signals", both)
    assert (refused.status_code, refused.json()["field"]) == (422, "sentiment")


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"agent": "nobody"}, "agent"),
        ({"template": "nothing"}, "template"),
        ({"sample_rate": 0}, "sample_rate"),
        ({"sample_rate": "0.5"}, "sample_rate"),
        ({"prompt": "a\x00b"}, "prompt"),
        ({"name": " "}, "name"),
        ({"lables": []}, "lables"),
        ({"labels": [{"name": "a", "sentiment": "sad"}]}, "labels.0.sentiment"),
    ],
)
def test_what_is_wrong_in_a_body_is_said_at_its_field(
    caller: Caller, agent: Agent, sent: dict[str, Any], field: str
) -> None:
    refused = caller.post("/signals", ASKED | {"agent": agent.name} | sent)
    assert (refused.status_code, refused.json()["field"]) == (422, field)
    assert not Signal.objects.exists()


def test_an_edit_makes_the_next_version_and_says_so(caller: Caller, signal: Signal) -> None:
    path = f"/signals/{signal.uuid}"
    edited = caller.patch(path, {"prompt": "Angry?", "name": "Anger", "based_on": 1}).json()
    assert edited["changed"] == {"version": 2, "renamed": True}
    assert (edited["name"], edited["version"]["prompt"]) == ("Anger", "Angry?")
    same = caller.patch(path, {"prompt": "Angry?", "based_on": 2}).json()
    assert same["changed"] == {"version": None, "renamed": False}


def test_the_page_and_rest_make_the_same_version_of_an_edit(
    caller: Caller, writer: Client, project: Project, agent: Agent
) -> None:
    one, other = new_signal(agent, name="One"), new_signal(agent, name="Other")
    labels = one.live_version.labels  # type: ignore[union-attr]
    caller.patch(f"/signals/{one.uuid}", {"sample_rate": 0.5, "based_on": 1})
    writer.post(
        f"/p/{project.slug}/signals/{other.uuid}/edit/save/",
        {
            "name": "Other",
            "type": "binary",
            "prompt": BY_KEY["user_frustration"].prompt,
            "sentiment": "negative",
            "true_meaning": labels[0]["meaning"],
            "false_meaning": labels[1]["meaning"],
            "percent": "50",
            "judge_model": "",
            "based_on": "1",
            "labels-TOTAL_FORMS": "0",
            "labels-INITIAL_FORMS": "0",
        },
    )
    one, other = (Signal.objects.get(pk=each.pk) for each in (one, other))
    assert one.live_version.number == other.live_version.number == 2  # type: ignore[union-attr]
    assert question_of(one) == question_of(other)


def test_an_edit_of_an_older_version_names_the_one_that_is_live(
    caller: Caller, signal: Signal
) -> None:
    path = f"/signals/{signal.uuid}"
    caller.patch(path, {"prompt": "Angry?", "based_on": 1})
    refused = caller.patch(path, {"prompt": "Sad?", "based_on": 1})
    problem = refused.json()
    assert (refused.status_code, problem["code"], problem["field"]) == (
        409,
        "superseded",
        "based_on",
    )
    assert problem["message"].startswith("Version 2 was made meanwhile.")
    assert "based_on 2" in problem["message"]
    assert SignalVersion.objects.count() == 2


def test_another_type_needs_labels_of_its_own(caller: Caller, signal: Signal) -> None:
    body = {"type": "string", "based_on": 1}
    refused = caller.patch(f"/signals/{signal.uuid}", body)
    assert (refused.status_code, refused.json()["field"]) == (422, "labels")
    edited = caller.patch(f"/signals/{signal.uuid}", body | {"labels": ASKED["labels"]})
    assert edited.json()["version"]["labels"] == ASKED["labels"]


@pytest.mark.parametrize(
    ("begin", "action", "state"),
    [
        ("active", "pause", "paused"),
        ("paused", "resume", "active"),
        ("draft", "activate", "active"),
        ("active", "archive", "archived"),
        ("archived", "restore", "paused"),
        ("draft", "pause", None),
        ("archived", "activate", None),
        ("archived", "archive", None),
        ("active", "restore", None),
    ],
)
def test_a_change_of_state_ends_as_on_the_page(
    caller: Caller,
    writer: Client,
    project: Project,
    agent: Agent,
    begin: str,
    action: str,
    state: str | None,
) -> None:
    one, other = new_signal(agent, name="One"), new_signal(agent, name="Other")
    Signal.objects.update(state=begin)
    response = caller.post(f"/signals/{one.uuid}/{action}")
    address = f"/p/{project.slug}/signals/{other.uuid}/{action}/"
    page = writer.post(address, {"name": "Other"}, follow=True)
    one.refresh_from_db()
    other.refresh_from_db()
    assert one.state == other.state == (state or begin)
    if state is None:
        said = [str(message) for message in page.context["messages"]]
        assert (response.status_code, response.json()["code"]) == (409, "conflict")
        assert [response.json()["message"]] == said
    else:
        assert (response.status_code, response.json()["state"]) == (200, state)


def test_a_signal_is_restored_under_another_name(caller: Caller, agent: Agent) -> None:
    signal = new_signal(agent)
    caller.post(f"/signals/{signal.uuid}/archive")
    new_signal(agent)
    refused = caller.post(f"/signals/{signal.uuid}/restore")
    assert (refused.status_code, refused.json()["field"]) == (422, "name")
    restored = caller.post(f"/signals/{signal.uuid}/restore", {"name": "Again"})
    assert restored.json()["name"] == "Again"
    bare = caller.post(f"/signals/{signal.uuid}/restore", "")  # a body may be left out
    assert bare.status_code == 409


def test_versions_are_listed_compared_and_made_live_again(caller: Caller, signal: Signal) -> None:
    path = f"/signals/{signal.uuid}"
    label(signal, "true", 3)
    caller.patch(path, {"prompt": "Angry?", "based_on": 1})
    items = caller.get(f"{path}/versions").json()["items"]
    assert [(each["number"], each["is_live"], each["labels_given"]) for each in items] == [
        (2, True, 0),
        (1, False, 3),
    ]
    assert items[0]["prompt"] is None
    assert caller.get(f"{path}/versions/2").json()["prompt"] == "Angry?"
    difference = caller.get(f"{path}/versions/1/diff/2").json()
    assert (difference["is_same"], difference["lines"][-1]["text"]) == (False, "Angry?")
    refused = caller.post(f"{path}/versions/1/make-live", {"seen": 1})
    assert (refused.status_code, refused.json()["code"]) == (409, "superseded")
    again = caller.post(f"{path}/versions/1/make-live").json()
    assert again["changed"]["version"] == 3
    assert caller.get(f"{path}/versions/1/diff/3").json()["is_same"]
    for missing in ("versions/9", "versions/1/diff/9", "versions/999999999999999"):
        assert caller.get(f"{path}/{missing}").status_code == 404
    assert caller.post(f"{path}/versions/9/make-live").status_code == 404


def test_a_list_says_what_the_page_says_and_leaves_prompts_out(
    caller: Caller, signal: Signal
) -> None:
    label(signal, "true", 12)
    label(signal, "false", 88)
    label(signal, None, 3)
    label(signal, "true", 5, at=timezone.now() - timedelta(days=8))
    (item,) = caller.get("/signals").json()["items"]
    assert item["week"] == {
        "labels": 100,
        "unlabelled": 3,
        "shares": {"true": 0.12, "false": 0.88},
    }
    assert item["version"]["prompt"] is None
    (full,) = caller.get("/signals", fields="full").json()["items"]
    assert full["version"]["prompt"] == BY_KEY["user_frustration"].prompt


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [each["name"] for each in answer.json()["items"]]


def test_a_list_is_narrowed_by_its_filters(caller: Caller, project: Project) -> None:
    one, other = new_agent(project, "one"), new_agent(project, "other")
    new_signal(one, name="Alpha")
    new_signal(other, "sentiment", name="Beta", scope="span")
    new_signal(other, name="Gamma", active=False)
    archived = new_signal(other, name="Delta")
    Signal.objects.filter(pk=archived.pk).update(state="archived")
    new_signal(new_agent(new_project("Theirs")), name="Theirs")
    assert names(caller.get("/signals")) == ["Alpha", "Beta", "Gamma"]
    assert names(caller.get("/signals", agent="other")) == ["Beta", "Gamma"]
    assert names(caller.get(f"/agents/{other.uuid}/signals")) == ["Beta", "Gamma"]
    assert names(caller.get("/signals", agent=str(one.uuid))) == ["Alpha"]
    assert names(caller.get("/signals", scope="span")) == ["Beta"]
    assert names(caller.get("/signals", state="draft")) == ["Gamma"]
    assert names(caller.get("/signals", state="archived")) == ["Delta"]
    assert names(caller.get("/signals", text="ALPH")) == ["Alpha"]
    refused = caller.get("/signals", agent="nobody")
    assert (refused.status_code, refused.json()["field"]) == (422, "agent")


@pytest.mark.parametrize("sort", ["name", "-name", "agent", "-scope", "type", "volume", "-volume"])
def test_pages_of_any_order_come_to_the_whole_list(
    caller: Caller, writer: Client, project: Project, sort: str
) -> None:
    agents = [new_agent(project, "one"), new_agent(project, "two")]
    for number, name in enumerate("cabed"):
        signal = new_signal(agents[number % 2], name=name)
        label(signal, "true", number + 1)
    page = writer.get(f"/p/{project.slug}/signals/", {"sort": sort})
    wanted = [row.signal.name for row in page.context["rows"]]
    seen, cursor = [], ""
    while cursor is not None:
        answer = caller.get("/signals", sort=sort, limit=2, cursor=cursor)
        seen += names(answer)
        cursor = answer.json()["next_cursor"]
    assert seen == wanted


def test_a_page_behind_a_signal_that_left_the_list_is_refused(caller: Caller, agent: Agent) -> None:
    first = new_signal(agent, name="a")
    new_signal(agent, name="b")
    cursor = caller.get("/signals", limit=1).json()["next_cursor"]
    Signal.objects.filter(pk=first.pk).update(state="archived")
    refused = caller.get("/signals", limit=1, cursor=cursor)
    assert (refused.status_code, refused.json()["field"]) == (422, "cursor")


def test_a_list_costs_as_many_queries_for_ten_signals_as_for_one(
    caller: Caller, agent: Agent
) -> None:
    new_signal(agent, name="first")
    caller.get("/signals")  # notes that the key was used
    with CaptureQueriesContext(connection) as one:
        caller.get("/signals")
    for number in range(9):
        new_signal(agent, name=f"more {number}")
    with CaptureQueriesContext(connection) as ten:
        caller.get("/signals")
    assert len(ten) == len(one)


@pytest.mark.slow
def test_a_page_of_a_thousand_signals_takes_less_than_200_ms(caller: Caller, agent: Agent) -> None:
    template = new_signal(agent, name="0")
    version = template.live_version
    assert version is not None
    made = Signal.objects.bulk_create(
        Signal(project=agent.project, agent=agent, name=f"{n}", scope="trace")
        for n in range(1, 1000)
    )
    versions = SignalVersion.objects.bulk_create(
        SignalVersion(
            signal=each,
            number=1,
            type=version.type,
            prompt=version.prompt,
            labels=version.labels,
            sample_rate=1,
        )
        for each in made
    )
    for each, its_version in zip(made, versions, strict=True):
        each.live_version = its_version
    Signal.objects.bulk_update(made, ["live_version"])
    took = []
    for sort in ("name", "volume") * 5:
        begin = time.perf_counter()
        assert len(names(caller.get("/signals", sort=sort))) == 50
        took.append(time.perf_counter() - begin)
    assert sorted(took)[len(took) // 2] < 0.2


def test_templates_are_listed_and_read_by_their_key(caller: Caller) -> None:
    items = caller.get("/templates").json()["items"]
    assert [each["key"] for each in items] == list(BY_KEY)
    assert caller.get("/templates/sentiment").json() == items[1]
    assert caller.get("/templates/nothing").status_code == 404
