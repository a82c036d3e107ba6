"""What judging may cost, by what judging such targets has taken so far, else by their length."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Avg, Count

from signals_app.definition.versions import current_version
from signals_app.judging import judge_in_use
from signals_app.judging.endpoint import Chosen
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
    judge: str = ""  # at whose price


@dataclass(frozen=True, slots=True)
class Mean:
    """What one target takes. n: targets that it rests on; is_measured: the judge said so."""

    n: int
    input_tokens: float
    output_tokens: float
    cached_tokens: float = 0.0
    is_measured: bool = True


def why_no_price(judge: Chosen) -> str:
    """Why judging has no known price, in words; "" where it has one."""
    if judge.endpoint.is_offline:
        return OFFLINE
    if judge.endpoint.prices.are_known:
        return ""
    return f"the judge {judge.endpoint.name} has no price" if judge.endpoint.name else NO_PRICE


def estimate(signal: Signal, targets: float, now: datetime) -> Estimate:
    """Estimate by the signal's own judged targets, else as `estimate_of_agent` does, at the price
    of its judge."""
    judge = judge_in_use.chosen_for(signal.project_id, current_version(signal))
    if judge.endpoint.is_offline:
        return _none(OFFLINE)
    mean = _mean(signal)
    if mean is not None:
        return _of(mean, targets, judge)
    agent, scope = signal.agent_id, signal.scope
    return estimate_of_agent(signal.project_id, agent, scope, targets, now, judge)


def estimate_of_agent(
    project_id: int,
    agent_id: int,
    scope: str,
    targets: float,
    now: datetime,
    judge: Chosen | None = None,
) -> Estimate:
    """Estimate by what signals of the agent and scope have judged, else by the text of its
    traffic. judge: the project's default one if none is given."""
    judge = judge or judge_in_use.default_for(project_id)
    if judge.endpoint.is_offline:
        return _none(OFFLINE)
    mean = _mean_of_signals(project_id, agent_id, scope)
    mean = mean or _mean_of_traffic(project_id, agent_id, scope, now)
    return _of(mean, targets, judge) if mean else _none(NOT_MEASURED)


def _none(why: str) -> Estimate:
    return Estimate(why_no_tokens=why, why_no_cost=why)


def _of(mean: Mean, targets: float, judge: Chosen) -> Estimate:
    prices = judge.endpoint.prices
    a_target = prices.of(mean.input_tokens, mean.output_tokens, mean.cached_tokens)
    return Estimate(
        tokens=round(targets * (mean.input_tokens + mean.output_tokens)),
        cost_usd=None if a_target is None else targets * a_target,
        measured=mean.n if mean.is_measured else 0,
        guessed=0 if mean.is_measured else mean.n,
        why_no_cost=why_no_price(judge),
        judge=judge.shown,
    )


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
    newest = rows.order_by("-counted_at", "-id").values(
        "input_tokens", "output_tokens", "cached_tokens"
    )
    means = newest[:LOOKED_AT].aggregate(
        n=Count("input_tokens"),
        read=Avg("input_tokens"),
        wrote=Avg("output_tokens"),
        cached=Avg("cached_tokens"),
    )
    if not means["n"]:
        return None
    return Mean(means["n"], means["read"], means["wrote"] or 0.0, means["cached"] or 0.0)
