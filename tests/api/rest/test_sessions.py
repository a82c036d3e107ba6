"""Sessions by REST: found by the filters of the page, and read turn by turn."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core.ids import session_key
from signals_app.models import Signal
from teams.models import Project
from tests.api.rest.calling import Caller, writing
from tests.signals_app.labelled import label, new_signal
from tests.traces.arrivals import arrive, new_project, trace_id_of, turn
from traces.models import Agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(project: Project) -> Caller:
    return writing(project)


@pytest.fixture
def key(project: Project) -> str:
    """A session of three turns, of which the second failed, and another one."""
    at = timezone.now() - timedelta(hours=3)
    for n, error in enumerate(("", "It broke.", "")):
        said = {"session__id": "chat", "user__id": "ada", "said": f"question {n}"}
        then = at + n * timedelta(minutes=1)
        arrive(project, *turn(f"turn {n}", at=then, error=error, answer=f"answer {n}", **said))
    arrive(project, *turn("other", "sales", session__id="else"))
    return session_key(Agent.objects.get(project=project, name="support").pk, "chat").hex


def keys_of(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [each["key"] for each in response.json()["items"]]


@pytest.fixture
def signal(project: Project, key: str) -> Signal:
    """A signal of whole sessions that has labelled the one of three turns."""
    agent = Agent.objects.get(project=project, name="support")
    made = new_signal(agent, scope="session")
    label(made, "true", target=session_key(agent.pk, "chat"))
    return made


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({}, 2),
        ({"status": "error"}, 1),
        ({"status": "open"}, 0),
        ({"text": '"question 1"'}, 1),
        ({"session_id": "chat"}, 1),
        ({"user_id": "ada"}, 1),
        ({"user_id": "eve"}, 0),
        ({"label": "true"}, 1),
        ({"label": "false"}, 0),
    ],
    ids=str,
)
def test_a_filter_finds_what_the_page_finds(
    caller: Caller,
    reader: Client,
    project: Project,
    signal: Signal,
    asked: dict[str, Any],
    count: int,
) -> None:
    if "label" in asked:
        asked = {"label": f"{signal.uuid}:{asked['label']}"}
    spelt = {"text": "q", "session_id": "session", "user_id": "user"}
    typed = {spelt.get(name, name): value for name, value in asked.items()}
    page = reader.get(f"/p/{project.slug}/sessions/", typed)
    by_rest = caller.get("/sessions", **asked)
    assert keys_of(by_rest) == [row.session.key.hex for row in page.context["rows"]]
    assert by_rest.json()["count"] == count


def test_a_label_of_sessions_is_refused_where_none_can_be_asked_for(
    caller: Caller, key: str
) -> None:
    refused = caller.get("/sessions", label="x:y")
    assert (refused.status_code, refused.json()["field"]) == (422, "label")


def test_a_row_says_what_its_turns_come_to(caller: Caller, key: str, signal: Signal) -> None:
    row = next(r for r in caller.get("/sessions").json()["items"] if r["key"] == key)
    assert (row["session_id"], row["agent"]["name"], row["user_id"]) == ("chat", "support", "ada")
    assert (row["traces"], row["errors"], row["input"]) == (3, 1, "question 0")
    assert (row["input_tokens"], row["is_open"]) == (300, False)
    assert [each["label"] for each in row["labels"]] == ["true"]


def test_sessions_come_in_pages(caller: Caller, key: str) -> None:
    first = caller.get("/sessions", limit=1)
    second = caller.get("/sessions", limit=1, cursor=first.json()["next_cursor"])
    assert [*keys_of(first), *keys_of(second)] == keys_of(caller.get("/sessions"))
    assert second.json()["next_cursor"] is None


def test_a_session_has_its_turns_the_latest_first(caller: Caller, key: str, signal: Signal) -> None:
    found = caller.get(f"/sessions/{key}", limit=2).json()
    assert [turn["input"] for turn in found["turns"]] == ["question 2", "question 1"]
    assert [mark["scope"] for mark in found["marks"]] == ["session"]
    before = caller.get(f"/sessions/{key}", limit=2, cursor=found["next_cursor"]).json()
    assert [turn["input"] for turn in before["turns"]] == ["question 0"]
    assert before["next_cursor"] is None


def test_the_conversation_of_a_session_comes_by_turns(caller: Caller, key: str) -> None:
    found = caller.get(f"/sessions/{key}/conversation", limit=2).json()
    said = [(m["turn"], m["role"], m["text"]) for m in found["messages"] if m["kind"] == "message"]
    assert said == [
        (2, "user", "question 1"),
        (2, "assistant", "answer 1"),
        (3, "user", "question 2"),
        (3, "assistant", "answer 2"),
    ]
    assert (found["turns"], found["is_cut"]) == (3, False)
    cursor = found["next_cursor"]
    before = caller.get(f"/sessions/{key}/conversation", limit=2, cursor=cursor).json()
    assert [(m["turn"], m["text"]) for m in before["messages"]] == [
        (1, "question 0"),
        (1, "answer 0"),
    ]
    assert before["next_cursor"] is None


def test_the_transcript_is_what_a_judge_reads(caller: Caller, key: str) -> None:
    text = caller.get(f"/sessions/{key}/transcript").json()["text"]
    assert text.startswith("The transcript of a whole conversation")
    assert "[turn 3]\n[user]\n| question 2\n[assistant]\n| answer 2" in text


def test_why_says_what_decided_for_each_signal(caller: Caller, key: str, signal: Signal) -> None:
    (answer,) = caller.get(f"/sessions/{key}/why").json()["signals"]
    assert (answer["kind"], answer["label"]) == ("labelled", "true")
    assert answer["signal"] == {"id": str(signal.uuid), "name": signal.name}
    assert answer["sentences"]
    assert f"/signals/{signal.uuid}/why/" in answer["url"]


def test_nothing_of_another_project_is_found(caller: Caller, project: Project) -> None:
    theirs = new_project("Theirs")
    arrive(theirs, *turn("plain", session__id="chat"))
    key = session_key(Agent.objects.get(project=theirs).pk, "chat").hex
    for path in ("", "/conversation", "/transcript", "/why"):
        assert caller.get(f"/sessions/{key}{path}").status_code == 404
    assert trace_id_of("plain").hex not in caller.get("/traces").content.decode()
