"""Why a target bears a label of a signal, or bears none: the decision and its words. Pure.

Values come in, one frozen answer goes out; whoever shows it fetches the values
(`signals_app/explain/facts.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from core.ui import wording
from signals_app.explain.sample_words import exactly, not_in_sample, rate_text
from signals_app.models import Outcome, ReasonCode, Scope, Signal

State = Signal.State

JUDGES = {
    Scope.SPAN: "single model calls",
    Scope.TRACE: "whole traces",
    Scope.SESSION: "whole sessions",
}
LATER_RUN = "A manual run over this time would judge it."


class Kind(Enum):
    """What decided, with the words that a folded row has room for."""

    OTHER_SCOPE = "other scope"
    OWN_JUDGE = "our own judge"
    OTHER_AGENT = "other agent"
    NO_MODEL_CALL = "no model call"
    OPEN = "not settled"
    DRAFT = "draft"
    PAUSED = "paused"
    ARCHIVED = "archived"
    UPLOADED = "uploaded"
    BEFORE = "settled before"
    SAMPLED_OUT = "sampled out"
    PASSED = "passed over"
    HELD = "held"
    WAITING = "waiting"
    JUDGING = "being judged"
    LABELLED = "labelled"
    FAILED = "failed"
    REFUSED = "refused"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Asking:
    """The signal. version, rate: of the live version; None while there is none.

    factor: by which the budget had lowered the rate when the target began; the rate is lowered.
    was_stopped: the budget was spent at some time before the target settled.
    """

    scope: str
    agent: str
    state: str
    paused_reason: str
    activated_at: datetime | None
    version: int | None
    version_since: datetime | None
    rate: float | None
    factor: float = 1.0
    was_stopped: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked about. place: in [0, 1), its hash under the signal's salt.

    has_other: whether the signal's own scope is found around it: a trace that has model calls
    or belongs to a session.
    """

    scope: str
    is_of_agent: bool
    place: float
    quiet_since: datetime
    due_at: datetime | None
    settled_at: datetime | None
    revision: int = 1
    kind: str = "llm"  # of a span
    is_own_judge: bool = False
    is_uploaded: bool = False
    has_other: bool = True


@dataclass(frozen=True, slots=True)
class Waits:
    """Its job. ahead: targets of the team that come before it; the count stops at `ahead_most`."""

    version: int
    queued_at: datetime
    available_at: datetime
    is_held: bool
    is_leased: bool
    attempts: int
    last_error: str
    ahead: int
    ahead_most: int
    judge_rests_until: datetime | None
    worker_is_stopped: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """The classification that stands. rate: the one under which the target was included."""

    outcome: str
    label: str | None
    explanation: str
    reason: str
    version: int
    revision: int
    source: str
    rate: float
    model: str
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    cost_usd: float | None
    cut_chars: int
    latency_ms: int | None
    attempts: int
    at: datetime
    reason_code: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """sentences: the reason first, then what else matters and what to do.

    figures: name and value, ready to be shown; moments: name and time.
    """

    kind: Kind
    sentences: tuple[str, ...]
    figures: tuple[tuple[str, str], ...] = ()
    moments: tuple[tuple[str, datetime], ...] = ()
    label: str | None = None
    explanation: str = ""
    can_retry: bool = False

    def but(self, *more: str) -> Answer:
        return replace(self, sentences=(*self.sentences, *more))


def why(
    signal: Asking,
    target: Target,
    job: Waits | None,
    judged: Judged | None,
    now: datetime,
) -> Answer:
    """Return the first thing that decided, in the order in which the line of judging asks."""
    if signal.scope != target.scope:
        return _other_scope(signal, target)
    if job is not None:
        return _waiting(signal, target, job, judged, now)
    if judged is not None:
        return _judged(signal, target, judged, now)
    return (
        _not_meant(signal, target)
        or _open(target, now)
        or _not_live(target)
        or _not_active(signal)
        or _not_then(signal, target, now)
        or _not_in_sample(signal, target)
        or _not_any_more(signal, target)
    )


def _other_scope(signal: Asking, target: Target) -> Answer:
    said = f"This signal judges {JUDGES[Scope(signal.scope)]}, and this is a {_one(target)}."
    if target.has_other:
        return Answer(Kind.OTHER_SCOPE, (said,))
    if signal.scope == Scope.SESSION:
        return Answer(
            Kind.OTHER_SCOPE,
            (said, "It belongs to no session: no span of it carried a session id."),
        )
    return Answer(Kind.OTHER_SCOPE, (said, "There is no model call in it."))


def _one(target: Target) -> str:
    return "single span" if target.scope == Scope.SPAN else target.scope


