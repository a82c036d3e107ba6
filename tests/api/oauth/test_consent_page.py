"""A person lets a program in with a real browser, which follows the page's own policy."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from django.test import Client as Browser
from playwright.sync_api import Page, expect

from teams.models import Project
from tests.server import WebServer
from tests.traces.arrivals import member

pytestmark = pytest.mark.slow

CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(b"v" * 50).digest()).decode().rstrip("=")


class _Back(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"The program has its code.")

    def log_message(self, *_words: Any) -> None:
        """Say nothing."""


@pytest.fixture
def program() -> Iterator[str]:
    """Where a program on the own machine waits for its code."""
    with HTTPServer(("127.0.0.1", 0), _Back) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/back"
        server.shutdown()
        thread.join()


def test_the_consent_page_leads_back_to_the_program(
    web_server: WebServer, project: Project, program: str, page: Page
) -> None:
    signed_in = Browser()
    signed_in.force_login(member(project))
    cookie = {"name": "sessionid", "value": signed_in.cookies["sessionid"].value}
    page.context.add_cookies([{**cookie, "url": web_server.url}])  # type: ignore[typeddict-item]
    wanted = {"client_name": "Agent", "redirect_uris": [program]}
    wanted["token_endpoint_auth_method"] = "none"
    made = httpx2.post(f"{web_server.url}/identity/o/api/clients", json=wanted).json()
    asked = {
        "client_id": made["client_id"], "redirect_uri": program, "response_type": "code",
        "scope": "read write", "state": "s", "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }  # fmt: skip
    page.goto(f"{web_server.url}/identity/o/authorize?{urlencode(asked)}")
    expect(page.get_by_role("heading", name="Let Agent in?")).to_be_visible()
    expect(page.get_by_label("Project", exact=True)).to_have_value(project.slug)
    expect(page.get_by_text(program.removesuffix("/back"))).to_be_visible()
    page.get_by_label("Write: make").uncheck()
    page.get_by_role("button", name="Let it in").click()
    expect(page.get_by_text("The program has its code.")).to_be_visible()
    assert page.url.startswith(f"{program}?code=")
