"""Langfuse's own SDK checks its keys here, and its scores stand beside our labels."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from signals_app.models import Remark
from teams.models import ApiKey
from tests.clients.own_venv import python_with
from tests.server import WebServer
from tests.signals_app.labelled import new_agent, new_signal
from tests.traces.arrivals import new_project, trace_id_of

SCRIPT = Path(__file__).resolve().parent / "langfuse_scores.py"
SPAN = "00000000000000aa"

LABELS = [
    {"name": "completed", "sentiment": "positive", "meaning": ""},
    {"name": "failed", "sentiment": "negative", "meaning": ""},
]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("package", "said"),
    [
        ("langfuse==5.0.4", "No signal of this project is named 'accuracy'"),
        ("langfuse==3.15.0", "Bad request"),  # it has words of its own for each status
    ],
)
def test_the_sdk_checks_its_keys_and_its_scores_are_kept(
    web_server: WebServer, package: str, said: str
) -> None:
    project, trace = new_project(), trace_id_of("one")
    key, agent = ApiKey.objects.issue(project, "sdk")[1], new_agent(project)
    polite = new_signal(agent, name="Polite")
    outcome = new_signal(agent, "task_outcome", name="Outcome", labels=LABELS)
    environment = {
        "PATH": os.environ["PATH"],
        "LANGFUSE_HOST": web_server.url,
        "LANGFUSE_BASE_URL": web_server.url,
        "LANGFUSE_PUBLIC_KEY": "pk-lf-anything",
        "LANGFUSE_SECRET_KEY": key,
    }
    words = [str(python_with(package)), str(SCRIPT), trace.hex, SPAN]
    done = subprocess.run(
        words, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert said in done.stderr
    kept = Remark.objects.filter(project_id=project.pk).order_by("signal_id", "scope")
    assert [(each.signal_id, each.scope, each.label, each.comment) for each in kept] == [
        (polite.pk, "trace", "true", "By hand."),
        (outcome.pk, "session", "completed", ""),
        (outcome.pk, "span", "failed", ""),
    ]
