"""What the list of traces may be asked for, all in the URL."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict

from core.paging import CursorField
from core.time_range.windows import Window
from teams.models import Project
from traces import extensions
from traces.pages.list_filter import ListFilter
from traces.records import KINDS
from traces.search.agent_choices import AgentChoices
from traces.search.queries import (
    FACETS,
    LIMITS,
    MOST_PAIRS,
    MOST_SECONDS,
    MOST_TOKENS,
    MOST_USD,
    TRACE_STATES,
    TraceQuery,
    errors_of_limits,
    metadata_pair,
)
from traces.search.traces import PAGES

TRACE_ID = re.compile(r"[0-9a-f]{32}")


class Pairs(forms.Field):
    """`meta=key=value`, any number of them up to `MOST_PAIRS`: a list of "key=value"."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[str]:
        pairs = [text.strip() for text in value or [] if text.strip()]
        if len(pairs) > MOST_PAIRS:
            raise forms.ValidationError(f"At most {MOST_PAIRS} pairs can be asked for.")
        for pair in pairs:
            metadata_pair(pair)
        return pairs


def number(label: str, most: float) -> forms.Field:
    return forms.FloatField(label=label, required=False, min_value=0, max_value=most)


def whole(label: str, most: int) -> forms.Field:
    return forms.IntegerField(label=label, required=False, min_value=0, max_value=most)


class MoreFilters(forms.Form):
    """By what traces ran on, by size, and by their metadata; folded until asked for."""

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
        for unit in LIMITS:
            least, most = cleaned.get(f"min_{unit}"), cleaned.get(f"max_{unit}")
            for name, sentences in errors_of_limits(unit, least, most).items():
                self.add_error(name, sentences)
        return cleaned


class TraceFilter(ListFilter, MoreFilters):
    older = CursorField(PAGES)
    newer = CursorField(PAGES)
    more = forms.BooleanField(required=False)  # the further filters are open

    def __init__(self, data: QueryDict, project: Project, agents: AgentChoices) -> None:
        super().__init__(data, agents, TRACE_STATES, extensions.filter_fields(project))

    @property
    def trace_id(self) -> UUID | None:
        """The trace whose id the text is, as people paste it; None for any other text."""
        text = (self.value("q") or "").lower()
        return UUID(hex=text) if TRACE_ID.fullmatch(text) else None

    def query(self, window: Window) -> TraceQuery:
        """Return what is asked for; a value that is bad counts as not given."""
        sizes = {field.name: self.value(field.name) for field in self.limits}
        facets: dict[str, Any] = {name: self.value(name) or "" for name in FACETS}
        return TraceQuery(
            **self.asked(window),
            **sizes,
            **facets,
            kind=self.value("kind") or "",
            metadata=tuple(metadata_pair(pair) for pair in self.value("meta") or []),
        )

    @property
    def limits(self) -> list[forms.BoundField]:
        """The fields that take a number."""
        return [field for field in self if field.name.startswith(("min_", "max_"))]

    @property
    def is_open(self) -> bool:
        """Whether the further filters show: asked for, in force or wrong."""
        names = ("more", *MoreFilters.base_fields)
        return any(self.value(name) is not None or self.errors.get(name) for name in names)
