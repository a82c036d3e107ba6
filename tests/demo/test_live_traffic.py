"""Live turns come through the real door, each once, whatever is restarted or doubled."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from core.background import leases
from core.background.leases import SoleWork
from demo import keys, live, people, tasks
from demo.traffic import SLOT_S, slot_at
from teams.models import ApiKey, Project
from tests.server import WebServer, free_port
from traces.ingest import writer
from traces.models import Span, Trace


@pytest.fixture
def project(transactional_db: None, settings: Settings, tmp_path: Path) -> Project:
    settings.DATA_DIR = tmp_path
    made = people.ensure_project(people.ensure_user())
    keys.ensure(made)
    return made


def address_of(server: WebServer) -> live.Address:
    return "127.0.0.1", server.port


def turns_at(now: datetime) -> int:
    return len(live.program().since(slot_at(now) - live.CATCH_UP_SLOTS, slot_at(now)))


def stored(project: Project) -> int:
    return Trace.objects.filter(project_id=project.pk).count()


@pytest.mark.slow
def test_a_start_posts_what_the_last_minutes_held(project: Project, web_server: WebServer) -> None:
    now = timezone.now()
    assert live.post_missing(now, address_of(web_server))
    assert stored(project) == turns_at(now) > live.CATCH_UP_SLOTS
    roots = Span.objects.filter(project_id=project.pk, kind="agent")
    assert {span.session_id for span in roots} == {
        turn.place.session_id
        for turn in live.program().since(slot_at(now) - live.CATCH_UP_SLOTS, slot_at(now))
    }


@pytest.mark.slow
def test_a_slot_is_posted_once_however_often_it_is_asked_for(
    project: Project, web_server: WebServer
) -> None:
    now = timezone.now()
    for _restart in range(3):
        assert live.post_missing(now, address_of(web_server))
    spans = Span.objects.filter(project_id=project.pk).count()
    assert stored(project) == turns_at(now)
    live.post_missing(now + timedelta(seconds=SLOT_S), address_of(web_server))
    assert stored(project) == turns_at(now) + 1
    assert Span.objects.filter(project_id=project.pk).count() > spans


@pytest.mark.slow
def test_two_who_post_the_same_turn_at_once_add_it_once(
    project: Project, web_server: WebServer
) -> None:
    turn = live.program().at(slot_at(timezone.now()))
    secret = keys.ensure(project)
    posts = [
        threading.Thread(target=live.post, args=(turn, secret, address_of(web_server)))
        for _ in range(4)
    ]
    for each in posts:
        each.start()
    for each in posts:
        each.join()
    assert stored(project) == 1
    assert Span.objects.filter(project_id=project.pk).count() == len(turn.records())


@pytest.mark.slow
def test_a_revoked_key_ends_the_traffic_with_a_reason(
    project: Project, web_server: WebServer
) -> None:
    ApiKey.objects.get().revoke(timezone.now())
    with pytest.raises(live.Refused, match="401"):
        live.post_missing(timezone.now(), address_of(web_server))
    assert stored(project) == 0


def test_while_the_server_is_down_turns_wait(project: Project) -> None:
    assert not live.post_missing(timezone.now(), ("127.0.0.1", free_port()))


def test_without_a_demo_project_or_its_key_nothing_is_posted(
    transactional_db: None, settings: Settings, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path
    nowhere = ("127.0.0.1", free_port())
    assert live.post_missing(timezone.now(), nowhere)
    people.ensure_project(people.ensure_user())
    assert live.post_missing(timezone.now(), nowhere)


def test_turns_that_arrived_are_not_sent_again(project: Project) -> None:
    slot = slot_at(datetime(2026, 3, 2, tzinfo=UTC))
    due = live.program().since(slot, slot + 3)
    assert live.missing(project, due) == due
    connection.ensure_connection()
    for turn in due[:-1]:
        writer.write(connection.connection, project.pk, turn.records(), timezone.now())
    assert live.missing(project, due) == due[-1:]


def test_only_one_plays_at_a_time(transactional_db: None) -> None:
    outcomes: list[bool] = []

    def another() -> None:
        with leases.hold(SoleWork.DEMO_TRAFFIC) as lease:
            outcomes.append(lease is not None)
        connection.close()

    with leases.hold(SoleWork.DEMO_TRAFFIC) as first:
        thread = threading.Thread(target=another)
        thread.start()
        thread.join()
    with leases.hold(SoleWork.DEMO_TRAFFIC) as later:
        pass
    assert (first is not None, outcomes, later is not None) == (True, [False], True)


def test_a_tick_without_the_demo_returns_at_once(settings: Settings) -> None:
    settings.DEMO = False
    tasks.tick()
