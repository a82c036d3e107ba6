"""The door of MCP on the real server with two processes: eras, keys, hosts, origins, bounds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from mcp.shared.exceptions import MCPError

from api.mcp.prompts import HAND_OFFS
from teams.models import Project
from tests.api.mcp.calling import ERAS, connected, run, secret_of, text_of
from tests.api.mcp.test_every_tool import READING, TOOLS
from tests.server import WebServer
from tests.signals_app.labelled import new_signal
from tests.traces.arrivals import arrive, trace_id_of, turn
from traces.models import Agent

pytestmark = pytest.mark.slow

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
ACCEPT = {"Accept": "application/json, text/event-stream"}


@pytest.fixture
def server(database_url: str) -> Iterator[WebServer]:
    environment = {"API_CALLS_PER_MINUTE": "300", "CSRF_TRUSTED_ORIGINS": "https://*.example.org"}
    with WebServer(database_url, workers=2, environment=environment) as started:
        yield started


@pytest.fixture
def signal_id(project: Project) -> str:
    arrive(project, *turn("one", session__id="chat"))
    return str(new_signal(Agent.objects.get(project=project), scope="trace").uuid)


@pytest.mark.parametrize("era", ERAS)
def test_both_eras_list_and_call_the_tools_whichever_process_answers(
    server: WebServer, project: Project, signal_id: str, era: str
) -> None:
    secret = secret_of(project)

    async def story() -> tuple[list[str], list[str]]:
        async with connected(server.url, secret, era) as client:
            listed = [tool.name for tool in (await client.list_tools()).tools]
            # Many calls: two processes take turns.
            said = [text_of(await client.call_tool("whoami", {})) for _ in range(8)]
            traces = await client.call_tool("list_traces", {"range": "1d"})
            assert traces.structured_content is None
            said.append(text_of(traces))
            return listed, said

    listed, said = run(story)
    assert sorted(listed) == sorted(TOOLS)
    assert all("Project: Ours" in each for each in said[:8])
    assert trace_id_of("one").hex in said[8]


@pytest.mark.parametrize("era", ERAS)
def test_a_read_key_lists_the_reading_tools_and_is_told_why_it_may_not_write(
    server: WebServer, project: Project, signal_id: str, era: str
) -> None:
    secret = secret_of(project, "read")

    async def story() -> tuple[set[str], Any]:
        async with connected(server.url, secret, era) as client:
            listed = {tool.name for tool in (await client.list_tools()).tools}
            given = {"signal": signal_id, "state": "paused"}
            return listed, await client.call_tool("set_signal_state", given)

    listed, refused = run(story)
    assert listed == READING
    assert refused.is_error
    assert "may only read" in text_of(refused)


@pytest.mark.parametrize("era", ERAS)
def test_resources_and_prompts_are_there(
    server: WebServer, project: Project, signal_id: str, era: str
) -> None:
    secret = secret_of(project)

    async def story() -> None:
        async with connected(server.url, secret, era) as client:
            templates = (await client.list_resource_templates()).resource_templates
            assert {each.uri_template for each in templates} == {
                "signals://trace/{id}", "signals://session/{id}", "signals://signal/{id}"
            }  # fmt: skip
            trace = await client.read_resource(f"signals://trace/{trace_id_of('one').hex}")
            assert "| On its way." in trace.contents[0].text  # type: ignore[union-attr]
            found = await client.read_resource(f"signals://signal/{signal_id}")
            assert "Prompt:" in found.contents[0].text  # type: ignore[union-attr]
            with pytest.raises(MCPError, match="list_traces"):
                await client.read_resource(f"signals://trace/{'f' * 32}")
            named = {each.name for each in (await client.list_prompts()).prompts}
            assert named == {each.name for each in HAND_OFFS}
            prompt = await client.get_prompt("explain-more-failures", {"signal": "Angry"})
            assert "'Angry' shows more failures" in prompt.messages[0].content.text  # type: ignore[union-attr]
            with pytest.raises(MCPError, match="Give the argument"):
                await client.get_prompt("explain-more-failures", {})

    run(story)


@pytest.mark.parametrize("era", ERAS)
def test_long_work_reports_progress_to_who_asks_for_it(
    server: WebServer, project: Project, signal_id: str, era: str
) -> None:
    secret, seen = secret_of(project), []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        seen.append((progress, total))

    async def story() -> Any:
        async with connected(server.url, secret, era) as client:
            given = {"signal": signal_id, "wait_s": 2}
            return await client.call_tool("test_signal", given, progress_callback=note)

    said = text_of(run(story))
    assert "0 of 1 judged" in said
    assert 'test_signal(trial="' in said
    assert len(seen) >= 2
    assert seen[0] == (0, 1)


def _post(server: WebServer, secret: str | None = None, path: str = "/mcp", **more: Any) -> Any:
    headers = ACCEPT | {"Content-Type": "application/json"} | more.pop("headers", {})
    if secret:
        headers["Authorization"] = f"Bearer {secret}"
    body = more.pop("content", json.dumps(PING))
    return httpx2.post(server.url + path, headers=headers, content=body, timeout=20)


def test_the_door_opens_to_keys_hosts_and_origins_that_may(
    server: WebServer, project: Project
) -> None:
    secret = secret_of(project)
    assert _post(server, secret).json() == {"jsonrpc": "2.0", "id": 1, "result": {}}
    assert _post(server, secret, f"/mcp/p/{project.slug}").status_code == 200
    assert _post(server, secret, "/mcp/p/another").status_code == 404
    assert _post(server).status_code == 401
    assert _post(server, "sk-signals-wrong").status_code == 401
    own = {"Origin": server.url}
    assert _post(server, secret, headers=own).status_code == 200
    assert _post(server, secret, headers={"Origin": "https://a.example.org"}).status_code == 200
    for origin in (
        "https://evil.example",
        "null",
        "https://example.org.evil",
        "http://a.example.org",
    ):
        assert _post(server, secret, headers={"Origin": origin}).status_code == 403
    assert _post(server, secret, headers={"Host": "evil.example"}).status_code == 421


def test_what_is_no_call_is_refused_without_a_fault(server: WebServer, project: Project) -> None:
    secret = secret_of(project)
    get = httpx2.get(f"{server.url}/mcp", headers={"Authorization": f"Bearer {secret}"})
    assert (get.status_code, get.headers["allow"]) == (405, "POST")
    assert _post(server, secret, content=b"x" * 1_000_001).status_code == 413
    for body in (b"", b"{", b"\xff\xfe", b"[]", b"null", b'{"jsonrpc": "2.0"}', b"[" * 50_000):
        assert 400 <= _post(server, secret, content=body).status_code < 500
    assert "ERROR" not in server.output()


def test_calls_of_a_minute_are_counted(database_url: str, project: Project) -> None:
    secret = secret_of(project)
    with WebServer(database_url, environment={"API_CALLS_PER_MINUTE": "3"}) as server:
        answers = [_post(server, secret) for _ in range(7)]
    refused = [each for each in answers if each.status_code == 429]
    assert refused
    assert int(refused[0].headers["retry-after"]) <= 60
    assert "More than 3 calls" in refused[0].json()["error"]["message"]
