"""Usage by REST: what was judged and what it cost, by day, signal and source."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from signals_app.models import Signal
from teams.models import Project
from tests.api.rest.calling import Caller, reading
from tests.signals_app.labelled import label, new_agent, new_signal
from tests.traces.arrivals import new_project
from traces.search.statement_timeout import TookTooLong

pytestmark = pytest.mark.django_db

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=2)
COST: dict[str, Any] = {"input_tokens": 1000, "output_tokens": 10, "cost_usd": 0.5}


@pytest.fixture
def caller(project: Project) -> Caller:
    return reading(project)


def usage(caller: Caller, **asked: Any) -> Any:
    response = caller.get("/usage", **asked)
    assert response.status_code == 200, response.content
    return response.json()


def test_a_day_has_labels_and_what_has_none_with_tokens_and_money(
    caller: Caller, signal: Signal
) -> None:
    label(signal, "true", 3, at=NOON, **COST)
    label(signal, None, 2, at=NOON, outcome="failed")
    found = usage(caller)
    (day,) = found["days"]
    assert (day["day"], day["source"]) == (f"{NOON:%Y-%m-%d}", "live")
    assert day["signal"] == {"id": str(signal.uuid), "name": signal.name}
    assert (day["labels"], day["unlabelled"]) == (3, {"failed": 2})
    assert (day["input_tokens"], day["output_tokens"], day["cost_usd"]) == (3000, 30, 1.5)
    assert (day["asked"], day["priced"]) == (5, 3)


def test_totals_sum_up_all_days_and_signals(caller: Caller, signal: Signal) -> None:
    other = new_signal(signal.agent, name="Other")
    label(signal, "true", at=NOON, **COST)
    label(other, "true", at=NOON)
    label(other, None, at=NOON - timedelta(days=1), outcome="failed", input_tokens=5)
    found = usage(caller)
    assert len(found["days"]) == 3
    totals = found["totals"]
    assert (totals["labels"], totals["unlabelled"]) == (2, {"failed": 1})
    assert (totals["input_tokens"], totals["cost_usd"]) == (1005, 0.5)
    one = usage(caller, signal=str(other.uuid))
    assert (one["totals"]["labels"], one["totals"]["cost_usd"]) == (1, None)


def test_days_are_those_of_the_time_zone(caller: Caller, signal: Signal) -> None:
    label(signal, "true", at=NOON.replace(hour=20))
    (day,) = usage(caller, time_zone="Asia/Tokyo")["days"]
    assert day["day"] == f"{NOON + timedelta(days=1):%Y-%m-%d}"


def test_without_a_stretch_it_is_of_seven_days(caller: Caller, signal: Signal) -> None:
    label(signal, "true", at=timezone.now() - timedelta(days=8))
    assert usage(caller)["days"] == []
    assert len(usage(caller, range="14d")["days"]) == 1


def test_nothing_of_another_project_is_summed_up(caller: Caller) -> None:
    theirs = new_signal(new_agent(new_project("Theirs")))
    label(theirs, "true", at=NOON)
    assert usage(caller)["days"] == []
    refused = caller.get("/usage", signal=str(theirs.uuid))
    assert (refused.status_code, refused.json()["field"]) == (422, "signal")


@pytest.mark.parametrize(
    ("asked", "field"),
    [({"time_zone": "Mars"}, "time_zone"), ({"signal": "x"}, "signal"), ({"range": "2y"}, "range")],
    ids=str,
)
def test_what_cannot_be_summed_up_is_refused(
    caller: Caller, asked: dict[str, str], field: str
) -> None:
    refused = caller.get("/usage", **asked)
    assert (refused.status_code, refused.json()["field"]) == (422, field)


def test_a_sum_that_takes_too_long_is_unavailable(
    caller: Caller, signal: Signal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_long(*_args: Any) -> None:
        raise TookTooLong

    monkeypatch.setattr("signals_app.spending.usage._rows", too_long)
    refused = caller.get("/usage")
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
