"""What every request to REST passes: who asks, how often, with which parameters."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from teams.models import Project
from tests.api.rest.calling import ROOT, Caller, reading, writing
from tests.traces.arrivals import member, new_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(project: Project) -> Caller:
    return writing(project)


def test_a_key_is_told_its_project_and_rights(project: Project, caller: Caller) -> None:
    answer = caller.get("/me").json()
    assert (answer["project"]["slug"], answer["rights"]) == (project.slug, "write")
    assert answer["key"]["name"] == "writer"


def test_a_reading_key_is_told_that_it_reads(project: Project) -> None:
    assert reading(project).get("/me").json()["rights"] == "read"


def test_a_stranger_is_refused_in_the_one_shape_of_errors(client: Client) -> None:
    response = client.get(f"{ROOT}/me")
    problem = response.json()
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert set(problem) == {"code", "message", "field", "errors", "request_id"}
    assert problem["code"] == "unauthenticated"
    assert problem["request_id"] == response["X-Request-ID"]


def test_a_made_up_key_is_refused(client: Client) -> None:
    assert Caller("sk-signals-made-up").get("/me").status_code == 401


def test_a_signed_in_person_names_the_project(writer: Client, project: Project) -> None:
    answer = writer.get(f"{ROOT}/me", {"project": project.slug}).json()
    assert answer["project"]["slug"] == project.slug
    assert answer["user"] is not None


def test_a_signed_in_person_who_names_no_project_is_told_how(writer: Client) -> None:
    response = writer.get(f"{ROOT}/me")
    assert (response.status_code, response.json()["field"]) == (422, "project")


def test_a_person_finds_no_project_of_another_team(writer: Client) -> None:
    other = new_project("other")
    assert writer.get(f"{ROOT}/me", {"project": other.slug}).status_code == 404


def test_the_id_that_a_proxy_gave_a_request_comes_back(caller: Caller) -> None:
    response = caller.client.get(f"{ROOT}/me", headers=caller.headers | {"X-Request-ID": "abc-1"})
    assert response["X-Request-ID"] == "abc-1"


def test_a_request_id_that_could_forge_a_line_of_the_log_is_replaced(caller: Caller) -> None:
    headers = caller.headers | {"X-Request-ID": "a b\tc"}
    response = caller.client.get(f"{ROOT}/me", headers=headers)
    assert "b" not in response["X-Request-ID"] or len(response["X-Request-ID"]) == 32


def test_a_parameter_that_nobody_reads_is_refused_with_those_that_are_read(caller: Caller) -> None:
    response = caller.get("/agents", agnet="support")
    problem = response.json()
    assert (response.status_code, problem["field"]) == (422, "agnet")
    assert "cursor, end, limit" in problem["message"]


def test_calls_beyond_the_rate_are_told_when_to_come_again(caller: Caller, settings: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 2
    first = caller.get("/me")
    assert (first["RateLimit-Limit"], first["RateLimit-Remaining"]) == ("2", "1")
    caller.get("/me")
    response = caller.get("/me")
    assert (response.status_code, response.json()["code"]) == (429, "rate_limited")
    assert 1 <= int(response["Retry-After"]) <= 60


def test_keys_are_counted_apart(project: Project, caller: Caller, settings: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 1
    caller.get("/me")
    assert writing(project).get("/me").status_code == 200


def test_an_address_that_does_not_exist_is_a_problem_and_no_page(client: Client) -> None:
    response = client.get("/api/v1/nothing/here")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_a_method_that_is_not_served_is_refused_with_those_that_are(caller: Caller) -> None:
    response = caller.send("DELETE", "/agents")
    assert (response.status_code, response["Allow"]) == (405, "GET")
    assert response.json()["code"] == "method_not_allowed"


def test_a_write_of_a_signed_in_person_needs_the_token_of_a_page(project: Project) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(member(project))
    address = f"{ROOT}/alerts?project={project.slug}"
    response = client.post(address, "{}", content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")
    assert "X-CSRFToken" in response.json()["message"]
    client.get(f"/p/{project.slug}/settings/")
    token = {"X-CSRFToken": client.cookies["csrftoken"].value}
    response = client.post(address, "{}", content_type="application/json", headers=token)
    assert response.json()["code"] == "invalid"


def test_a_key_needs_no_token_of_a_page(project: Project, caller: Caller) -> None:
    caller.client = Client(enforce_csrf_checks=True)
    assert caller.post("/alerts", {}).json()["code"] == "invalid"
