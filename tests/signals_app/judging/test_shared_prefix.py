"""Prompts share their beginning, byte for byte, wherever they say the same: providers read what
they have seen before from a cache, at a tenth of the price and without the wait."""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from signals_app.models import Classification
from tests.signals_app import conversations
from tests.signals_app.conftest import StartJudge
from traces.records import SpanRecord

ARRIVED = timezone.now() - timedelta(hours=1)
Line = Callable[..., list[Classification]]

pytestmark = pytest.mark.django_db(transaction=True)


def shared(one: str, other: str) -> int:
    """Bytes that both begin with."""
    pairs = zip(one.encode(), other.encode(), strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def turn(number: int, session: str | None) -> SpanRecord:
    """A model call that is sent the whole conversation so far."""
    said: list[dict[str, Any]] = [{"role": "system", "content": "You sell shoes. " * 60}]
    for before in range(1, number):
        said.append({"role": "user", "content": f"Question {before}: " + "where is it? " * 20})
        said.append({"role": "assistant", "content": f"Answer {before}: " + "it is there. " * 20})
    said.append({"role": "user", "content": f"Question {number}: " + "where is it? " * 20})
    return conversations.span(
        secrets.token_bytes(16),
        at=timezone.now() - timedelta(hours=2, minutes=-number),
        session=session,
        **{
            "gen_ai.input.messages": json.dumps(said),
            "gen_ai.output.messages": json.dumps(
                [{"role": "assistant", "content": f"Answer {number}: " + "it is there. " * 20}]
            ),
        },
    )


def prompts_by_turn(judge: Any) -> list[str]:
    """What was asked, the turns in order."""
    return sorted((request.text for request in judge.requests), key=len)


@pytest.mark.parametrize("scope", ["trace", "span"])
def test_successive_turns_of_a_session_share_what_they_repeat(
    start_judge: StartJudge, run_line: Line, scope: str
) -> None:
    judge = start_judge()
    project = conversations.project()
    conversations.signal(project, scope=scope)
    for number in (9, 10):
        conversations.send(project, [turn(number, "one session")], ARRIVED)
    run_line()
    earlier, later = prompts_by_turn(judge)
    same = shared(earlier, later)
    repeated = len(earlier[: earlier.index("Question 9")].encode())
    assert same >= repeated - 40  # all but the heading that marks what is judged
    assert same > 0.75 * len(earlier.partition("# Question")[0].encode())


def test_turns_of_different_sessions_have_different_fences(
    start_judge: StartJudge, run_line: Line
) -> None:
    judge = start_judge()
    project = conversations.project()
    conversations.signal(project)
    for session in ("one session", "another", None, None):
        conversations.send(project, [turn(1, session)], ARRIVED)
    run_line()
    fences = {text.partition("<transcript-")[2][:20] for text in prompts_by_turn(judge)}
    assert len(fences) == 4


def test_a_session_and_its_turns_have_one_fence(start_judge: StartJudge, run_line: Line) -> None:
    judge = start_judge()
    project = conversations.project()
    for scope in ("span", "trace", "session"):
        conversations.signal(project, scope=scope, name=scope)
    conversations.send(project, [turn(1, "one session")], ARRIVED)
    run_line()
    assert len(judge.requests) == 3
    fences = {text.partition("<transcript-")[2][:20] for text in prompts_by_turn(judge)}
    assert len(fences) == 1


def test_signals_of_one_target_share_all_but_their_question(
    start_judge: StartJudge, run_line: Line
) -> None:
    judge = start_judge()
    project = conversations.project()
    for template in ("user_frustration", "nsfw", "jailbreak_attempt"):
        conversations.signal(project, template=template, name=template, rate=1.0)
    conversations.send(project, [turn(5, "one session")], ARRIVED)
    run_line()
    first, *others = prompts_by_turn(judge)
    assert len(others) == 2
    transcript = len(first[: first.index("# Question")].encode())
    assert all(shared(first, other) >= transcript for other in others)
