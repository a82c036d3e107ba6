"""One real server for the tests of a module, with a project and a key that it knows."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from teams.models import ApiKey, Project
from tests.server import WebServer, test_database_url
from tests.traces.making import a_project
from traces.models import AgentTrace, Session, Span, SpanLog, Trace


@dataclass
class Served:
    port: int
    project: Project
    key: str
    server: WebServer

    def post(
        self,
        body: bytes,
        headers: Mapping[str, str | None] | None = None,
        *,
        method: str = "POST",
        path: str = "/v1/traces",
        chunked: bool = False,
    ) -> tuple[int, dict[str, str], bytes]:
        """(status, headers in lower case, body); a header of None is not sent."""
        given: dict[str, Any] = {"Authorization": f"Bearer {self.key}"} | dict(headers or {})
        words = {name: value for name, value in given.items() if value is not None}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            pieces = [body[at : at + 50_000] for at in range(0, len(body), 50_000)]
            connection.request(
                method, path, iter(pieces) if chunked else body, words, encode_chunked=chunked
            )
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, found, answer.read()
        finally:
            connection.close()

    def stored(self, trace_id: UUID) -> set[int]:
        spans = Span.objects.filter(project_id=self.project.pk, trace_id=trace_id)
        return set(spans.values_list("span_id", flat=True))


@contextmanager
def served(environment: dict[str, str] | None = None) -> Iterator[Served]:
    """Needs a database that is open to the test; leaves it as it was."""
    project = a_project("served")
    key = ApiKey.objects.issue(project, "tests")[1]
    try:
        with WebServer(test_database_url(), environment=environment) as server:
            yield Served(server.port, project, key, server)
    finally:
        for table in (Span, SpanLog, Trace, AgentTrace, Session):
            table.objects.filter(project_id=project.pk).delete()
        project.team.delete()
