"""Calls of REST in tests: by a key of the project, or by somebody who is signed in."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client
from django.utils import timezone

from teams import keys
from teams.models import Project

ROOT = "/api/v1"


class Caller:
    """Calls REST with a key, and returns answers as Django's client does."""

    def __init__(self, secret: str, client: Client | None = None) -> None:
        self.client = client or Client()
        self.secret = secret

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(ROOT + path, query, headers=self.headers)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        return self.client.generic(
            method,
            ROOT + path,
            data=_json(body),
            content_type="application/json",
            headers=self.headers | headers,
        )

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any) -> Any:
        return self.send("PATCH", path, body)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}


def _json(body: Any) -> str:
    return body if isinstance(body, str) else json.dumps(body)


def writing(project: Project) -> Caller:
    """Return somebody with a key that may write."""
    return Caller(keys.issue(project, "writer", None, now=timezone.now())[1])


def reading(project: Project) -> Caller:
    """Return somebody with a key that may only read."""
    return Caller(keys.issue(project, "reader", None, now=timezone.now(), rights="read")[1])
