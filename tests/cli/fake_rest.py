"""A small server that speaks REST as far as a test says, and how commands are called at it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from signals_cli.app import run

from tests.fake_webhook import Answer, FakeServer, Request, told

ROOT = "/api/v1"
SIGNAL_ID = "0b9b1c1e-5a3f-4d0e-9f6e-2f1f5f0c7a11"
OTHER_ID = "0b9b1c1e-5a3f-4d0e-9f6e-2f1f5f0c7a12"
ALERT_ID = "0b9b1c1e-5a3f-4d0e-9f6e-2f1f5f0c7a13"
RUN_ID = "0b9b1c1e-5a3f-4d0e-9f6e-2f1f5f0c7a14"
SECRET = "sk-test-0123456789abcdef"

Said = dict[str, Any] | Answer
Route = Said | list[Said] | Callable[[Request], Said]


class FakeRest(FakeServer):
    """`on("GET", "/signals", {...})`. Of several answers each is given once, the last for ever."""

    def __init__(self) -> None:
        super().__init__(self._routed)
        self._routes: dict[tuple[str, str], Route] = {}

    def on(self, method: str, path: str, said: Route) -> None:
        self._routes[method, path] = said

    def _routed(self, request: Request) -> Answer:
        path = urlsplit(request.path).path.removeprefix(ROOT)
        said = self._routes.get((request.method, path))
        if said is None:
            return problem(404, "not_found", "It does not exist.")
        if isinstance(said, list):
            said = said.pop(0) if len(said) > 1 else said[0]
        if callable(said):
            said = said(request)
        return said if isinstance(said, Answer) else told(**said)

    def asked(self, method: str, path: str) -> list[Request]:
        """Return the requests to a path, without their query."""
        wanted = (method, ROOT + path)
        return [each for each in self.requests if (each.method, urlsplit(each.path).path) == wanted]

    def body(self, method: str, path: str) -> Any:
        """Return what was sent there at last."""
        return json.loads(self.asked(method, path)[-1].body)


def query(request: Request) -> dict[str, list[str]]:
    return parse_qs(urlsplit(request.path).query)


def problem(
    status: int, code: str, message: str, *fields: tuple[str, str], **headers: str
) -> Answer:
    errors = [{"field": field, "message": text} for field, text in fields]
    first = fields[0][0] if fields else None
    said = {"code": code, "message": message, "field": first, "errors": errors}
    return told(status, headers, **said, request_id="r1")


def signal_row(**changed: Any) -> dict[str, Any]:
    """Return a signal as REST answers it."""
    version = {
        "number": 3,
        "type": "string",
        "prompt": "Was it paid back?",
        "labels": [
            {"name": "paid", "sentiment": "positive", "meaning": ""},
            {"name": "refused", "sentiment": "negative", "meaning": "They said no."},
        ],
        "sample_rate": 1.0,
        "judge_model": "",
    }
    return {
        "id": SIGNAL_ID,
        "name": "Refunds",
        "agent": {"id": OTHER_ID, "name": "shop"},
        "scope": "trace",
        "state": "active",
        "paused_reason": "",
        "template": "",
        "version": version | changed.pop("version", {}),
        "week": {"labels": 12, "unlabelled": 1, "shares": {"paid": 0.75, "refused": 0.25}},
        "url": "http://signals.test/p/signals/1",
        **changed,
    }


def alert_row(**changed: Any) -> dict[str, Any]:
    """Return an alert as REST answers it."""
    rule = {
        "metric": "value_share",
        "label": "refused",
        "comparison": "absolute",
        "operator": "gte",
        "threshold": 0.2,
        "window": "1h",
        "min_labels": 5,
        "cooldown_min": 60,
        "guard": False,
        "sentence": "refused is at least 20 % of labels in an hour",
    }
    return {
        "id": ALERT_ID,
        "name": "Too many refusals",
        "signal": {"id": SIGNAL_ID, "name": "Refunds"},
        "rule": rule,
        "state": "on",
        "standing": "not_met",
        "standing_reason": "",
        "channels": [{"kind": "email", "address": "2 people", "paused_reason": ""}],
        **changed,
    }


def page(*items: dict[str, Any], cursor: str | None = None) -> dict[str, Any]:
    return {"items": list(items), "next_cursor": cursor}


@dataclass
class Answered:
    """What a command wrote, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


class CommandLine:
    """`signals("list", "--json")` in this process."""

    def __init__(self, captured: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self._captured, self._patch = captured, patch

    def __call__(self, *words: str, given: bytes = b"") -> Answered:
        self._patch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(given))))
        self._captured.readouterr()
        code = run(list(words))
        said = self._captured.readouterr()
        return Answered(code, said.out, said.err)
