"""What judging may cost, by what judging such targets has taken so far, else by their length."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Avg, Count

from signals_app.judging import judge_in_use
from signals_app.models import Classification, Signal
from signals_app.runs import traffic_size

#: The newest judged targets of which the mean is taken.
LOOKED_AT = 200
#: Signals of the same agent and scope that are asked when this one has judged nothing.
OTHERS = 10

OFFLINE = "the built-in judge uses no tokens and costs nothing"
NOT_MEASURED = (
    "no target of this kind has been judged yet, and none of the last 7 days can be read,"
    " so nothing is known of its length"
)
NO_PRICE = "JUDGE_PRICE_INPUT_USD and JUDGE_PRICE_OUTPUT_USD are not set"


@dataclass(frozen=True, slots=True)
class Estimate:
    """For a number of targets. tokens, cost_usd: None where the reason beside them says why.

    It rests on `measured` judged targets, or on the length of `guessed` ones that none judged.
    """

    tokens: int | None = None
    cost_usd: float | None = None
    measured: int = 0
    guessed: int = 0
    why_no_tokens: str = ""
    why_no_cost: str = ""


@dataclass(frozen=True, slots=True)
class Mean:
    """What one target takes. n: targets that it rests on; is_measured: the judge said so."""

    n: int
    input_tokens: float
    output_tokens: float
    is_measured: bool = True


def why_no_price() -> str:
    """Why judging has no known price, in words; "" where it has one."""
    if judge_in_use.is_offline():
        return OFFLINE
    return "" if any(_prices()) else NO_PRICE


def estimate(signal: Signal, targets: float, now: datetime) -> Estimate:
    """Estimate by the signal's own judged targets, else as `estimate_of_agent` does."""
    if judge_in_use.is_offline():
        return _none(OFFLINE)
    mean = _mean(signal)
    if mean is not None:
        return _of(mean, targets)
    return estimate_of_agent(signal.project_id, signal.agent_id, signal.scope, targets, now)


def estimate_of_agent(
    project_id: int, agent_id: int, scope: str, targets: float, now: datetime
) -> Estimate:
    """Estimate by what signals of the agent and scope have judged, else by the text of its
    traffic."""
    if judge_in_use.is_offline():
        return _none(OFFLINE)
    mean = _mean_of_signals(project_id, agent_id, scope)
    mean = mean or _mean_of_traffic(project_id, agent_id, scope, now)
    return _of(mean, targets) if mean else _none(NOT_MEASURED)


def _none(why: str) -> Estimate:
    return Estimate(why_no_tokens=why, why_no_cost=why)


def _of(mean: Mean, targets: float) -> Estimate:
    read, wrote = _prices()
    a_target = mean.input_tokens * read + mean.output_tokens * wrote
    why = why_no_price()
    return Estimate(
        tokens=round(targets * (mean.input_tokens + mean.output_tokens)),
        cost_usd=None if why else targets * a_target / 1e6,
        measured=mean.n if mean.is_measured else 0,
        guessed=0 if mean.is_measured else mean.n,
        why_no_cost=why,
    )


def _prices() -> tuple[float, float]:
    """Dollars for a million tokens in and out; one price for whichever model."""
    return float(settings.JUDGE_PRICE_INPUT_USD), float(settings.JUDGE_PRICE_OUTPUT_USD)


def _mean_of_signals(project_id: int, agent_id: int, scope: str) -> Mean | None:
    """Return the mean of signals that have read the same targets: the transcript is most of what is
    read."""
    alike = Signal.objects.filter(project_id=project_id, agent_id=agent_id, scope=scope)
    means = (_mean(signal) for signal in alike.order_by("-pk")[:OTHERS])
    return next((mean for mean in means if mean), None)


def _mean_of_traffic(project_id: int, agent_id: int, scope: str, now: datetime) -> Mean | None:
    read = traffic_size.tokens_read(project_id, agent_id, scope, now)
    if not read:
        return None
    mean = sum(read) / len(read)
    return Mean(len(read), mean, traffic_size.ANSWER_TOKENS, is_measured=False)


def _mean(signal: Signal) -> Mean | None:
    """Over those of the newest that were judged by an endpoint which says its tokens."""
    rows = Classification.objects.filter(project_id=signal.project_id, signal_id=signal.pk)
    newest = rows.order_by("-counted_at", "-id").values("input_tokens", "output_tokens")
    means = newest[:LOOKED_AT].aggregate(
        n=Count("input_tokens"), read=Avg("input_tokens"), wrote=Avg("output_tokens")
    )
    return Mean(means["n"], means["read"], means["wrote"] or 0.0) if means["n"] else None
