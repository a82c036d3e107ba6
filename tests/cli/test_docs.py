"""Every command line of docs/cli.md, as it stands there, against a live server with its worker."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from signals_app.runs import runs
from teams import keys
from teams.models import Project
from tests.server import WebServer, Worker
from tests.signals_app.labelled import label, new_signal
from tests.traces.arrivals import arrive, new_project, span_id_of, trace_id_of, turn
from traces.models import Agent, Session

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "cli.md").read_text("utf-8")
TRACES = 6
#: What the answer to people holds, by how the command begins.
SAYS = {
    "signals auth whoami": "project Shop (shop)",
    "signals agents list": "shop-assistant",
    "signals templates": "user_frustration",
    'signals get "Refund refused"': "question Did the assistant refuse a refund?",
    "signals activate Mood": "Mood: active",
    "signals disable Mood": "Mood: paused",
    "signals restore Mood": "Mood: paused",
    'signals versions list "Refund': "2 live",
    'signals versions diff "Refund': "+ Did the assistant refuse a refund that was due?",
    'signals versions make-live "Refund': "Version 3 is live.",
    'signals verify "Refund': "3 of 3 judged",
    'signals compare "Refund': "targets",
    'signals distribution "User': "true",
    'signals why "$TRACE"': "User frustration: true.",
    "signals usage --range": "User frustration",
    "signals spans list --range": "little-model",
    "signals why --signal": "offline judge",
    'signals run preview "Refund': "matched 6 sampled 6",
    'signals run create "Refund refused" --range': "judged 6",
    'signals run poll "$RUN"': "state done",
    "signals alerts list --signal": "true_rate ≥ 0.2 in 1h",
    'signals alerts get "Many': "True rate is above 20 % over 1 h.",
    'signals alerts edit "Many': "above 30 %",
    'signals alerts state "Many': "standing",
    'signals alerts backtest "Many': "of 10,080 minutes",
    'signals alerts restore "Many': "Many refusals: paused",
    "signals traces list --agent": "shop-assistant ok 1.0 s 2 120",
    'signals traces get "$TRACE"': "I want my money back, number 1.",
    "signals spans list --trace": "little-model",
    'signals spans get "$TRACE"': "agent.name shop-assistant",
    'signals sessions get "$SESSION" --conversation': "I want my money back, number 5.",
    "signals traces export --range 7d": "6 lines",
    "signals traces upload traces.jsonl.gz": "12 spans taken in (12 were there), 0 refused",
    "signals pull -f signals.yaml": "signals written to signals.yaml",
    "signals apply -f signals.yaml --dry-run": "Nothing to do",
}


def command_lines() -> list[str]:
    """Return what stands in blocks of `sh`, each command on one line."""
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE, re.M | re.S)
    joined = "".join(blocks).replace("\\\n", " ")
    return [re.sub(r" +", " ", line) for line in joined.splitlines() if line.strip()]


@pytest.fixture
def project(transactional_db: None) -> Project:
    return new_project("Shop")


@pytest.fixture
def environment(project: Project, tmp_path: Path) -> dict[str, str]:
    """A project with some traffic, and what the page calls its things."""
    now = timezone.now()
    for number in range(TRACES):
        said = f"I want my money back, number {number}."
        at = now - timedelta(minutes=50 - number)
        arrive(project, *turn(f"t{number}", "shop-assistant", said=said, at=at, session__id="chat"))
    agent = Agent.objects.get(project=project)
    signal = new_signal(agent)
    label(signal, "true", target=trace_id_of("t1"))
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "mood.txt").write_text("How does the customer feel at the end?\n")
    program = tmp_path / "bin" / "signals"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH="{ROOT / "cli"}" exec "{sys.executable}" -m signals_cli "$@"\n'
    )
    program.chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "SIGNALS_API_KEY": keys.issue(project, "docs", None, now=now)[1],
        "TRACE": trace_id_of("t1").hex,
        "SPAN": span_id_of("t1", "root").hex(),
        "SESSION": Session.objects.get().key.hex,
        "RUN": str(runs.start(signal, now - timedelta(days=1), now, 1.0, None, now).uuid),
    }


@pytest.fixture
def server(database_url: str, environment: dict[str, str]) -> Iterator[WebServer]:
    with WebServer(database_url) as web, Worker(database_url, {"JUDGE_PUMPS": "1"}):
        environment["SIGNALS_URL"] = web.url
        yield web


def test_every_command_of_the_page_does_what_it_says(
    server: WebServer, environment: dict[str, str], tmp_path: Path
) -> None:
    troubles = []
    for line in command_lines():
        done = subprocess.run(
            ["sh", "-c", line], env=environment, cwd=tmp_path / "work", input="",
            capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip
        said = " ".join((done.stdout + done.stderr).split())
        silent = [
            words for start, words in SAYS.items() if line.startswith(start) and words not in said
        ]
        if done.returncode or silent or not is_clean(line, done.stdout):
            troubles.append(
                f"{line}\n  {done.returncode}: {done.stderr}\n  {done.stdout[:500]}\n  {silent}"
            )
    assert not troubles, "\n".join(troubles)


def is_clean(line: str, out: str) -> bool:
    """Say whether what claims to be JSON is."""
    try:
        if line.endswith("--json"):
            json.loads(out)
        elif line.endswith("--jsonl"):
            [json.loads(each) for each in out.splitlines()]
    except ValueError:
        return False
    return True


def test_every_command_stands_on_the_page() -> None:
    """Those that need a person, or no end, are named in the text."""
    help_ = subprocess.run(
        [sys.executable, "-c", LISTED], env=os.environ | {"PYTHONPATH": str(ROOT / "cli")},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    known = help_.stdout.splitlines()
    assert len(known) > 50
    assert [name for name in known if not re.search(rf"signals {name}\b", PAGE)] == [
        "alerts unmute"
    ]


LISTED = """
import typer
from signals_cli.app import app

def walk(command, words):
    for name, each in getattr(command, "commands", {}).items():
        if getattr(each, "commands", None):
            walk(each, [*words, name])
        else:
            print(*words, name)

walk(typer.main.get_command(app), [])
"""
