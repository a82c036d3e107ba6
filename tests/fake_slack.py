"""Slack's Web API on loopback, which answers well or fails as a test tells it to.

with FakeSlack() as slack:
    slack.use(settings)
    slack.says["chat.postMessage"] = error("is_archived")
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from tests.fake_webhook import Answer, FakeServer, Request, told

Says = Answer | Callable[[Request], Answer]
TOKEN = "xoxb-good"
#: Answers that are no answer of Slack's.
HTML = Answer(200, {"Content-Type": "text/html"}, b"<html>A proxy's page</html>")
LIST = Answer(200, {"Content-Type": "application/json"}, b"[1, 2]")


def error(code: str, status: int = 200) -> Answer:
    return told(status, ok=False, error=code)


def limited(seconds: int) -> Answer:
    return told(429, {"Retry-After": str(seconds)}, ok=False, error="ratelimited")


class FakeSlack(FakeServer):
    """says: by method, in the place of the usual answer. channels: (id, name), in pages of two."""

    def __init__(self) -> None:
        super().__init__(self._usual)
        self.says: dict[str, Says] = {}
        self.channels = [("C1", "support"), ("C2", "alerts"), ("C3", "general")]
        self.private = [("G1", "secret")]

    def use(self, settings: Any) -> None:
        settings.SLACK_API_URL = self.url

    @property
    def posted(self) -> list[dict[str, Any]]:
        """The messages that were asked for, whatever the answer."""
        return [
            arguments(request) for request in self.requests if request.path == "/chat.postMessage"
        ]

    def _usual(self, request: Request) -> Answer:
        method = request.path.strip("/")
        if said := self.says.get(method):
            return said(request) if callable(said) else said
        if method == "oauth.v2.access":
            return self._exchange(arguments(request))
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return error("invalid_auth")
        if method == "auth.test":
            return told(ok=True, team="Acme", team_id="T1", user_id="U1")
        if method == "conversations.list":
            return self._page(arguments(request))
        if method == "chat.postMessage":
            return told(ok=True, ts="1.2", channel=arguments(request)["channel"])
        return error("unknown_method")

    def _exchange(self, given: dict[str, Any]) -> Answer:
        if given.get("code") != "good-code":
            return error("invalid_code")
        return told(ok=True, access_token=TOKEN, team={"id": "T1", "name": "Acme"})

    def _page(self, given: dict[str, Any]) -> Answer:
        found = [(one, name, False) for one, name in self.channels]
        if "private_channel" in given["types"]:
            found += [(one, name, True) for one, name in self.private]
        start = int(given.get("cursor") or 0)
        page = [
            {"id": one, "name": name, "is_private": private}
            for one, name, private in found[start : start + 2]
        ]
        following = str(start + 2) if start + 2 < len(found) else ""
        return told(ok=True, channels=page, response_metadata={"next_cursor": following})


def arguments(request: Request) -> dict[str, Any]:
    """What a method was called with, sent as JSON or as a form."""
    if "json" in request.headers.get("content-type", ""):
        found: dict[str, Any] = json.loads(request.body)
        return found
    return {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
