"""The cast of the tests: a project with its people, an agent and a signal of it.

`reader`, `writer` and `manager` are clients that somebody is signed in with: who may look, who may
change, and who may manage.
A test file that needs another of them defines a fixture of the same name, which goes before these.
"""

from __future__ import annotations

import pytest
from django.test import Client

from signals_app.models import Signal
from teams.models import Project
from tests.signals_app.labelled import new_agent, new_signal
from tests.traces.arrivals import member, new_project
from traces.models import Agent


@pytest.fixture
def project() -> Project:
    return new_project()


@pytest.fixture
def agent(project: Project) -> Agent:
    return new_agent(project)


@pytest.fixture
def signal(agent: Agent) -> Signal:
    """An active signal of the agent."""
    return new_signal(agent)


@pytest.fixture
def reader(client: Client, project: Project) -> Client:
    client.force_login(member(project, "viewer"))
    return client


@pytest.fixture
def writer(client: Client, project: Project) -> Client:
    client.force_login(member(project))
    return client


@pytest.fixture
def manager(client: Client, project: Project) -> Client:
    client.force_login(member(project, "admin"))
    return client
