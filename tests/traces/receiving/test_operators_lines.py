"""Of requests that are not taken the operator finds a bounded number of lines in the log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from teams.models import ApiKey
from tests.traces.receiving.bad_requests import JSON, as_json, good
from tests.traces.receiving.served import Served, served

pytestmark = pytest.mark.slow


@pytest.fixture
def server(transactional_db: None) -> Iterator[Served]:
    with served({"INGEST_MAX_BYTES": "20000"}) as running:
        yield running


def lines(server: Served, event: str) -> list[str]:
    return [line for line in server.server.output().splitlines() if f": {event}: " in line]


def test_refused_bodies_are_one_line_for_each_status_and_project(server: Served) -> None:
    batch = as_json(good("0" * 31 + "1"))
    for number in range(30):
        bad = {"Authorization": f"Bearer made-up-{number}", "Content-Type": JSON}
        assert server.post(batch, bad)[0] == 401
        assert server.post(b"{" * 100, {"Content-Type": JSON})[0] == 400
        assert server.post(b"x" * 30_000, {"Content-Type": JSON})[0] == 413
    refused = lines(server, "body refused")
    project = f"project={server.project.pk} api_key="
    assert len(refused) == 3
    assert sum("status=401" in line and "project=" not in line for line in refused) == 1
    assert sum(f"{project}" in line and "status=400" in line for line in refused) == 1
    assert sum(f"{project}" in line and "status=413" in line for line in refused) == 1
    assert "made-up" not in server.server.output()


def test_a_key_that_may_read_only_is_named_to_the_operator(server: Served) -> None:
    key, secret = ApiKey.objects.issue(server.project, "reads", rights="read")
    for _ in range(3):
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": JSON}
        assert server.post(b"{}", headers)[0] == 403
    (line,) = lines(server, "body refused")
    assert f"project={server.project.pk} api_key={key.pk} status=403" in line


def test_spans_that_are_rejected_are_a_line_without_a_line_break_of_theirs(server: Served) -> None:
    trace, forged = "0" * 31 + "2", "evil\n2026 ERROR core: forged: x=1"
    body = as_json(good(trace), good(trace, 2, spanId=forged))
    assert server.post(body, {"Content-Type": JSON})[0] == 200
    (line,) = lines(server, "rows rejected")
    assert f"project={server.project.pk} api_key=" in line
    assert 'signal="traces" rejected=1 reason="' in line
    assert not any(line.startswith("2026 ERROR") for line in server.server.output().splitlines())
