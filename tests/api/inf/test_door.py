"""What every call under /inf passes, whichever procedure it names."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from api.inf.procedures import PROCEDURES
from teams import keys
from teams.models import Project
from tests.api.inf.calling import ROOT, Caller, error_of, reading, writing
from tests.traces.arrivals import new_project

pytestmark = pytest.mark.django_db

WRITING = sorted(name for name, procedure in PROCEDURES.items() if procedure.writes)
#: What a careless or hostile program may send in any field.
STRANGE: list[Any] = [
    *("", " ", "x" * 300, "\ud83d\ude00", "null", "9" * 400, "-1", "2026-99-99", "0001-01-01"),
    *(0, -1, 10**30, 1.5, 1e308, True, [], [1], ["x" * 300], [[]], {}, {"a": 1}, {"a": {"b": []}}),
]
FIELDS = [
    *("id", "signalId", "alertId", "agentId", "agentIdentityValue", "agentIdentity", "name"),
    *("scope", "classifierType", "prompt", "labels", "labelSentiments", "sampleRatePercent"),
    *("from", "to", "bucket", "limit", "offset", "cursor", "sortBy", "sortDir", "boolLabel"),
    *("stringLabels", "metric", "operator", "threshold", "window", "comparison", "lookbackDays"),
    *("filters", "filter", "traceId", "spanId", "spanIds", "facetIds", "query", "sessionId"),
    *("timeRange", "granularity", "startDate", "endDate", "identityValues", "includeArchived"),
    *("minLabelCount", "cooldownMinutes", "stringLabel", "slackChannelId", "sampleSize"),
    *("jobId", "traceImportId", "parts", "fileSize", "source", "templateKey", "sortOrder"),
]


@pytest.fixture
def caller(project: Project) -> Caller:
    return writing(project)


def send(caller: Caller, name: str, fields: dict[str, Any]) -> Any:
    is_query = PROCEDURES[name].method == "GET"
    return (caller.query if is_query else caller.mutation)(name, fields)


@pytest.mark.parametrize("name", sorted(PROCEDURES))
def test_a_procedure_without_a_key_says_that_a_key_is_needed(name: str, client: Client) -> None:
    code, message = error_of(client.get(f"{ROOT}/{name}"))
    assert code == "UNAUTHORIZED"
    assert "API key" in message


@pytest.mark.parametrize("name", sorted(PROCEDURES))
def test_a_procedure_without_input_answers_in_the_envelope(name: str, caller: Caller) -> None:
    response = send(caller, name, {})
    assert set(response.json()) in ({"result"}, {"error"})
    assert response.status_code != 500


@pytest.mark.parametrize("name", sorted(PROCEDURES))
def test_a_procedure_refuses_strange_input_with_a_sentence(name: str, caller: Caller) -> None:
    for value in STRANGE:
        response = send(caller, name, dict.fromkeys(FIELDS, value))
        assert response.status_code != 500, (name, value)
        assert set(response.json()) in ({"result"}, {"error"})


@pytest.mark.parametrize("name", WRITING)
def test_a_reading_key_may_not_call_what_writes(name: str, project: Project) -> None:
    code, message = reading(project).is_refused(name)
    assert code == "FORBIDDEN"
    assert "may read only" in message


def test_a_reading_key_may_look(project: Project) -> None:
    assert reading(project).asks("signals.listByProject") == []


def test_a_made_up_key_is_refused_in_the_words_of_every_door(db: None) -> None:
    assert Caller("sk-signals-no").is_refused("project.getProjects", asks=True) == (
        "UNAUTHORIZED",
        keys.UNKNOWN,
    )


def test_a_revoked_key_is_refused(project: Project) -> None:
    key, secret = keys.issue(project, "old", None, now=timezone.now())
    keys.revoke(key, timezone.now())
    assert Caller(secret).is_refused("project.getProjects", asks=True)[1] == keys.REVOKED


@pytest.mark.parametrize("name", ["dataset.list", "signals", "signals.", "", "a/b", "x" * 500])
def test_what_is_not_served_says_so(name: str, caller: Caller) -> None:
    code, message = error_of(caller.query(name))
    assert code == "NOT_FOUND"
    assert "does not serve" in message


def test_the_bare_address_answers_in_the_envelope(caller: Caller) -> None:
    assert error_of(caller.client.get("/inf", headers=caller.headers))[0] == "NOT_FOUND"


def test_a_query_that_is_posted_is_told_the_method(caller: Caller) -> None:
    code, message = caller.is_refused("signals.getById")
    assert code == "METHOD_NOT_SUPPORTED"
    assert message == "signals.getById is called with GET."


@pytest.mark.parametrize("body", ["{", "[]", '"x"', "[" * 100_000, '{"a": NaN}', "\xff"])
def test_what_is_no_json_object_is_refused(body: str, caller: Caller) -> None:
    response = caller.client.generic(
        "POST",
        f"{ROOT}/signals.create",
        body.encode("latin-1"),
        content_type="application/json",
        headers=caller.headers,
    )
    assert error_of(response) == ("BAD_REQUEST", "The input is no JSON object.")


@pytest.mark.parametrize("text", ["a\x00", "\ud800"])
def test_characters_that_cannot_be_kept_are_refused(text: str, caller: Caller) -> None:
    for fields in ({"name": text}, {text: 1}, {"labels": [text]}, {"filters": {"a": {text: 1}}}):
        code, message = caller.is_refused("signals.create", **fields)
        assert (code, message[:15]) == ("BAD_REQUEST", "Null characters")


def test_fields_that_nobody_reads_are_ignored(caller: Caller) -> None:
    assert caller.asks("signals.listByProject", output="/tmp/x", teamId="another", z=[1]) == []


def test_the_project_may_be_named_by_its_id_or_address(project: Project, caller: Caller) -> None:
    for name in (str(project.uuid), project.uuid.hex, project.slug):
        assert caller.asks("signals.listByProject", projectId=name) == []


def test_another_project_than_the_keys_is_refused(project: Project, caller: Caller) -> None:
    other = new_project("Theirs")
    for name in (str(other.uuid), other.slug, "nothing", 7):
        code, message = caller.is_refused("signals.listByProject", asks=True, projectId=name)
        assert code == "NOT_FOUND"
        assert str(project.uuid) in message
        assert "Theirs" not in message


def test_calls_beyond_the_rate_are_told_when_to_come_again(caller: Caller, settings: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 1
    caller.query("project.getProjects")
    response = caller.query("project.getProjects")
    assert error_of(response)[0] == "TOO_MANY_REQUESTS"
    assert response["Retry-After"]


def test_a_fault_of_ours_is_an_error_in_the_envelope(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.inf.wire.input_of", lambda _request: 1 / 0)
    code, message = error_of(caller.query("signals.listByProject"))
    assert code == "INTERNAL_SERVER_ERROR"
    assert message == "A fault on our side; the server's log says more."


@pytest.mark.parametrize("path", ["organization/list", "device/code", "sign-out"])
def test_the_clients_own_sign_in_is_refused_in_its_own_shape(path: str, client: Client) -> None:
    for response in (
        client.get(f"{ROOT}/api/auth/{path}"),
        client.post(f"{ROOT}/api/auth/{path}", "{}", content_type="application/json"),
    ):
        said = json.loads(response.content)
        assert response.status_code == 401
        assert said["message"].startswith("Signing in by device is not served under /inf")


def test_the_clients_telemetry_is_taken_and_not_kept(caller: Caller) -> None:
    assert caller.tells("telemetry.recordCliCommand", command="signals list") == {}


def test_who_asks_is_the_key(project: Project, caller: Caller) -> None:
    user = caller.asks("user.getProfile")["session"]["user"]
    assert (user["name"], user["email"]) == ("writer", None)
    (only,) = caller.asks("project.getProjects")
    assert (only["id"], only["name"]) == (str(project.uuid), project.name)
    assert caller.asks("project.getProject", projectId=only["id"])["teamId"] == str(
        project.team.uuid
    )
    assert caller.asks("project.getAuthContext")["permissions"] == ["read", "write"]
    assert reading(project).asks("project.getAuthContext")["permissions"] == ["read"]


def test_keys_are_listed_without_their_secret_and_made_on_the_page(caller: Caller) -> None:
    (key,) = caller.asks("apiKey.list")
    assert key["enabled"] is True
    assert key["keyPreview"][:-1] in caller.secret
    assert caller.secret not in json.dumps(key)
    code, message = caller.is_refused("apiKey.create", name="x")
    assert code == "METHOD_NOT_SUPPORTED"
    assert "settings" in message
