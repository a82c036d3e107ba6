"""A worker that stands still and a signal that fell silent are said where people look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core.background import heartbeats
from signals_app import liveness
from signals_app.models import Signal
from teams.models import Project
from tests.signals_app.labelled import label, new_signal
from tests.traces.arrivals import arrive, new_project, turn
from traces.models import Agent

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TABLE = {"HX-Request": "true", "HX-Target": "signals-table"}


@pytest.mark.parametrize(
    ("last", "words"),
    [
        pytest.param(None, "No worker has run yet", id="there never was a worker"),
        pytest.param(
            NOW - timedelta(minutes=7), "last heard of 7 min ago", id="its heartbeat is stale"
        ),
        pytest.param(NOW - timedelta(seconds=80), "", id="it is alive"),
        pytest.param(NOW + timedelta(seconds=3), "", id="its clock is ahead"),
    ],
)
def test_a_stopped_worker_is_told_from_one_at_work(last: datetime | None, words: str) -> None:
    said = liveness.words(liveness.life(last, NOW, 90), NOW)
    assert words in said
    assert bool(words) == bool(said)


@pytest.fixture
def project() -> Project:
    made = new_project()
    arrive(made, *turn("a"))
    return made


def active(project: Project, **changes: Any) -> Signal:
    """Since two hours ago."""
    signal = new_signal(Agent.objects.get(project=project), **changes)
    Signal.objects.update(activated_at=timezone.now() - timedelta(hours=2))
    return signal


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{}, TABLE])
def test_the_signals_table_says_that_no_worker_runs(
    reader: Client, project: Project, headers: dict[str, str]
) -> None:
    active(project)
    url = f"/p/{project.slug}/signals/"
    assert "No worker has run yet" in reader.get(url, headers=headers).content.decode()
    heartbeats.write("sweep", timezone.now() - timedelta(minutes=9))
    assert "last heard of 9 min ago" in reader.get(url, headers=headers).content.decode()
    heartbeats.write("sweep", timezone.now())
    assert "orker" not in reader.get(url, headers=headers).content.decode()


@pytest.mark.django_db
def test_a_signal_that_fell_silent_says_why_on_its_page(reader: Client, project: Project) -> None:
    signal = active(project, sample_rate=0.01)
    url = f"/p/{project.slug}/signals/{signal.uuid}/"
    heartbeats.write("sweep", timezone.now())
    label(signal, "true", at=timezone.now() - timedelta(hours=3))
    assert "Nothing was judged live for 3 h." in reader.get(url).content.decode()
    [said] = reader.get(url).context["quiet"]
    assert said.startswith("The agent sent no traces in the last hour.")
    arrive(project, *turn("b", at=timezone.now() - timedelta(minutes=5)))
    [said] = reader.get(url).context["quiet"]
    assert "None of the 1 traces that settled in the last hour was in the sample of 1 %" in said
    label(signal, "true", at=timezone.now() - timedelta(minutes=1))
    assert "Nothing was judged live" not in reader.get(url).content.decode()


@pytest.mark.django_db
def test_a_scope_without_sessions_says_how_to_get_them(reader: Client, project: Project) -> None:
    signal = active(project, scope="session")
    heartbeats.write("sweep", timezone.now())
    page = reader.get(f"/p/{project.slug}/signals/{signal.uuid}/").content.decode()
    assert "none of the last 7 days carried a session id" in page


@pytest.mark.django_db
def test_a_label_of_a_backfill_is_no_sign_of_live_judging(reader: Client, project: Project) -> None:
    signal = active(project)
    label(signal, "true", source="run")
    assert reader.get(f"/p/{project.slug}/signals/{signal.uuid}/").context["quiet"]
