"""The page of the programs that a person has let in, and letting one in no more."""

from __future__ import annotations

import pytest
from django.test import Client

from api.models import OAuthGrant
from teams.models import Project
from tests.api.oauth.granted import token
from tests.api.rest.calling import Caller
from tests.html import html_of
from tests.traces.arrivals import member

pytestmark = pytest.mark.django_db
PAGE = "/account/programs/"


def test_the_account_leads_to_the_programs(reader: Client) -> None:
    assert f'href="{PAGE}"' in html_of(reader.get("/account/"))
    assert "signals auth login" in html_of(reader.get(PAGE))


def test_a_program_stands_there_with_its_project_and_rights(
    client: Client, project: Project
) -> None:
    user = member(project)
    client.force_login(user)
    token(user, project, ("read", "write"))
    page = html_of(client.get(PAGE))
    assert project.name in page
    assert "reads and writes" in page


def test_a_program_that_is_let_in_no_more_opens_nothing(client: Client, project: Project) -> None:
    user = member(project)
    client.force_login(user)
    secret = token(user, project, ("read",))
    assert Caller(secret).get("/me").status_code == 200
    grant = OAuthGrant.objects.get()
    assert client.post(f"{PAGE}end/", {"grant": grant.grant_id}).status_code == 302
    assert Caller(secret).get("/me").status_code == 401
    assert "signals auth login" in html_of(client.get(PAGE))


def test_nobody_ends_the_programs_of_others(client: Client, project: Project) -> None:
    secret = token(member(project), project, ("read",))
    client.force_login(member(project, email="bob@example.org"))
    grant = OAuthGrant.objects.get()
    assert project.name not in html_of(client.get(PAGE)).partition("<main")[2]
    assert client.post(f"{PAGE}end/", {"grant": grant.grant_id}).status_code == 404
    assert Caller(secret).get("/me").status_code == 200
