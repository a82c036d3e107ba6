"""The audit log says of each door who came in by it: a person, a key or a program, from where."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.acting import Door, acting_as, be, who_acts
from signals_app.definition import states
from signals_app.models import Signal
from teams.models import ApiKey, AuditEntry, Project
from tests.api.inf import calling as inf
from tests.api.mcp.calling import connected, run, secret_of
from tests.api.oauth.granted import token
from tests.api.rest.calling import ROOT, writing
from tests.server import WebServer
from tests.signals_app.labelled import new_agent, new_signal
from tests.traces.arrivals import member, new_project


def paused() -> AuditEntry:
    return AuditEntry.objects.get(action="signal.paused")


@pytest.mark.django_db
def test_a_page_knows_the_person(client: Client, project: Project, signal: Signal) -> None:
    user = member(project)
    client.force_login(user)
    client.post(reverse("signal_pause", args=[project.slug, signal.uuid]), REMOTE_ADDR="192.0.2.9")
    entry = paused()
    assert (entry.door, entry.email, entry.address) == ("page", user.email, "192.0.2.9")
    assert (entry.user_id, entry.key, entry.who) == (user.pk, "", user.email)


@pytest.mark.django_db
def test_rest_knows_the_key(project: Project, signal: Signal) -> None:
    writing(project).post(f"/signals/{signal.uuid}/pause")
    entry, key = paused(), ApiKey.objects.get()
    assert (entry.door, entry.email, entry.address) == ("rest", "", "127.0.0.1")
    assert (entry.key, entry.key_name, entry.who) == (str(key.uuid), "writer", "writer")


@pytest.mark.django_db
def test_the_command_line_is_told_from_other_programs(project: Project, signal: Signal) -> None:
    writing(project).post(f"/signals/{signal.uuid}/pause", **{"User-Agent": "signals-cli/0.1.0"})
    assert paused().door == "cli"


@pytest.mark.django_db
def test_a_program_acts_for_a_person(client: Client, project: Project, signal: Signal) -> None:
    user = member(project)
    secret = token(user, project, ("read", "write"))
    answer: Any = client.post(
        f"{ROOT}/signals/{signal.uuid}/pause", headers={"Authorization": f"Bearer {secret}"}
    )
    assert answer.status_code == 200
    entry = paused()
    assert (entry.door, entry.email, entry.program) == ("rest", user.email, "A program")


@pytest.mark.django_db
def test_inf_knows_the_key(project: Project, signal: Signal) -> None:
    inf.writing(project).tells("signals.disable", id=str(signal.uuid))
    assert (paused().door, paused().key_name) == ("inf", "writer")


def test_mcp_knows_the_key(web_server: WebServer) -> None:
    project = new_project()
    signal = new_signal(new_agent(project))
    secret = secret_of(project)

    async def pause() -> None:
        async with connected(web_server.url, secret) as client:
            await client.call_tool("set_signal_state", {"signal": signal.name, "state": "paused"})

    run(pause)
    entry = paused()
    assert (entry.door, entry.key_name, entry.address) == ("mcp", "for write", "127.0.0.1")


@pytest.mark.django_db
def test_what_nobody_asked_for_is_done_by_signals_itself(signal: Signal) -> None:
    with acting_as(who_acts.get()):
        be(Door.WORKER, "judge")
        states.block(signal.pk, "The judge refuses.", timezone.now())
    assert (paused().door, paused().program, paused().who) == ("worker", "judge", "Signals")


@pytest.mark.django_db
def test_who_came_in_by_one_request_is_forgotten_with_it(project: Project, signal: Signal) -> None:
    writing(project).post(f"/signals/{signal.uuid}/pause")
    assert who_acts.get().key_uuid == ""
