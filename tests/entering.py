"""Coming in as somebody: what browser tests begin with."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.utils import timezone
from playwright.sync_api import Page

from teams.models import User
from teams.signin import links


def enter(page: Page, base_url: str, user: User) -> None:
    """Sign somebody in by a link, as the start prints one, and wait for the first page."""
    path = urlsplit(links.issue(user, timezone.now())).path
    page.goto(base_url + path)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/enter/" not in url)