def _waiting(
    signal: Asking, target: Target, job: Waits, judged: Judged | None, now: datetime
) -> Answer:
    figures = [("Version", str(job.version)), ("Attempts so far", str(job.attempts))]
    moments = [("Waiting since", job.queued_at)]
    stands: tuple[str, ...] = ()
    if judged is not None:
        what = f"“{judged.label}”" if judged.label else judged.outcome
        stands = (f"Until then what was judged before stands: {what}.",)
    if job.is_held:
        reason = job.last_error or "The judge refused to go on."
        held = "It is held: its judge stopped the signal."
        until = "It is judged as soon as the signal is resumed."
        sentences = (held, reason, until, *stands)
        return Answer(Kind.HELD, sentences, tuple(figures), tuple(moments))
    age = wording.duration((now - job.queued_at).total_seconds() * 1000)
    if job.is_leased:
        taken = f"A worker is judging it now. It was queued {age} ago."
        return Answer(Kind.JUDGING, (taken, *stands), tuple(figures), tuple(moments))
    figures.append(("Place in the queue", _place(job)))
    if job.available_at > now:
        moments.append(("Next attempt", job.available_at))
    error = (f"The last attempt ended with: {job.last_error}",) if job.last_error else ()
    said = (f"It waits to be judged, for {age} now.", *_delays(target, job, now))
    answer = Answer(Kind.WAITING, (*said, *error, *stands), tuple(figures), tuple(moments))
    can_hurry = job.available_at > now and signal.state == State.ACTIVE
    return replace(answer, can_retry=can_hurry and judged is not None)


def _place(job: Waits) -> str:
    if job.ahead >= job.ahead_most:
        return f"behind more than {wording.number(job.ahead_most)}"
    return wording.number(job.ahead + 1)


def _delays(target: Target, job: Waits, now: datetime) -> list[str]:
    said = []
    if job.worker_is_stopped:
        said.append("No worker is running, so nothing is judged: start one.")
    if job.judge_rests_until is not None and job.judge_rests_until > now:
        said.append(f"Its judge rests; judging goes on {wording.ago(job.judge_rests_until, now)}.")
    if job.available_at > now and job.attempts == 0:
        said.append(
            f"More has kept arriving, and it has settled {target.revision} times: it is judged "
            f"again {wording.ago(job.available_at, now)}, with all that is there by then."
        )
    elif job.available_at > now:
        said.append(f"It is tried again {wording.ago(job.available_at, now)}.")
    return said


def _judged(signal: Asking, target: Target, judged: Judged, now: datetime) -> Answer:
    answer = Answer(
        kind=Kind[Outcome(judged.outcome).name],
        sentences=(_outcome(judged),),
        figures=tuple(_figures(target, judged)),
        moments=(("Judged", judged.at),),
        label=judged.label,
        explanation=judged.explanation,
        can_retry=judged.version == signal.version and signal.state == State.ACTIVE,
    )
    return answer.but(*_since_then(signal, target, judged, now))


def _outcome(judged: Judged) -> str:
    if judged.label is not None:
        how = "in a manual run" if judged.source == "run" else "as it arrived"
        return f"The judge answered “{judged.label}”, under version {judged.version}, {how}."
    reason = judged.reason or "No reason was kept."
    if judged.reason_code == ReasonCode.CANNOT_TELL:
        return f"The judge could not tell, so it is in no rate. {reason}"
    opening = {
        Outcome.FAILED: "Judging it failed",
        Outcome.REFUSED: "The judge refused to answer",
        Outcome.SKIPPED: "It was skipped",
    }[Outcome(judged.outcome)]
    return f"{opening}: {reason}"


def _figures(target: Target, judged: Judged) -> list[tuple[str, str]]:
    figures = [("Version", str(judged.version))]
    if judged.model:
        figures.append(("Judge", judged.model))
    if judged.input_tokens is not None or judged.output_tokens is not None:
        figures.append(("Tokens", _tokens(judged)))
    if judged.cost_usd is not None:
        figures.append(("Cost", wording.usd(judged.cost_usd)))
    elif judged.input_tokens is not None:
        figures.append(("Cost", "unknown: the judge had no price"))
    if judged.latency_ms is not None:
        figures.append(("Answered after", wording.duration(judged.latency_ms)))
    figures.append(("Attempts", str(judged.attempts)))
    if judged.cut_chars:
        figures.append(("Left out", f"{judged.cut_chars:,} characters in the middle"))
    if judged.revision > 1:
        figures.append(("Revision", str(judged.revision)))
    in_sample = f"{exactly(target.place)}, rate {rate_text(judged.rate)}"
    return [*figures, ("Place in the sample", in_sample)]


def _tokens(judged: Judged) -> str:
    parts = [(judged.input_tokens, "in"), (judged.output_tokens, "out")]
    if judged.cached_tokens:
        parts.append((judged.cached_tokens, "of them cached"))
    return ", ".join(
        f"{wording.UNKNOWN if n is None else wording.number(n)} {word}" for n, word in parts
    )


