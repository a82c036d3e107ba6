"""What the judging processes count for `/metrics`."""

from __future__ import annotations

from collections.abc import Iterable

from core.metrics.counters import Counter, Histogram
from signals_app.judging.questions import Ruling

ANSWERS = Counter(
    "signals_judge_answers_total", "Targets that were judged, by what came of it.", ["outcome"]
)
LATENCY = Histogram(
    "signals_judge_latency_seconds",
    "How long the judge took for an answer.",
    (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120),
)
TOKENS = Counter("signals_judge_tokens_total", "Tokens that judging took.", ["kind"])
COST = Counter("signals_judge_cost_usd_total", "What judging cost, at the prices that are set.")
ERRORS = Counter("signals_judge_errors_total", "Questions that got no answer, by why.", ["kind"])
RETRIES = Counter("signals_judge_retries_total", "Targets that are to be asked about once more.")


def note(rulings: Iterable[Ruling]) -> None:
    """Count what was written of a batch of answers."""
    for ruling in rulings:
        ANSWERS.add(outcome=str(ruling.outcome))
        if ruling.latency_ms is not None:
            LATENCY.observe(ruling.latency_ms / 1000)
        usage = ruling.usage
        given = {
            "input": usage.input_tokens,
            "cached": usage.cached_tokens,
            "output": usage.output_tokens,
        }
        for kind, tokens in given.items():
            if tokens:
                TOKENS.add(tokens, kind=kind)
        if ruling.cost_usd:
            COST.add(ruling.cost_usd)
