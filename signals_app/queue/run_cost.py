"""What a run may cost, by what judging such targets has taken so far."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Avg, Count

from signals_app.judging import judges
from signals_app.models import Classification, Signal

#: The newest judged targets of which the mean is taken.
LOOKED_AT = 200
#: Signals of the same agent and scope that are asked when this one has judged nothing.
OTHERS = 10

OFFLINE = "the built-in judge uses no tokens and costs nothing"
NOT_MEASURED = (
    "no target of this kind has been judged yet, so nothing is known of its length;"
    " judge a few first"
)
NO_PRICE = "JUDGE_PRICE_INPUT_USD and JUDGE_PRICE_OUTPUT_USD are not set"


@dataclass(frozen=True, slots=True)
class Estimate:
    """For a number of targets. tokens, cost_usd: None where the reason beside them says why."""

    tokens: int | None = None
    cost_usd: float | None = None
    measured: int = 0  # judged targets that the mean rests on
    why_no_tokens: str = ""
    why_no_cost: str = ""


@dataclass(frozen=True, slots=True)
class _Mean:
    n: int
    input_tokens: float
    output_tokens: float


def why_no_price() -> str:
    """Why judging has no known price, in words; "" where it has one."""
    if judges.is_offline():
        return OFFLINE
    return "" if any(_prices()) else NO_PRICE


def estimate(signal: Signal, targets: int) -> Estimate:
    if judges.is_offline():
        return Estimate(why_no_tokens=OFFLINE, why_no_cost=OFFLINE)
    mean = _mean(signal) or _mean_of_others(signal)
    if mean is None:
        return Estimate(why_no_tokens=NOT_MEASURED, why_no_cost=NOT_MEASURED)
    tokens = round(targets * (mean.input_tokens + mean.output_tokens))
    if why := why_no_price():
        return Estimate(tokens, measured=mean.n, why_no_cost=why)
    read, wrote = _prices()
    a_target = mean.input_tokens * read + mean.output_tokens * wrote
    return Estimate(tokens, targets * a_target / 1e6, mean.n)


def _prices() -> tuple[float, float]:
    """Dollars for a million tokens in and out; one price for whichever model."""
    return float(settings.JUDGE_PRICE_INPUT_USD), float(settings.JUDGE_PRICE_OUTPUT_USD)


def _mean_of_others(signal: Signal) -> _Mean | None:
    """Other signals have read the same targets: the transcript is most of what is read."""
    alike = Signal.objects.filter(
        project_id=signal.project_id, agent_id=signal.agent_id, scope=signal.scope
    )
    means = (_mean(other) for other in alike.exclude(pk=signal.pk).order_by("-pk")[:OTHERS])
    return next((mean for mean in means if mean), None)


def _mean(signal: Signal) -> _Mean | None:
    """Over those of the newest that were judged by an endpoint which says its tokens."""
    rows = Classification.objects.filter(project_id=signal.project_id, signal_id=signal.pk)
    newest = rows.order_by("-counted_at", "-id").values("input_tokens", "output_tokens")
    found = newest[:LOOKED_AT].aggregate(
        n=Count("input_tokens"), read=Avg("input_tokens"), wrote=Avg("output_tokens")
    )
    return _Mean(found["n"], found["read"], found["wrote"] or 0.0) if found["n"] else None
