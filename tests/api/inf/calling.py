"""Calls of the vendor's procedures in tests, as its client makes them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from django.test import Client
from django.utils import timezone

from teams import keys
from teams.models import Project

ROOT = "/inf"


class Caller:
    """Calls procedures with a key; `data` answers or fails, `error` fails or answers."""

    def __init__(self, secret: str) -> None:
        self.client, self.secret = Client(), secret

    def query(self, name: str, fields: Any = None) -> Any:
        """Answer a query as Django's client does; `fields` stand in its address."""
        given = "" if fields is None else f"?input={quote(json.dumps(fields))}"
        return self.client.get(f"{ROOT}/{name}{given}", headers=self.headers)

    def mutation(self, name: str, fields: Any = None) -> Any:
        body = json.dumps({} if fields is None else fields)
        kind = "application/json"
        return self.client.post(f"{ROOT}/{name}", body, content_type=kind, headers=self.headers)

    def asks(self, name: str, /, **fields: Any) -> Any:
        """Return the data of a query."""
        return _data(self.query(name, fields))

    def tells(self, name: str, /, **fields: Any) -> Any:
        """Return the data of a mutation."""
        return _data(self.mutation(name, fields))

    def is_refused(self, name: str, /, *, asks: Any = False, **fields: Any) -> tuple[str, str]:
        """Return the name and the sentence of the error."""
        send = self.query if asks else self.mutation
        return error_of(send(name, fields))

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}


def _data(response: Any) -> Any:
    answer = response.json()
    assert "result" in answer, answer
    assert response.status_code == 200
    return answer["result"]["data"]


def error_of(response: Any) -> tuple[str, str]:
    """Return the name and the sentence of an error in the client's envelope."""
    answer = response.json()
    assert set(answer) == {"error"}, answer
    error = answer["error"]
    assert isinstance(error["code"], int)
    assert error["code"] < 0
    assert error["data"]["httpStatus"] == response.status_code
    assert error["message"].endswith((".", ")", "settings/keys/", ">"))
    return error["data"]["code"], error["message"]


def writing(project: Project) -> Caller:
    """Return somebody with a key that may write."""
    return Caller(keys.issue(project, "writer", None, now=timezone.now())[1])


def reading(project: Project) -> Caller:
    """Return somebody with a key that may only read."""
    issued = keys.issue(project, "reader", None, now=timezone.now(), rights="read")
    return Caller(issued[1])
