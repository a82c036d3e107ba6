"""How many spans a team may send in a day, over processes that hear of each other each second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest

from teams.models import ApiKey
from tests.traces import log_requests
from tests.traces.arrivals import trace_id_of
from tests.traces.making import a_project, raw_connection
from tests.traces.receiving.bad_requests import JSON, as_json, good
from traces.models import TeamDay, Trace
from traces.receiving import answers, grpc_service
from traces.receiving.day_limit import DayLimit, seconds_left
from traces.receiving.keys import KeyRing
from traces.receiving.pool import TROUBLE, IngestPool
from traces.receiving.storing import Sent, Store

NOON = datetime(2026, 11, 11, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def processes(settings: Any) -> Any:
    settings.TEAM_SPANS_PER_DAY = 100
    pools = [IngestPool(1), IngestPool(1)]
    yield [DayLimit(pool) for pool in pools]
    for pool in pools:
        pool.close()


def test_what_one_process_stored_another_hears_within_a_second(
    processes: list[DayLimit], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = processes
    assert here.refusal(7, NOON) == ""
    assert there.refusal(7, NOON) == ""
    here.add(7, 60, NOON, at_once=True)
    assert there.refusal(7, NOON) == "", "it has not looked again yet"
    monkeypatch.setattr(there, "_flush_at", 0.0)
    there.add(7, 45, NOON)
    assert "100 spans" in there.refusal(7, NOON)
    assert here.refusal(8, NOON) == "", "another team"
    monkeypatch.setattr(here, "_flush_at", 0.0)
    here.add(7, 0, NOON)
    here.add(7, 1, NOON, at_once=True)
    assert here.refusal(7, NOON)
    assert TeamDay.objects.get(team_id=7).spans == 106


def test_a_new_process_knows_what_was_sent_before_its_first_batch(
    processes: list[DayLimit],
) -> None:
    processes[0].add(7, 100, NOON, at_once=True)
    assert processes[1].refusal(7, NOON)


def test_a_new_day_begins_with_nothing_and_loses_nothing_of_the_last(
    processes: list[DayLimit],
) -> None:
    here = processes[0]
    here.add(7, 99, NOON, at_once=True)
    here.add(7, 30, NOON)
    assert here.refusal(7, NOON)
    assert here.refusal(7, NOON + timedelta(hours=12)) == ""
    here.close()
    days = dict(TeamDay.objects.filter(team_id=7).values_list("day", "spans"))
    assert days == {NOON.date(): 129, NOON.date() + timedelta(days=1): 0}
    here.add(7, 1, NOON + timedelta(days=60), at_once=True)
    assert TeamDay.objects.count() == 1, "days of long ago are forgotten"


def test_what_cannot_be_written_is_counted_again_later(
    processes: list[DayLimit], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = processes[0]

    def away(_work: object) -> None:
        raise TROUBLE[0]

    here.refusal(7, NOON)
    with monkeypatch.context() as patched:
        patched.setattr(here._pool, "run", away)
        here.add(7, 60, NOON, at_once=True)
    here.add(7, 5, NOON, at_once=True)
    assert TeamDay.objects.get(team_id=7).spans == 65


def test_without_a_limit_all_is_counted_and_nothing_refused(
    processes: list[DayLimit], settings: Any
) -> None:
    settings.TEAM_SPANS_PER_DAY = 0
    processes[0].add(7, 10**6, NOON, at_once=True)
    assert processes[0].refusal(7, NOON) == ""
    assert TeamDay.objects.get().spans == 10**6


def test_the_wait_ends_at_midnight() -> None:
    assert seconds_left(NOON) == 12 * 3600
    assert a_project().team_id  # the team that a key's project belongs to is known with it


def test_over_the_limit_nothing_more_is_stored_and_the_answer_says_until_when(
    settings: Any,
) -> None:
    settings.TEAM_SPANS_PER_DAY = 2
    project = a_project()
    _key, secret = ApiKey.objects.issue(project, "one")
    ring = KeyRing()
    store = Store(ring, 1, 1.0)
    try:
        entry = ring.look_up(raw_connection(), secret)
        assert entry.team_id == project.team_id
        statuses = []
        for name in ("a", "b", "c"):
            body = as_json(good(trace_id_of(name).hex))
            answer = store.store(entry, Sent("traces", JSON), body)
            statuses.append(answer.status)
        assert statuses == [200, 200, 429]
        assert 0 < int(answer.headers["retry-after"]) <= 86_400
        assert "2 spans of this day" in answer.message
        assert Trace.objects.filter(project_id=project.pk).count() == 2
        assert store.store(entry, Sent("logs", JSON), b"{}").status == 429
        assert grpc_service.CODES[429] == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert answers.RPC_CODES[429] == 8
    finally:
        store.close()
    assert TeamDay.objects.get(team_id=project.team_id).spans == 2


def test_events_of_logs_count_as_spans_do(settings: Any) -> None:
    settings.TEAM_SPANS_PER_DAY = 2
    project = a_project()
    _key, secret = ApiKey.objects.issue(project, "one")
    ring = KeyRing()
    store = Store(ring, 1, 1.0)
    try:
        entry = ring.look_up(raw_connection(), secret)
        events = [log_requests.log("gen_ai.user.message", {"content": "Hi"}, at=n) for n in (1, 2)]
        statuses = [
            store.store(entry, Sent("logs", JSON), log_requests.as_json(*events)).status
            for _ in range(2)
        ]
        assert statuses == [200, 429]
        assert store.store(entry, Sent("traces", JSON), as_json(good("a" * 32))).status == 429
    finally:
        store.close()
    assert TeamDay.objects.get(team_id=project.team_id).spans == 2
