"""Judges as the settings pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from signals_app.judge_endpoints import testing, use
from signals_app.judging import judge_in_use
from signals_app.judging.endpoint import Endpoint
from signals_app.judging.model_server import endpoints
from signals_app.models import JudgeEndpoint, JudgeState, JudgeTest, Signal
from teams.models import Project


@dataclass(frozen=True, slots=True)
class State:
    """How a judge does. kind: "answers", "rests", "refuses" or "unasked"; since: when it answered
    last, or when it asked for its rest; words: what it said last instead of an answer."""

    kind: str
    since: datetime | None = None
    until: datetime | None = None
    words: str = ""
    context_tokens: int | None = None
    lanes: float | None = None

    @property
    def title(self) -> str:
        return {"answers": "Answers", "rests": "Rests", "refuses": "Fails"}.get(
            self.kind, "Not asked yet"
        )

    @property
    def look(self) -> str:
        """The class of its mark."""
        looks = {"answers": "state-active", "rests": "state-paused", "refuses": "state-error"}
        return looks.get(self.kind, "")


@dataclass(frozen=True, slots=True)
class Row:
    """A judge with its state; `endpoint` is None for the one of the environment."""

    judge: Endpoint
    state: State
    signals: list[Signal]
    is_default: bool
    host: str
    endpoint: JudgeEndpoint | None = None

    @property
    def title(self) -> str:
        if self.endpoint is not None:
            return self.endpoint.name
        return "Built-in offline judge" if self.judge.is_offline else "Judge of the environment"


def state_of(judge: Endpoint, now: datetime) -> State:
    """Return how a judge does, of all its models the one that was heard of last."""
    rows = sorted(endpoints.rows_of(judge), key=_heard)
    if not rows:
        return State("unasked")
    return _state(rows[-1], now)


def _heard(row: JudgeState) -> float:
    moments = [at.timestamp() for at in (row.last_error_at, row.last_success_at) if at]
    return max(moments, default=0.0)


def _state(row: JudgeState, now: datetime) -> State:
    facts: dict[str, Any] = {"context_tokens": row.context_tokens, "lanes": row.lanes}
    words = row.last_error if row.is_failing else ""
    if row.paused_until is not None and row.paused_until > now:
        return State("rests", row.last_error_at, row.paused_until, row.last_error, **facts)
    if row.is_failing:
        return State("refuses", row.last_success_at, None, words, **facts)
    if row.last_success_at is None:
        return State("unasked", **facts)
    return State("answers", row.last_success_at, **facts)


def rows_of(project: Project, now: datetime) -> list[Row]:
    """Return the judges of a project, the environment's first, then its own by name."""
    signals = use.by_judge(project)
    own = JudgeEndpoint.objects.filter(project=project, archived_at=None).order_by("name")
    rows = [row_of(endpoint, signals.get(endpoint.pk, []), now) for endpoint in own]
    has_default = settings.PROJECT_JUDGES and any(row.is_default for row in rows)
    environment = judge_in_use.environment()
    first = Row(
        judge=environment,
        state=State("answers") if environment.is_offline else state_of(environment, now),
        signals=signals.get(None, []),
        is_default=not has_default,
        host=judge_in_use.host_of(environment.base_url),
    )
    return [first, *rows]


def row_of(endpoint: JudgeEndpoint, signals: list[Signal], now: datetime) -> Row:
    """Return one judge with its state."""
    judge = judge_in_use.of_row(endpoint)
    state = State("refuses", words=f"{judge.trouble}.") if judge.trouble else state_of(judge, now)
    return Row(
        judge=judge,
        state=state,
        signals=signals,
        is_default=endpoint.is_default,
        host=judge_in_use.host_of(endpoint.base_url),
        endpoint=endpoint,
    )


@dataclass(frozen=True, slots=True)
class Tested:
    """The last test of a judge; waits_for_worker: nobody has taken it for a while."""

    test: JudgeTest
    waits_for_worker: bool

    @property
    def is_running(self) -> bool:
        return self.test.finished_at is None

    @property
    def form_title(self) -> str:
        """How the answer was asked for, in words."""
        return {
            "json_schema": "held to a JSON schema",
            "json_object": "asked for JSON",
            "plain": "asked for in words alone",
        }.get(self.test.answer_form, "")


def tested(endpoint: JudgeEndpoint, now: datetime) -> Tested | None:
    """Return what the last test of a judge said; None where there was none."""
    test = testing.newest(endpoint)
    if test is None:
        return None
    is_late = test.taken_at is None and now - test.asked_at > testing.PATIENCE
    return Tested(test, test.finished_at is None and is_late)
