"""Speaks REST with one server: one request, one answer, and sentences for all that goes wrong."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any

from signals_cli import AGENT, profiles
from signals_cli.errors import ExitCode, Failed, Refusal, Unreachable
from signals_cli.login import device
from signals_cli.profiles import NO_KEY, Profile

if TYPE_CHECKING:
    import httpx2

ROOT = "/api/v1"
#: The server holds itself to less; a run of comparisons may take it.
TIMEOUT_S = 60.0
MOST_TRIES = 5
LONGEST_WAIT_S = 60.0
PAGE = 200

Query = Mapping[str, Any]
NO_QUERY: Query = {}
Note = Callable[[str], None]


class Client:
    """Requests to the server of a profile. note: told why it waits."""

    def __init__(self, profile: Profile, note: Note) -> None:
        self.profile = profile
        self._note = note
        self._http: httpx2.Client | None = None
        self._lock = Lock()

    @property
    def http(self) -> httpx2.Client:
        with self._lock:
            if device.is_almost_over(self.profile):
                self.profile = _renewed(self.profile)
                self._http = None
            if self._http is None:
                self._http = self._opened()
            return self._http

    def _opened(self) -> httpx2.Client:
        import httpx2  # a third of a second that `--help` need not take

        headers = {"User-Agent": AGENT, "Accept": "application/json"}
        if self.profile.secret:
            headers["Authorization"] = f"Bearer {self.profile.secret}"
        return httpx2.Client(base_url=self.profile.url, headers=headers, timeout=TIMEOUT_S)

    def close(self) -> None:
        if self._http is not None:
            self._http.close()

    def get(self, path: str, **query: Any) -> Any:
        return self.call("GET", path, query=query)

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        return self.call("POST", path, body={} if body is None else body, query=query)

    def patch(self, path: str, body: Any) -> Any:
        return self.call("PATCH", path, body=body)

    def call(self, method: str, path: str, *, body: Any = None, query: Query = NO_QUERY) -> Any:
        """Return the answer, read as JSON.

        What the server asks to try later is tried later. A POST carries the same idempotency key
        each time, so that nothing is made twice.
        """
        self._check_secret()
        content = None if body is None else json.dumps(body).encode("ascii")
        headers = {"Content-Type": "application/json"} if content is not None else {}
        if method == "POST":
            headers["Idempotency-Key"] = uuid.uuid4().hex
        parameters = self._parameters(query)
        for left in reversed(range(MOST_TRIES)):
            with self._reaching():
                response = self.http.request(
                    method, ROOT + path, content=content, headers=headers, params=parameters
                )
            wait_s = _asked_to_wait(response)
            if not left or wait_s is None:
                break
            self._note(f"The server asks to wait {wait_s:g} s.")
            time.sleep(wait_s)
        return self._read(response)

    def rows(self, path: str, query: Query, most: int, page: int = PAGE) -> Iterator[Any]:
        """Yield pages of a list, as answered, until `most` rows (0: all) have come."""
        given, seen = dict(query), 0
        while True:
            wanted = min(page, most - seen) if most else page
            answer = self.get(path, **{**given, "limit": wanted})
            seen += len(_items(answer))
            yield answer
            older = answer.get("next_cursor")
            if not older or (most and seen >= most):
                return
            given["cursor"] = older

    @contextmanager
    def stream(self, path: str, query: Query = NO_QUERY) -> Iterator[httpx2.Response]:
        """Give an answer whose body is read piece by piece."""
        self._check_secret()
        with (
            self._reaching(),
            self.http.stream("GET", ROOT + path, params=self._parameters(query)) as response,
        ):
            if response.status_code != 200:
                response.read()
                self._read(response)
            yield response

    def upload(self, path: str, pieces: Iterable[bytes], query: Query) -> Any:
        """Send a body of any length piece by piece. It may take as long as it takes."""
        self._check_secret()
        with self._reaching():
            response = self.http.post(
                ROOT + path,
                content=pieces,
                params=self._parameters(query),
                headers={"Content-Type": "application/octet-stream"},
                timeout=None,
            )
        return self._read(response)

    def _check_secret(self) -> None:
        if not self.profile.secret:
            raise Failed(NO_KEY.format(url=self.profile.url), ExitCode.NO_ENTRY)

    def _parameters(self, query: Query) -> httpx2.QueryParams:
        import httpx2

        pairs = [("project", self.profile.project)] if self.profile.project else []
        for name, value in query.items():
            for each in value if isinstance(value, list | tuple) else [value]:
                if each is not None and each != "":
                    text = str(each).lower() if isinstance(each, bool) else str(each)
                    pairs.append((name, text))
        return httpx2.QueryParams([*pairs])

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        import httpx2

        try:
            yield
        except (httpx2.RequestError, httpx2.InvalidURL) as error:
            why = str(error) or type(error).__name__
            raise Unreachable(f"{self.profile.url} does not answer: {why}") from None

    def _read(self, response: httpx2.Response) -> Any:
        try:
            said = json.loads(response.content or b"null")
        except ValueError:
            said = None
        if 200 <= response.status_code < 300:
            if said is None and response.content and _is_page(response):
                raise self._no_server_of_ours()
            return said
        if not isinstance(said, dict) or "message" not in said:
            if response.status_code >= 500:
                status = response.status_code
                raise Refusal(status, f"The server answered with status {status}.")
            raise self._no_server_of_ours()
        errors = said.get("errors") or []
        fields = [(str(each.get("field")), str(each.get("message"))) for each in errors]
        if not fields and said.get("field"):
            fields = [(str(said["field"]), str(said["message"]))]
        raise Refusal(
            response.status_code, str(said["message"]), fields, str(said.get("request_id") or "")
        )

    def _no_server_of_ours(self) -> Unreachable:
        return Unreachable(
            f"{self.profile.url} answers, but not as a Signals server does. Check SIGNALS_URL."
        )


def _items(answer: Any) -> list[Any]:
    found = answer.get("items") if isinstance(answer, dict) else None
    return found if isinstance(found, list) else []


def _is_page(response: httpx2.Response) -> bool:
    return "json" not in response.headers.get("content-type", "")


def _asked_to_wait(response: httpx2.Response) -> float | None:
    """Return for how many seconds; None where trying again is not asked for, or not for long."""
    if response.status_code not in (429, 503):
        return None
    try:
        wait_s = max(0.0, float(response.headers.get("retry-after", "")))
    except ValueError:
        return None
    return wait_s if wait_s <= LONGEST_WAIT_S else None


def _renewed(profile: Profile) -> Profile:
    """Renew a person's token, and keep the new one; another command may have done so just now."""
    try:
        fresh = device.renewed(profile)
    except Failed:
        kept = profiles.stored(profile.name)
        if kept is None or kept.secret == profile.secret:
            raise
        return kept
    profiles.save(fresh, make_current=False)
    return fresh
