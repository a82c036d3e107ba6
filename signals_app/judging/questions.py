"""What a judge is asked and what it answers, whichever judge it is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

from signals_app.judging.endpoint import Endpoint
from signals_app.judging.model_server.learned import Learned
from signals_app.judging.prompt import Evidence, Question, evidence
from signals_app.models import Outcome
from traces.transcript import Transcript


class Retryable(Exception):
    """It may work later: the message says what happened; after_s is the server's own wish.

    is_unreachable: no connection was made, so nothing was said of the target. is_timeout: it was
    given up when the time limit was over.
    """

    def __init__(
        self,
        words: str,
        after_s: float | None = None,
        *,
        is_unreachable: bool = False,
        is_timeout: bool = False,
    ) -> None:
        super().__init__(words)
        self.after_s = after_s
        self.is_unreachable = is_unreachable
        self.is_timeout = is_timeout


class Resting(Exception):
    """The judge asked for a rest (429). Says nothing about the target."""

    def __init__(self, words: str, after_s: float) -> None:
        super().__init__(words)
        self.after_s = after_s


class SignalBlocked(Exception):
    """Every further request would fail alike: the message says what a person must mend."""


@dataclass(slots=True)
class Target:
    """What is judged, read once for all signals that ask about it."""

    transcript: Transcript
    scope: str
    code: str  # prompt.fence_code
    trouble: str = ""  # why it cannot be judged, in words
    _written: dict[int, Evidence] = field(default_factory=dict)

    def evidence(self, budget: int) -> Evidence:
        if budget not in self._written:
            self._written[budget] = evidence(self.transcript, self.scope, self.code, budget)
        return self._written[budget]


@dataclass(frozen=True, slots=True)
class Ask:
    """One question about one target. model: as the endpoint calls it; template: a key or "".

    trouble: why the judge may not be asked for that model, in words.
    """

    target: Target
    question: Question
    model: str
    template: str = ""
    endpoint: Endpoint | None = None
    trouble: str = ""

    @property
    def labels(self) -> list[str]:
        return [name for name, _meaning in self.question.labels]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of all calls that one question took; None where the server does not say."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None

    def plus(self, other: Usage) -> Usage:
        return Usage(
            _sum(self.input_tokens, other.input_tokens),
            _sum(self.output_tokens, other.output_tokens),
            _sum(self.cached_tokens, other.cached_tokens),
        )


@dataclass(frozen=True, slots=True)
class Ruling:
    """What came of one question: a label, or the reason in words why there is none."""

    outcome: str
    model: str = ""
    endpoint_id: int | None = None  # of the project's own judge, and what it is called
    judge_name: str = ""
    label: str | None = None
    explanation: str = ""
    reason: str = ""
    reason_code: str = ""
    is_bad_request: bool = False  # the judge called the request itself wrong
    usage: Usage = field(default_factory=Usage)
    cost_usd: float | None = None
    cut_chars: int = 0
    latency_ms: int | None = None

    def but(self, **changes: object) -> Ruling:
        return replace(self, **changes)  # type: ignore[arg-type]


def skipped(reason: str) -> Ruling:
    return Ruling(Outcome.SKIPPED, reason=reason)


def failed(reason: str, model: str = "") -> Ruling:
    return Ruling(Outcome.FAILED, model=model, reason=reason)


class Judge(Protocol):
    """learned: by model. `ask` raises Retryable, Resting or SignalBlocked when there is nothing
    to keep."""

    learned: dict[str, Learned]

    async def ask(self, ask: Ask) -> Ruling: ...

    async def close(self) -> None: ...


def _sum(count: int | None, other: int | None) -> int | None:
    return other if count is None else count if other is None else count + other
