"""The migration that keeps counts apart by sample rate, there and back."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.db import connection

from signals_app.models import LabelCount
from tests.signals_app.labelled import label, new_agent, new_signal
from tests.traces.arrivals import new_project

migration: Any = import_module("signals_app.migrations.0015_counts_by_rate")


def rows() -> list[tuple[Any, ...]]:
    return sorted(LabelCount.objects.values_list())


@pytest.mark.django_db
def test_counts_from_before_get_the_rates_of_their_versions_and_runs() -> None:
    signal = new_signal(new_agent(new_project()), sample_rate=0.25)
    label(signal, "true", 3)
    label(signal, "false", 2, source="run", run_id=1, sample_rate=0.5)
    label(signal, None, 1, source="run", run_id=2, sample_rate=1.0)
    before = rows()
    with connection.cursor() as cursor:
        cursor.execute(migration.BACKWARD)
        cursor.execute("SELECT count(*), sum(n) FROM label_count")
        assert cursor.fetchone() == (len(before), 12)
        cursor.execute(migration.FORWARD)
    assert rows() == before
