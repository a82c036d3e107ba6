"""One field at a time is strange and all others are right: what is reached only then holds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from api.inf import wire
from api.inf.procedures import PROCEDURES
from api.inf.routers import verification
from teams.models import Project
from tests.alerts.watched import alert_of
from tests.api.inf.calling import Caller, writing
from tests.signals_app.labelled import new_signal
from tests.traces.arrivals import arrive, span_id_of, trace_id_of, turn
from traces.models import Agent

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

STRANGE: list[Any] = ["\u2028x" * 60, "9" * 400, 10**30, 1e300, -1, True, [], [{}], {}, {"a": [1]}]


@pytest.fixture
def right(project: Project) -> dict[str, Any]:
    """Fields that any procedure takes, but for `id`, which each group reads otherwise."""
    arrive(project, *turn("a", session__id="chat"))
    agent = Agent.objects.get()
    signal = new_signal(agent)
    now = timezone.now()
    return {
        "signalId": str(signal.uuid),
        "alertId": str(alert_of(signal).uuid),
        "agentId": str(agent.uuid),
        "agentIdentity": agent.identity,
        "agentIdentityValue": agent.identity,
        "name": "New",
        "scope": signal.scope,
        "classifierType": "binary",
        "prompt": "Angry?",
        "labels": [],
        "labelSentiments": {"true": "negative", "false": "positive"},
        "sampleRatePercent": 10,
        "from": (now - timedelta(days=1)).isoformat(),
        "to": now.isoformat(),
        "bucket": "hour",
        "metric": "true_rate",
        "operator": "gte",
        "threshold": 20,
        "window": "1h",
        "lookbackDays": 1,
        "traceId": trace_id_of("a").hex,
        "spanId": span_id_of("a", "chat").hex(),
        "sessionId": "chat",
        "query": "order",
        "filters": {},
        "filter": {"from": (now - timedelta(days=1)).isoformat()},
        "timeRange": "1d",
        "limit": 2,
        "fileSize": 5,
        "source": "otlp",
        "sampleSize": 1,
    }


def id_of(name: str, right: dict[str, Any]) -> str:
    fields = {"signals": "signalId", "signalAlerts": "alertId"}
    return str(right[fields.get(name.partition(".")[0], "agentId")])


@pytest.mark.parametrize("name", sorted(PROCEDURES))
def test_one_strange_field_is_refused_or_taken_and_no_fault(
    name: str, right: dict[str, Any], project: Project, settings: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(verification, "PATIENCE_S", 0.0)
    settings.API_CALLS_PER_MINUTE = 1_000_000
    read: set[str] = set()

    class Recording(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            read.add(key)
            return super().get(key, default)

    input_of = wire.input_of
    monkeypatch.setattr(wire, "input_of", lambda request: Recording(input_of(request)))
    caller: Caller = writing(project)
    send = caller.query if PROCEDURES[name].method == "GET" else caller.mutation
    given = right | {"id": id_of(name, right)}
    send(name, given)
    for field in sorted(read):
        for value in STRANGE:
            response = send(name, given | {field: value})
            assert response.status_code != 500, (field, value)
            assert set(response.json()) in ({"result"}, {"error"})
