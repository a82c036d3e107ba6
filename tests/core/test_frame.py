"""What every page has: its policy, its sheets, the rail's links, the account pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from tests.traces.arrivals import member, new_project

pytestmark = pytest.mark.django_db
TEMPLATES = sorted((Path(settings.BASE_DIR) / "templates").rglob("*.html"))
#: Programs that read mail apply no style but what stands in the tags.
MAIL = "/email/"


@pytest.mark.parametrize(
    "name",
    ["account_login", "account_signup", "account_reset_password", "account_reset_password_done"],
)
def test_the_account_pages_wear_our_look(client: Client, name: str) -> None:
    page = client.get(reverse(name)).content.decode()
    assert "css/tokens.css" in page
    assert 'class="brand"' in page


def test_a_page_loads_only_files_that_exist_here(client: Client) -> None:
    project = new_project()
    client.force_login(member(project))
    page = client.get(f"/p/{project.slug}/signals/").content.decode()
    files = re.findall(r'<(?:script|link)[^>]+(?:src|href)="([^"]+)"', page)
    assert len(files) > 6
    for file in files:
        assert file.startswith("/static/"), file
        assert finders.find(file.removeprefix("/static/")), file


def test_the_policy_allows_no_inline_script(client: Client) -> None:
    policy = client.get(reverse("account_login"))["Content-Security-Policy"]
    assert "script-src 'self';" in policy + ";"
    assert "default-src 'none'" in policy


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_no_template_holds_what_the_policy_forbids(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<[a-z][^>%]*\son[a-z]+=", text), "an inline handler"
    assert MAIL in path.as_posix() or not re.search(r"\sstyle=", text), "an inline style"
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", text), "an inline script"


def test_the_rail_shows_only_pages_that_exist_and_marks_the_one_on_screen(
    client: Client,
) -> None:
    project = new_project()
    client.force_login(member(project))
    page = client.get(f"/p/{project.slug}/signals/").content.decode()
    links = re.findall(r'<div class="rail-links">(.*?)</div>', page, re.DOTALL)[0]
    for href in re.findall(r'href="([^"]+)"', links):
        assert client.get(href).status_code == 200
    assert f'href="/p/{project.slug}/signals/" aria-current="page"' in links


def test_the_zone_of_the_browser_is_used_for_times(client: Client) -> None:
    project = new_project()
    client.force_login(member(project))
    client.cookies["zone"] = "Asia/Tokyo"
    response = client.get(f"/p/{project.slug}/agents/?range=24h")
    assert response.status_code == 200
    client.cookies["zone"] = "../../etc/passwd"
    assert client.get(f"/p/{project.slug}/agents/").status_code == 200
