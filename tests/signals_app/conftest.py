from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.utils import timezone

from signals_app.models import Classification, JudgeJob
from signals_app.queue import queueing, working
from tests.fake_judge import Answer, FakeJudge, Script

StartJudge = Callable[..., FakeJudge]


@pytest.fixture
def start_judge(settings: Any) -> Iterator[StartJudge]:
    """Start a fake judge with a script and make it the judge in use."""
    with ExitStack() as stack:

        def start(script: Script | list[Answer] | None = None, latency_s: float = 0.0) -> FakeJudge:
            judge = stack.enter_context(FakeJudge(script, latency_s))
            settings.JUDGE_BASE_URL = judge.url
            settings.JUDGE_API_KEY = "key-of-the-judge"
            settings.JUDGE_MODEL = "model-1"
            settings.JUDGE_RETRY_BASE_S = 0
            settings.JUDGE_TIMEOUT_S = 8.0  # a busy machine may keep a good answer for seconds
            return judge

        yield start


@pytest.fixture
def run_line(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Classification]]:
    """Settle, queue and judge until nothing waits; returns all classifications."""
    monkeypatch.setattr("signals_app.queue.pumping.pump.LINGER_S", 0.15)
    monkeypatch.setattr("signals_app.queue.pumping.pump.IDLE_STEP_S", 0.02)
    monkeypatch.setattr("signals_app.queue.pumping.pump.WRITE_STEP_S", 0.02)

    def run(pumps: int = 1, budget_s: float = 10.0) -> list[Classification]:
        while queueing.settle_and_queue(timezone.now()):
            pass
        for _ in range(pumps):
            working.pump_for_a_while(budget_s)
        return list(Classification.objects.order_by("id"))

    return run


def waiting() -> list[JudgeJob]:
    return list(JudgeJob.objects.order_by("id"))
