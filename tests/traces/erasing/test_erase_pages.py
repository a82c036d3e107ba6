"""Erasing by the pages and the command: asked twice, by those who manage alone."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from teams.models import Project
from tests.html import html_of
from tests.traces.arrivals import arrive, member, new_project, trace_called, turn
from traces.models import Erasure, Session, Trace

pytestmark = pytest.mark.django_db
ADA = "ada <4711>"


@pytest.fixture
def project() -> Project:
    made = new_project()
    arrive(made, *turn("a", user__id=ADA, session__id="chat"))
    return made


def signed_in(client: Client, project: Project, role: str) -> Client:
    client.force_login(member(project, role))
    return client


def erase_url(project: Project) -> str:
    return f"/p/{project.slug}/settings/data/erase/"


def test_the_page_shows_what_would_go_and_asks_for_the_id(client: Client, project: Project) -> None:
    signed_in(client, project, "admin")
    response = client.get(erase_url(project), {"kind": "user", "subject": ADA})
    page = html_of(response)
    assert '<dt>Traces</dt><dd class="figure">1' in page
    assert "ada &lt;4711&gt;" in page
    assert "Type it again" in page
    assert Trace.objects.exists()


def test_typed_again_it_begins_and_the_data_page_says_so(client: Client, project: Project) -> None:
    signed_in(client, project, "admin")
    given = {"kind": "user", "subject": ADA, "confirmed": ADA}
    response = client.post(f"{erase_url(project)}begin/", given, follow=True)
    page = html_of(response)
    assert "being erased" in page
    assert ADA not in page
    assert Erasure.objects.get().by is not None


@pytest.mark.parametrize("confirmed", ["", "ada"])
def test_not_typed_again_nothing_happens(client: Client, project: Project, confirmed: str) -> None:
    signed_in(client, project, "owner")
    given = {"kind": "user", "subject": ADA, "confirmed": confirmed}
    response = client.post(f"{erase_url(project)}begin/", given)
    assert response.status_code == 422
    assert "Nothing was erased" in html_of(response)
    assert not Erasure.objects.exists()


def test_bad_input_is_refused_at_its_field(client: Client, project: Project) -> None:
    signed_in(client, project, "owner")
    for given in ({"kind": "trace", "subject": "xyz"}, {"kind": "odd", "subject": "x"}):
        assert client.get(erase_url(project), given).status_code == 422
    assert "Nothing to erase" in html_of(
        client.get(erase_url(project), {"kind": "user", "subject": "nobody"})
    )


@pytest.mark.parametrize("role", ["member", "viewer"])
def test_members_and_viewers_are_not_offered_it_and_may_not(
    client: Client, project: Project, role: str
) -> None:
    signed_in(client, project, role)
    assert client.get(erase_url(project)).status_code == 403
    assert client.post(f"{erase_url(project)}begin/", {}).status_code == 403
    assert client.get(f"/p/{project.slug}/settings/data/").status_code == 403
    for path in pages(project):
        assert "data/erase" not in html_of(client.get(path))


def test_it_is_offered_where_the_traffic_is(client: Client, project: Project) -> None:
    signed_in(client, project, "admin")
    for path in pages(project):
        assert "data/erase" in html_of(client.get(path))


def pages(project: Project) -> list[str]:
    key = Session.objects.get(project_id=project.pk).key.hex
    return [
        f"/p/{project.slug}/sessions/{key}/",
        f"/p/{project.slug}/traces/{trace_called(project, 'a').hex_id}/",
        f"/p/{project.slug}/traces/?user=ada+%3C4711%3E",
    ]


def test_the_command_shows_asks_and_erases(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = io.StringIO()
    monkeypatch.setattr("builtins.input", lambda _: "ada")
    with pytest.raises(CommandError, match="Nothing was erased"):
        call_command("erase", "--project", project.slug, "--user-id", ADA, stdout=said)
    assert Trace.objects.exists()
    monkeypatch.setattr("builtins.input", lambda _: ADA)
    call_command("erase", "--project", project.slug, "--user-id", ADA, stdout=said)
    assert "1 traces" in said.getvalue()
    assert not Trace.objects.exists()


def test_the_command_erases_a_whole_project_at_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    with pytest.raises(CommandError, match="Nothing was erased"):
        call_command("erase", "--project", project.slug, "--all")
    monkeypatch.setattr("builtins.input", lambda _: project.slug)
    call_command("erase", "--project", project.slug, "--all")
    assert not Trace.objects.exists()
    assert not Project.objects.filter(pk=project.pk).exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--project", "nowhere", "--user-id", "x"], "no project"),
        (["--user-id", "nobody", "--yes"], "No traffic of it"),
        (["--trace", "xyz", "--yes"], "32 hex digits"),
    ],
)
def test_the_command_refuses_in_words(project: Project, given: list[str], said: str) -> None:
    given = given if "--project" in given else ["--project", project.slug, *given]
    with pytest.raises(CommandError, match=said):
        call_command("erase", *given)
