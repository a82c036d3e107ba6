"""How programs connect, on the page of keys and beside a new key."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from teams.models import Project
from tests.html import html_of

pytestmark = pytest.mark.django_db


def test_the_page_of_keys_says_how_programs_connect_to_this_server(
    reader: Client, project: Project
) -> None:
    page = html_of(reader.get(f"/p/{project.slug}/settings/keys/"))
    for line in ("/cli/signals.pyz", "/api/v1/signals", "/mcp", "/inf", "/v1/traces"):
        assert f"{settings.BASE_URL}{line}" in page, line
    assert str(project.uuid) in page
    assert "YOUR_API_KEY" in page


def test_beside_a_new_key_the_lines_have_it(manager: Client, project: Project) -> None:
    given = {"name": "agent", "rights": "read", "expires": "never"}
    page = html_of(manager.post(f"/p/{project.slug}/settings/keys/new/", given))
    secret = page.partition("sk-signals-")[2].partition("<")[0]
    assert "claude mcp add --transport http" in page
    assert f'--header "Authorization: Bearer sk-signals-{secret}"' in page
    assert "YOUR_API_KEY" not in page
