"""Scores of Langfuse's clients: whom they let in, what is kept of them, and where it is shown."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.ids import session_key
from signals_app.models import Classification, LabelCount, Remark, Signal
from teams.keys import READ_ONLY_KEY
from teams.models import ApiKey, Project
from tests.html import html_of
from tests.signals_app.labelled import new_agent, new_signal
from tests.traces.arrivals import arrive, member, new_project, span_id_of, trace_id_of, turn

pytestmark = pytest.mark.django_db

TRACE = trace_id_of("one")
LABELS = [
    {"name": "Completed", "sentiment": "positive", "meaning": ""},
    {"name": "failed", "sentiment": "negative", "meaning": ""},
]


@pytest.fixture
def signal(project: Project) -> Signal:
    return new_signal(new_agent(project), name="Frustrated")


def ask(project: Project, path: str, body: Any = None, secret: str | None = None) -> Any:
    """The answer to a client that sends the key as Basic's password, as Langfuse's do."""
    given = secret or ApiKey.objects.issue(project, "sdk")[1]
    basic = base64.b64encode(f"pk-lf-any:{given}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}"}
    client = Client(enforce_csrf_checks=True)
    if body is None:
        return client.get(f"/api/public/{path}", headers=headers)
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    address = f"/api/public/{path}"
    return client.post(address, text, content_type="application/json", headers=headers)


def score(**changes: Any) -> dict[str, Any]:
    return {"id": "s1", "name": "Frustrated", "value": 1, "traceId": TRACE.hex} | changes


def test_the_project_of_a_key_is_told_in_langfuses_shape(project: Project) -> None:
    (found,) = ask(project, "projects").json()["data"]
    assert (found["id"], found["name"]) == (str(project.uuid), "Ours")
    assert found["organization"]["name"] == "Ours team"
    assert found["metadata"] == {}


@pytest.mark.parametrize("path", ["projects", "scores", "ingestion"])
def test_without_a_good_key_nobody_comes_in(project: Project, path: str) -> None:
    body: list[Any] | None = None if path == "projects" else []
    key, revoked = ApiKey.objects.issue(project, "old")
    key.revoke(key.created_at)
    for secret in ("sk-signals-no", revoked):
        answer = ask(project, path, body, secret)
        assert (answer.status_code, answer.json()["error"]) == (401, "UnauthorizedError")


@pytest.mark.parametrize("path", ["projects", "scores", "ingestion"])
def test_an_expired_key_is_told_since_when(project: Project, path: str) -> None:
    expired = timezone.now() - timedelta(minutes=5)
    secret = ApiKey.objects.issue(project, "old", expires_at=expired)[1]
    answer = ask(project, path, None if path == "projects" else [], secret)
    assert answer.status_code == 401
    said = f"The API key expired on {expired:%Y-%m-%d at %H:%M} UTC. Make a new one"
    assert answer.json()["message"].startswith(said)


def test_a_key_that_may_read_only_asks_for_its_project_and_scores_nothing(
    project: Project, signal: Signal
) -> None:
    secret = ApiKey.objects.issue(project, "reads", rights="read")[1]
    assert ask(project, "projects", secret=secret).status_code == 200
    batch = {"batch": [{"id": "e1", "type": "score-create", "body": score()}]}
    for path, body in (("scores", [score()]), ("scores", score()), ("ingestion", batch)):
        answer = ask(project, path, body, secret)
        assert (answer.status_code, answer.json()["error"]) == (403, "ForbiddenError")
        assert answer.json()["message"] == READ_ONLY_KEY
    assert not Remark.objects.exists()


def test_the_use_of_a_key_is_noted(project: Project) -> None:
    ask(project, "projects")
    assert ApiKey.objects.get().last_used_at is not None


def test_other_addresses_and_methods_are_answered_in_json(project: Project) -> None:
    assert ask(project, "prompts/x").json()["error"] == "NotFoundError"
    wrong = ask(project, "scores")
    assert (wrong.status_code, wrong["Allow"]) == (405, "POST")
    assert wrong.json()["error"] == "MethodNotAllowedError"


@pytest.mark.parametrize(
    ("value", "label"),
    [(1, "true"), (1.0, "true"), (0, "false"), (True, "true"), ("False", "false"), ("1", "true")],
)
def test_a_binary_signal_takes_what_means_true_or_false(
    project: Project, signal: Signal, value: Any, label: str
) -> None:
    assert ask(project, "scores", [score(value=value)]).status_code == 202
    assert Remark.objects.get().label == label


def test_a_score_is_about_a_trace_a_span_or_a_session(project: Project, signal: Signal) -> None:
    about_a_session = score(id="s3", sessionId="chat 7")
    del about_a_session["traceId"]
    scores = [score(), score(id="s2", observationId="00000000000000aa"), about_a_session]
    assert ask(project, "scores", scores).status_code == 202
    rows = Remark.objects.order_by("id").values_list("scope", "target", "span_id")
    key = session_key(signal.agent_id, "chat 7")
    assert list(rows) == [("trace", TRACE, 0), ("span", TRACE, 0xAA), ("session", key, 0)]


def test_the_same_id_says_it_anew(project: Project, signal: Signal) -> None:
    ask(project, "scores", [score(comment="first"), score(value=0, comment="second")])
    assert [(each.label, each.comment) for each in Remark.objects.all()] == [("false", "second")]
    ask(project, "scores", score(comment="third"))
    assert [(each.label, each.comment) for each in Remark.objects.all()] == [("true", "third")]
    other = new_project("Theirs")
    new_signal(new_agent(other), name="Frustrated")
    ask(other, "scores", [score(comment="theirs")])
    assert Remark.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"name": "accuracy"}, "No signal of this project is named 'accuracy'"),
        ({"value": 0.5}, "none of true, false, 1 and 0"),
        ({"value": None}, "a text or a number"),
        ({"value": []}, "a text or a number"),
        ({"traceId": None}, "needs a traceId or a sessionId"),
        ({"traceId": "my-trace"}, "32 hex digits"),
        ({"observationId": "x"}, "16 hex digits"),
        ({"id": "x" * 201}, "at most 200"),
        ({"id": 5}, "The id of a score is a text"),
        ({"comment": {}}, "The comment of a score is a text"),
    ],
)
def test_a_bad_score_is_refused_alone(
    project: Project, signal: Signal, changes: dict[str, Any], why: str
) -> None:
    answer = ask(project, "scores", [score(id="good"), score(**changes)])
    assert answer.status_code == 207
    (error,) = answer.json()["errors"]
    assert why in error["message"]
    assert (answer.json()["accepted"], answer.json()["rejected"]) == (1, 1)
    assert [each.id for each in Remark.objects.all()] == ["good"]
    alone = ask(project, "scores", score(**changes))
    assert (alone.status_code, alone.json()["error"]) == (400, "InvalidRequestError")


def test_a_string_signal_takes_its_labels_in_any_case(project: Project) -> None:
    new_signal(new_agent(project), "task_outcome", name="Frustrated", labels=LABELS)
    assert ask(project, "scores", [score(value="completed")]).status_code == 202
    assert Remark.objects.get().label == "Completed"
    refused = ask(project, "scores", score(value="done"))
    assert "It knows: Completed, failed." in refused.json()["message"]


def test_of_two_agents_with_such_a_signal_the_one_of_the_trace_is_meant(project: Project) -> None:
    arrive(project, *turn("one", "second", session__id="chat 7"))
    first = new_signal(new_agent(project, "first"), name="Frustrated")
    second = new_signal(project.agents.get(name="second"), name="Frustrated")
    session = score(id="s2", traceId=None, sessionId="chat 7")
    elsewhere = score(id="s3", traceId=trace_id_of("two").hex)
    ask(project, "scores", [score(), session, elsewhere])
    found = dict(Remark.objects.values_list("id", "signal_id"))
    assert found == {"s1": second.pk, "s2": second.pk, "s3": first.pk}


def test_a_batch_of_events_is_answered_event_by_event(project: Project, signal: Signal) -> None:
    batch = [
        {"id": "e1", "type": "score-create", "body": score()},
        {"id": "e2", "type": "trace-create", "body": {}},
        {"id": "e3", "type": "score-create", "body": score(id="s2", name="accuracy")},
        "none",
    ]
    answer = ask(project, "ingestion", {"batch": batch})
    assert answer.status_code == 207
    assert answer.json()["successes"] == [{"id": "e1", "status": 201}]
    errors = {error["id"]: error for error in answer.json()["errors"]}
    assert errors.keys() == {"e2", "e3", ""}
    assert "/v1/traces" in errors["e2"]["message"]
    assert errors["e3"]["status"] == 400


@pytest.mark.parametrize("path", ["scores", "ingestion"])
@pytest.mark.parametrize("body", [b"{", b"5", b'"x"', b"null", b"\xff"])
def test_what_is_no_request_is_a_400(
    project: Project, signal: Signal, path: str, body: bytes
) -> None:
    answer = ask(project, path, body)
    assert (answer.status_code, answer.json()["error"]) == (400, "InvalidRequestError")


def test_remarks_stand_on_the_pages_and_count_nowhere(client: Client, project: Project) -> None:
    arrive(project, *turn("one", "support", session__id="chat 7"))
    agent = project.agents.get()
    new_signal(agent, name="Frustrated")
    counts = LabelCount.objects.count(), Classification.objects.count()
    ask(project, "scores", [score(comment="<b>He</b> shouted"), score(id="s2", sessionId="chat 7")])
    span = span_id_of("one", "chat").hex()
    ask(project, "scores", [score(id="s3", observationId=span, comment="On the call")])
    client.force_login(member(project))
    key = session_key(agent.pk, "chat 7")
    for address in (
        reverse("trace", args=[project.slug, TRACE]),
        reverse("session", args=[project.slug, key]),
    ):
        page = html_of(client.get(address))
        assert "&lt;b&gt;He&lt;/b&gt; shouted" in page
        assert "On the call" in page
        assert "sent as scores: no labels" in page
    listed = html_of(client.get(reverse("traces", args=[project.slug])))
    assert "label-chips" not in listed or "Frustrated" not in listed.split("label-chips")[1][:300]
    assert (LabelCount.objects.count(), Classification.objects.count()) == counts
