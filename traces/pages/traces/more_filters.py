"""The trace list's further filters: by what traces ran on, by size, and by their metadata."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator

from traces.models.querysets import TraceQuerySet
from traces.records import KINDS

#: Columns with few values, exactly matched; the facets count their values.
FACETS = ("model", "provider", "service", "environment")
MOST_PAIRS = 5
MOST_PAIR_CHARS = 500
#: A number above these is a slip of the finger, and would leave the range of its column.
MOST_SECONDS, MOST_TOKENS, MOST_USD = 1e8, 10**15, 1e9


class Pairs(forms.Field):
    """`meta=key=value`, any number of them up to `MOST_PAIRS`: a list of "key=value"."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[str]:
        pairs = [text.strip() for text in value or [] if text.strip()]
        if len(pairs) > MOST_PAIRS:
            raise forms.ValidationError(f"At most {MOST_PAIRS} pairs can be asked for.")
        for pair in pairs:
            ProhibitNullCharactersValidator()(pair)
            if len(pair) > MOST_PAIR_CHARS:
                raise forms.ValidationError(f"A pair has at most {MOST_PAIR_CHARS} characters.")
            if not pair.partition("=")[0].strip() or "=" not in pair:
                raise forms.ValidationError("Write key=value, such as plan=pro.")
        return pairs


def number(label: str, most: float) -> forms.Field:
    return forms.FloatField(label=label, required=False, min_value=0, max_value=most)


def whole(label: str, most: int) -> forms.Field:
    return forms.IntegerField(label=label, required=False, min_value=0, max_value=most)


class MoreFilters(forms.Form):
    """Fields that `narrow` understands; a subclass adds its own."""

    model = forms.CharField(required=False, max_length=1000)
    provider = forms.CharField(required=False, max_length=1000)
    service = forms.CharField(required=False, max_length=1000)
    environment = forms.CharField(required=False, max_length=1000)
    kind = forms.ChoiceField(
        label="Has a span of kind",
        required=False,
        choices=[("", "Any"), *((kind, kind) for kind in KINDS)],
    )
    min_s = number("Seconds, at least", MOST_SECONDS)
    max_s = number("Seconds, at most", MOST_SECONDS)
    min_tokens = whole("Tokens, at least", MOST_TOKENS)
    max_tokens = whole("Tokens, at most", MOST_TOKENS)
    min_usd = number("Cost in $, at least", MOST_USD)
    max_usd = number("Cost in $, at most", MOST_USD)
    meta = Pairs(label="Metadata", required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for unit in ("s", "tokens", "usd"):
            least, most = cleaned.get(f"min_{unit}"), cleaned.get(f"max_{unit}")
            if least is not None and most is not None and least > most:
                self.add_error(f"max_{unit}", "This is below the least that is asked for.")
        return cleaned


def narrow(traces: TraceQuerySet, chosen: dict[str, Any]) -> TraceQuerySet:
    """All filters of `MoreFilters` but metadata and the facets'; `chosen`: cleaned values by field
    name."""
    if kind := chosen.get("kind"):
        traces = traces.holding(kind)
    traces = traces.lasting(chosen.get("min_s"), chosen.get("max_s"))
    traces = traces.using_tokens(chosen.get("min_tokens"), chosen.get("max_tokens"))
    return traces.costing(chosen.get("min_usd"), chosen.get("max_usd"))


def pairs(chosen: dict[str, Any]) -> list[tuple[str, str]]:
    """The metadata asked for: (key, value) each."""
    split = [pair.partition("=") for pair in chosen.get("meta") or []]
    return [(key.strip(), value.strip()) for key, _equals, value in split]


def on_facets(traces: TraceQuerySet, chosen: dict[str, Any]) -> TraceQuerySet:
    """Those whose columns hold the facets' chosen values."""
    return traces.filter(**{name: chosen[name] for name in FACETS if chosen.get(name)})
