"""What the explorer's pages may be asked for, all in the URL.

A field with bad input counts as empty, and its error is shown on the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict

from core.ids import short_id
from core.paging import CursorField, Pager
from teams.models import Project
from traces import extensions
from traces.models import Agent
from traces.pages.traces.more_filters import FACETS, MoreFilters

TRACE_ID = re.compile(r"[0-9a-f]{32}")
SPAN_ID = re.compile(r"[0-9a-f]{16}")
#: The list in the order of `TraceQuerySet.newest_first`.
PAGES = Pager("start_time", "trace_id", UUID)
PAGING = ("older", "newer", "more")
TIMELINE = "timeline"
#: What an address may hold of an id; a longer one is found by its shortened form.
LONGEST_ID = 10_000


@dataclass(frozen=True, slots=True)
class Adder:
    name: str
    label: str
    groups: list[Any]  # (title, [(value, text), …])
    values: list[str]  # in force already


class IdField(forms.CharField):
    """An id that a client chose, of a session or a user, in the form in which it is stored."""

    def __init__(self) -> None:
        super().__init__(required=False, max_length=LONGEST_ID)

    def clean(self, value: Any) -> str | None:
        return short_id(super().clean(value))


class ListFilter(forms.Form):
    """What the filters of every list have: a field `agent`, and the extensions' fields."""

    def __init__(
        self, data: QueryDict, agents: Iterable[Agent], extra: dict[str, forms.Field]
    ) -> None:
        super().__init__(data)
        field = self.fields["agent"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "All"), *((str(agent.uuid), agent.name) for agent in agents)]
        self.extra = extra
        self.fields.update(extra)
        self.is_valid()

    def value(self, name: str) -> Any:
        """The cleaned value; None when it is empty or bad. Zero is a value."""
        found = self.cleaned_data.get(name)
        is_number = isinstance(found, (int, float)) and not isinstance(found, bool)
        return found if found or is_number else None

    @property
    def extra_values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.extra if self.value(name)}

    @property
    def adders(self) -> list[Adder]:
        """The extensions' fields, each as a select that adds one value to those in force."""
        return [
            Adder(
                name, str(field.label), list(getattr(field, "choices", ())), self.value(name) or []
            )
            for name, field in self.extra.items()
        ]

    @property
    def is_narrowed(self) -> bool:
        return any(self.value(name) is not None for name in self.fields if name not in PAGING)


class TraceFilter(ListFilter, MoreFilters):
    agent = forms.ChoiceField(required=False)
    status = forms.ChoiceField(
        required=False,
        choices=[("", "Any"), ("ok", "OK"), ("error", "Error"), ("open", "Still arriving")],
    )
    q = forms.CharField(label="Text", required=False, max_length=200)
    session = IdField()
    user = IdField()
    older = CursorField(PAGES)
    newer = CursorField(PAGES)
    more = forms.BooleanField(required=False)  # the further filters are open

    def __init__(self, data: QueryDict, project: Project, agents: Iterable[Agent]) -> None:
        super().__init__(data, agents, extensions.filter_fields(project))

    @property
    def trace_id(self) -> UUID | None:
        """The trace whose id the text is, as people paste it; None for any other text."""
        text = (self.value("q") or "").lower()
        return UUID(hex=text) if TRACE_ID.fullmatch(text) else None

    @property
    def facet_values(self) -> dict[str, str | None]:
        return {name: self.value(name) for name in FACETS}

    @property
    def limits(self) -> list[forms.BoundField]:
        """The fields that take a number."""
        return [field for field in self if field.name.startswith(("min_", "max_"))]

    @property
    def is_open(self) -> bool:
        """Whether the further filters show: asked for, in force or wrong."""
        names = ("more", *MoreFilters.base_fields)
        return any(self.value(name) is not None or self.errors.get(name) for name in names)


@dataclass(frozen=True, slots=True)
class FilterChip:
    """A filter in force, and the address of the list without it."""

    name: str
    text: str
    url: str


def filter_chips(form: ListFilter, query: QueryDict) -> list[FilterChip]:
    found = []
    for name in form.fields:
        value = None if name in PAGING else form.value(name)
        for one in value if isinstance(value, list) else [] if value is None else [value]:
            text = _shown(form.fields[name], str(one))
            found.append(FilterChip(str(form[name].label), text, without(query, name, str(one))))
    return found


def _shown(field: forms.Field, value: str) -> str:
    """What a choice says, else the value itself."""
    for key, text in getattr(field, "choices", ()):
        for inner, inner_text in text if isinstance(text, (list, tuple)) else [(key, text)]:
            if str(inner) == value:
                return str(inner_text)
    return value


def without(query: QueryDict, *names: str) -> str:
    """The query string less a name, or less one (name, value); always less the page."""
    left = query.copy()
    for name in PAGING:
        left.pop(name, None)
    name, *value = names
    if value and len(left.getlist(name)) > 1:
        left.setlist(name, [one for one in left.getlist(name) if one != value[0]])
    else:
        left.pop(name, None)
    for empty in [key for key, values in left.lists() if not any(values)]:
        del left[empty]
    return f"?{left.urlencode()}"


class SpanChoice(forms.Form):
    """`?span=<16 hex digits>&full=1&view=timeline`: which span is open, whether long texts are
    whole, and whether the timeline stands in the place of the conversation."""

    span = forms.CharField(required=False)
    full = forms.BooleanField(required=False)
    part = forms.IntegerField(required=False, min_value=1)
    view = forms.ChoiceField(required=False, choices=[("", "Conversation"), (TIMELINE, "Timeline")])

    def clean_span(self) -> str:
        text = str(self.cleaned_data["span"]).lower()
        if text and not SPAN_ID.fullmatch(text):
            raise forms.ValidationError("A span id has 16 hex digits. This is the whole trace.")
        return text


class TurnsForm(forms.Form):
    """`?older=` or `?newer=`: which turns of a long session are shown; the newest without."""

    older = CursorField(PAGES)
    newer = CursorField(PAGES)


@dataclass(frozen=True, slots=True)
class Column:
    """A heading that sorts: `sort` is the value that its link asks for."""

    title: str
    sort: str
    direction: str  # "ascending", "descending" or "" as aria-sort says it
    is_number: bool


class AgentSort(forms.Form):
    """`?sort=-runs`: a column of the agents' list, with a minus for the largest first."""

    TITLES = {
        "name": "Agent",
        "runs": "Runs",
        "errors": "Error rate",
        "p50": "Latency p50",
        "p95": "p95",
        "tokens": "Tokens",
        "cost": "Cost",
    }
    sort = forms.ChoiceField(
        required=False, choices=[(f"{sign}{name}", name) for name in TITLES for sign in ("", "-")]
    )

    @property
    def chosen(self) -> str:
        return (self.cleaned_data.get("sort") if self.is_valid() else "") or "-runs"

    @property
    def columns(self) -> list[Column]:
        return [self._column(name, title) for name, title in self.TITLES.items()]

    def _column(self, name: str, title: str) -> Column:
        """Numbers begin with the largest; a second click turns the order round."""
        first, second = (name, f"-{name}") if name == "name" else (f"-{name}", name)
        direction = {name: "ascending", f"-{name}": "descending"}.get(self.chosen, "")
        return Column(title, second if self.chosen == first else first, direction, name != "name")
