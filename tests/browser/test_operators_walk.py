"""The operator on the admin site, in a browser: a team, a project, a person, a key, a trace."""

from __future__ import annotations

import urllib.request
from uuid import uuid4

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from teams.models import Membership, Project, User
from tests.server import WebServer
from tests.traces.otlp_requests import proto_request, proto_span
from traces.models import Span

pytestmark = pytest.mark.slow


@pytest.fixture
def operator(web_server: WebServer, page: Page) -> Page:
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.org", "a-long-password"))
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}
    page.context.add_cookies([cookie | {"url": web_server.url}])  # type: ignore[list-item]
    return page


def choose(page: Page, field: str, text: str) -> None:
    """Pick a row in one of the admin's searching selects."""
    page.locator(f"#id_{field} + .select2").click()
    page.locator(".select2-search__field").fill(text)
    page.locator(".select2-results__option", has_text=text).first.click()


def save(page: Page) -> None:
    page.locator("input[name=_save]").click()


def test_from_an_empty_installation_to_a_trace(operator: Page, web_server: WebServer) -> None:
    page, site = operator, f"{web_server.url}/admin/"
    page.goto(f"{site}teams/team/add/")
    page.locator("#id_name").fill("Crew")
    save(page)
    page.goto(f"{site}teams/project/add/")
    choose(page, "team", "Crew")
    page.locator("#id_name").fill("Support bot")
    save(page)
    page.goto(f"{site}teams/user/add/")
    page.locator("#id_email").fill("ada@example.org")
    page.locator("input[name=usable_password][value=false]").check()
    save(page)
    page.goto(f"{site}teams/membership/add/")
    choose(page, "team", "Crew")
    choose(page, "user", "ada@example.org")
    page.locator("#id_role").select_option("owner")
    save(page)
    assert Membership.objects.get().user.email == "ada@example.org"
    page.goto(f"{site}teams/apikey/add/")
    choose(page, "project", "Support bot")
    page.locator("#id_name").fill("production")
    save(page)
    secret = page.locator("#secret").inner_text()
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/x-protobuf"}
    body = proto_request(proto_span(trace_id=uuid4().bytes))
    request = urllib.request.Request(f"{web_server.url}/v1/traces", body, headers)
    assert urllib.request.urlopen(request).status == 200
    assert Span.objects.filter(project_id=Project.objects.get().pk).count() == 1
    page.goto(f"{site}teams/auditentry/")
    expect(page.locator("#result_list")).to_contain_text("key.made")
