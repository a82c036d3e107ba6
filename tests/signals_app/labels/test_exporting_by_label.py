"""An export by label has the traces that bear it, as the list of traces has."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import orjson
import pytest
from django.utils import timezone

from signals_app.models import Signal
from teams.models import Project
from tests.signals_app.labelled import label, new_signal
from tests.traces.arrivals import arrive, trace_id_of, turn
from traces.exporting.exporting import count, export
from traces.models import Agent
from traces.search.queries import TraceQuery

pytestmark = pytest.mark.django_db


def test_only_traces_with_the_label_are_exported(project: Project, agent: Agent) -> None:
    signal: Signal = new_signal(agent, scope="trace", sample_rate=1.0)
    for name in ("one", "two", "three"):
        arrive(project, *turn(name))
    label(signal, "true", target=trace_id_of("two"), target_time=timezone.now())
    now = timezone.now()
    query = TraceQuery(
        start=now - timedelta(days=1),
        end=now + timedelta(days=1),
        extra={"label": [f"{signal.uuid}:true"]},
    )
    lines = b"".join(export(project, query, "flat")).splitlines()
    assert {UUID(orjson.loads(line)["trace_id"]) for line in lines} == {trace_id_of("two")}
    assert count(project, query) == 1
