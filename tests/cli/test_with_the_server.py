"""What needs the whole server: signing in by a code, MCP over standard input, the one file."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from django.utils import timezone
from mcp import Client, StdioServerParameters

from alerts.models import AlertMute
from signals_app.runs import runs
from teams import keys
from teams.models import Project
from tests.alerts.watched import alert_of
from tests.api.oauth.granted import token
from tests.api.oauth.test_flows import Person
from tests.server import WebServer
from tests.signals_app.labelled import label, new_agent, new_signal
from tests.traces.arrivals import arrive, member, trace_id_of, turn
from traces.models import Agent

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[2]
DAY = timedelta(days=1)
PROGRAM = [sys.executable, "-m", "signals_cli"]


@pytest.fixture
def environment(web_server: WebServer, tmp_path: Path) -> dict[str, str]:
    path = os.pathsep.join([str(ROOT / "cli"), os.environ.get("PYTHONPATH", "")])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SIGNALS_")}
    return kept | {
        "PYTHONPATH": path,
        "SIGNALS_URL": web_server.url,
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }


def run(words: list[str], environment: dict[str, str]) -> tuple[int, str, str]:
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_a_person_signs_in_by_a_code(
    web_server: WebServer, project: Project, environment: dict[str, str]
) -> None:
    person = Person(web_server, project)
    words = [*PROGRAM, "auth", "login", "--no-browser", "--json"]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, env=environment, stdout=pipe, stderr=pipe, text=True) as signing:
        assert signing.stderr
        asked = re.search(r"the code (\S+)\.", signing.stderr.readline())
        assert asked
        address = f"/identity/o/device?code={asked[1]}"
        person.answer(address, action="confirm", project=project.slug)
        assert signing.wait(30) == 0
    person.http.close()
    code, out, _err = run([*PROGRAM, "auth", "whoami"], environment)
    assert code == 0
    assert "ada@example.org" in out
    assert run([*PROGRAM, "list"], environment)[0] == 0


def test_a_coding_agent_speaks_mcp_with_the_program(
    project: Project, environment: dict[str, str]
) -> None:
    secret = keys.issue(project, "mcp", None, now=timezone.now(), rights="read")[1]
    bridge = StdioServerParameters(
        command=sys.executable,
        args=["-m", "signals_cli", "mcp"],
        env=environment | {"SIGNALS_API_KEY": secret},
    )

    async def story(mode: Any) -> tuple[set[str], str]:
        async with Client(bridge, mode=mode) as client:
            tools = {tool.name for tool in (await client.list_tools()).tools}
            said: Any = await client.call_tool("whoami", {})
            return tools, said.content[0].text

    for mode in ("legacy", "auto"):
        tools, said = asyncio.run(asyncio.wait_for(story(mode), 60))
        assert "list_signals" in tools
        assert "create_signal" not in tools
        assert project.name in said


def test_the_file_that_a_server_gives_away_speaks_to_it(
    web_server: WebServer, project: Project, environment: dict[str, str], tmp_path: Path
) -> None:
    fetched = tmp_path / "signals.pyz"
    fetched.write_bytes(httpx2.get(f"{web_server.url}/cli/signals.pyz").content)
    secret = keys.issue(project, "cli", None, now=timezone.now())[1]
    alone = environment | {"SIGNALS_API_KEY": secret, "PYTHONPATH": ""}
    code, out, err = run([sys.executable, "-S", str(fetched), "auth", "whoami"], alone)
    assert (code, err) == (0, "")
    assert project.slug in out


def test_a_run_is_stopped_and_what_failed_in_another_is_judged_again(
    project: Project, environment: dict[str, str]
) -> None:
    now = timezone.now()
    arrive(project, *turn("one", at=now - timedelta(hours=1)))
    signal = new_signal(Agent.objects.get(project=project))
    given = environment | {"SIGNALS_API_KEY": keys.issue(project, "runs", None, now=now)[1]}
    begun, done = (runs.start(signal, now - DAY, now, 1.0, None, now) for _ in range(2))
    code, out, _err = run([*PROGRAM, "run", "cancel", str(begun.uuid)], given)
    assert (code, "cancelled" in out) == (0, True)
    code, _out, said = run([*PROGRAM, "run", "cancel", str(begun.uuid)], given)
    assert (code, "cancelled already" in said) == (5, True)
    label(signal, None, outcome="failed", run_id=done.pk, source="run", target=trace_id_of("one"))
    code, out, _err = run([*PROGRAM, "run", "retry", str(done.uuid)], given)
    assert (code, out.strip()) == (0, "1 target is judged again.")


def test_a_person_mutes_an_alert_and_a_key_does_not(
    project: Project, environment: dict[str, str]
) -> None:
    alert = alert_of(new_signal(new_agent(project)))
    user = member(project)
    person = environment | {"SIGNALS_API_KEY": token(user, project, ("read", "write"))}
    assert run([*PROGRAM, "alerts", "mute", str(alert.uuid)], person)[0] == 0
    assert AlertMute.objects.get().user == user
    assert run([*PROGRAM, "alerts", "unmute", str(alert.uuid)], person)[0] == 0
    assert AlertMute.objects.count() == 0
    secret = keys.issue(project, "mute", None, now=timezone.now())[1]
    key = environment | {"SIGNALS_API_KEY": secret}
    code, _out, said = run([*PROGRAM, "alerts", "mute", str(alert.uuid)], key)
    assert (code, "one person's own" in said) == (3, True)
