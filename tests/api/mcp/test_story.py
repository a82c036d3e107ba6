"""From "more failures this week" to a signal that watches for their cause, by a model's calls.

The model is a script, but it knows nothing that the answers did not tell it: every id and every
next call is read from the text of the answer before.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from signals_app.models import Signal
from teams.models import Project
from tests.api.mcp.calling import connected, run, secret_of, text_of
from tests.server import WebServer, Worker
from tests.signals_app.labelled import label, new_signal
from tests.traces.arrivals import arrive, turn
from traces.models import Agent, Session

pytestmark = pytest.mark.slow

ANGRY = "This is ridiculous, you are useless, I am so angry. The refund tool failed again!"


@pytest.fixture
def week(project: Project) -> Signal:
    """A signal over sessions whose failures doubled three days ago."""
    now = timezone.now()
    for n in range(12):
        at = now - timedelta(days=6) + timedelta(hours=10 * n)
        said = ANGRY if n >= 7 else "Thank you, that is perfect."
        arrive(project, *turn(f"t{n}", at=at, said=said, session__id=f"chat-{n}"))
    agent = Agent.objects.get(project=project)
    signal = new_signal(agent, "task_outcome", name="Outcome")
    for n in range(12):
        key = Session.objects.get(session_id=f"chat-{n}")
        given = "failed" if n >= 7 else "completed"
        why = "The refund tool failed." if n >= 7 else "The user has what they came for."
        label(signal, given, at=key.start_time, target=key.key, explanation=why)
    return signal


class Model:
    """Calls tools, and takes what it needs from what they say."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.said = ""

    async def call(self, tool: str, **arguments: Any) -> str:
        result = await self.client.call_tool(tool, arguments)
        self.said = text_of(result)
        assert not result.is_error, self.said
        return self.said

    def take(self, pattern: str) -> str:
        found = re.search(pattern, self.said)
        assert found, f"{pattern} is not in:\n{self.said}"
        return found[1]


def test_a_model_goes_from_more_failures_to_a_signal_that_watches_for_their_cause(
    database_url: str, project: Project, week: Signal
) -> None:
    secret = secret_of(project)

    async def story() -> str:
        async with connected(server.url, secret) as client:
            prompt = await client.get_prompt("explain-more-failures", {"signal": "Outcome"})
            assert "get_distribution" in prompt.messages[0].content.text  # type: ignore[union-attr]
            model = Model(client)
            await model.call("list_signals")
            signal = model.take(r"Outcome id=([0-9a-f-]{36})")
            await model.call("get_distribution", signal=signal, range="7d")
            before, after = (
                model.take(r"failed ([\d.]+)% →"),
                model.take(r"failed [\d.]+% → ([\d.]+)%"),
            )
            assert float(after) > float(before)
            await model.call("list_labels", signal=signal, label="failed", range="7d")
            assert "The refund tool failed." in model.said
            session = model.take(r"session ([0-9a-f]{32})")
            await model.call("get_session", session=session)
            assert "you are useless" in model.said
            assert re.search(r"\[user, span [0-9a-f]{16}\]", model.said)
            agent = (await model.call("list_agents")).partition("support id=")[2][:36]
            await model.call(
                "create_signal", agent=agent, template="user_frustration", name="Angry"
            )
            made = model.take(r"id=([0-9a-f-]{36})")
            await model.call("test_signal", signal=made, targets=12, wait_s=50)
            while "polls it" in model.said:
                await model.call(
                    "test_signal", trial=model.take(r"Trial ([0-9a-f-]{36})"), wait_s=30
                )
            assert "12 of 12 judged" in model.said
            assert re.search(r"true \d+ \(", model.said)
            await model.call("set_signal_state", signal=made, state="active")
            await model.call("preview_run", signal=made, range="7d")
            await model.call("start_run", signal=made, range="7d", wait_s=40)
            return made

    with WebServer(database_url, workers=2) as server, Worker(database_url):
        made = run(story)
    signal = Signal.objects.get(uuid=made)
    assert signal.state == "active"
    assert signal.name == "Angry"