def _since_then(signal: Asking, target: Target, judged: Judged, now: datetime) -> list[str]:
    said = []
    if signal.version is not None and judged.version != signal.version:
        said.append(
            f"Version {signal.version} is live now. What settled before it is not judged again "
            "by itself."
        )
    if judged.label is None and judged.version == signal.version and signal.state != State.ACTIVE:
        said.append(f"The signal is {signal.state}: only an active one can judge it again.")
    if target.settled_at is None and target.scope != Scope.SPAN:
        said.append(f"More has arrived since then. {_settles(target, now)}")
    elif target.revision > judged.revision and target.scope != Scope.SPAN:
        said.append("It has grown since, and that was not judged again.")
    return said


def _not_meant(signal: Asking, target: Target) -> Answer | None:
    if target.is_own_judge:
        said = f"This {_one(target)} is the work of our own judge, which is never judged."
        return Answer(Kind.OWN_JUDGE, (said,))
    if not target.is_of_agent:
        said = f"This signal belongs to the agent {signal.agent}, which had no part in this."
        return Answer(Kind.OTHER_AGENT, (said,))
    if target.scope == Scope.SPAN and target.kind != "llm":
        said = f"This span is no model call but of the kind “{target.kind}”."
        return Answer(Kind.NO_MODEL_CALL, (said, "Only model calls are judged at this scope."))
    return None


def _open(target: Target, now: datetime) -> Answer | None:
    if target.settled_at is not None:
        return None
    said = f"It has not settled yet: the last span arrived {wording.ago(target.quiet_since, now)}."
    moments = [("Quiet since", target.quiet_since)]
    if target.due_at is not None:
        moments.append(("Settles", target.due_at))
    return Answer(Kind.OPEN, (said, _settles(target, now)), moments=tuple(moments))


def _settles(target: Target, now: datetime) -> str:
    if target.due_at is None:
        return "Its spans are no longer stored, so it will not settle."
    if target.due_at <= now:
        return "It is due now: it settles as soon as a worker looks."
    return f"It settles {wording.ago(target.due_at, now)}, unless more arrives."


def _not_live(target: Target) -> Answer | None:
    if not target.is_uploaded:
        return None
    return Answer(Kind.UPLOADED, ("It was uploaded: signals judge live traffic only.", LATER_RUN))


def _not_active(signal: Asking) -> Answer | None:
    if signal.state == State.DRAFT:
        return Answer(Kind.DRAFT, ("The signal is a draft: it judges nothing by itself.",))
    if signal.state == State.ARCHIVED:
        return Answer(Kind.ARCHIVED, ("The signal is archived: it judges nothing any more.",))
    if signal.state == State.PAUSED:
        reason = (signal.paused_reason,) if signal.paused_reason else ()
        paused = "The signal is paused: what settles meanwhile is not judged."
        return Answer(Kind.PAUSED, (paused, *reason))
    return None


def _not_then(signal: Asking, target: Target, now: datetime) -> Answer | None:
    settled, activated = target.settled_at, signal.activated_at
    if settled is None or activated is None or activated <= settled:
        return None
    before = wording.duration((activated - settled).total_seconds() * 1000)
    said = f"It settled {before} before the signal was activated; a signal looks forward only."
    moments = (("Settled", settled), ("Activated", activated))
    return Answer(Kind.BEFORE, (said, LATER_RUN), moments=moments)


def _not_in_sample(signal: Asking, target: Target) -> Answer | None:
    if signal.rate is None or target.place < signal.rate:
        return None
    figures = (("Place", exactly(target.place)), ("Sample rate", rate_text(signal.rate)))
    said = not_in_sample(target.place, signal.rate, signal.factor)
    more = "The same targets are always in." if signal.rate else LATER_RUN
    return Answer(Kind.SAMPLED_OUT, (said, more), figures)


def _not_any_more(signal: Asking, target: Target) -> Answer:
    settled, since = target.settled_at, signal.version_since
    moments = (("Settled", settled),) if settled else ()
    if settled and since and settled < since and (signal.version or 1) > 1:
        said = f"It settled before version {signal.version} was made, and was not in the sample "
        said += "or was dropped then."
        return Answer(Kind.PASSED, (said, LATER_RUN), moments=moments)
    if signal.was_stopped:
        said = "It is in the sample, but the budget of the month was spent before its turn came."
        return Answer(Kind.PASSED, (said, LATER_RUN), moments=moments)
    said = "It settled, is in the sample, and nothing of it waits: the signal was paused when it "
    said += "settled, or was paused before its turn came."
    return Answer(Kind.PASSED, (said, LATER_RUN), moments=moments)
