"""A project with traffic, and the genuine client of servers that have it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from teams.models import Project
from tests.api.inf.genuine import Inf, client_of
from tests.fake_judge import FakeJudge
from tests.server import WebServer, Worker
from tests.traces.arrivals import arrive, new_project, turn


@pytest.fixture
def ours() -> Project:
    """Five runs of one agent an hour ago, in one session."""
    project = new_project("Ours")
    for number in range(5):
        at = timezone.now() - timedelta(hours=1, minutes=number)
        arrive(project, *turn(f"t{number}", at=at, session__id="chat", user__id="ada"))
    return project


@pytest.fixture
def inf(web_server: WebServer, ours: Project, tmp_path: Path) -> Inf:
    return client_of(web_server, ours, tmp_path)


@pytest.fixture
def judged(database_url: str) -> Iterator[dict[str, str]]:
    """The environment of a server whose judge is a fake one."""
    with FakeJudge() as judge:
        yield {"JUDGE_BASE_URL": judge.url, "JUDGE_API_KEY": "key", "JUDGE_MODEL": "model-1"}


@pytest.fixture
def inf_at_work(
    database_url: str, judged: dict[str, str], ours: Project, tmp_path: Path
) -> Iterator[Inf]:
    """The client of a server with a worker and a judge."""
    with WebServer(database_url, environment=judged) as server, Worker(database_url, judged):
        yield client_of(server, ours, tmp_path)
