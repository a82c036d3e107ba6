"""How a sample is said in words: a rate, a place, and why a target is not in it. Pure."""

from __future__ import annotations

SPENT = "The budget of the month was spent when it began, so nothing was judged."


def not_in_sample(place: float, rate: float, factor: float) -> str:
    """Say why a place is not in the sample. rate: lowered by the factor."""
    if rate == 0:
        return SPENT
    said = f"It is not in the sample: its place is {exactly(place)}, and the rate of "
    said += f"{rate_text(rate)} takes places below {exactly(rate)}."
    if factor < 1:
        said += f" The budget had lowered the rate to {rate_text(factor)} of the version's."
    return said


def rate_text(rate: float) -> str:
    return f"{rate * 100:g} %"


def exactly(place: float) -> str:
    """Enough digits to see on which side of a rate a place lies."""
    return f"{place:.9g}"
