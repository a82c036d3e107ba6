"""What the filters of the lists of traces and sessions share; all stands in the URL.

A field with bad input counts as empty, and its error is shown on the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from core.ids import short_id
from core.time_range.windows import Window
from traces.search.agent_choices import AgentChoices
from traces.search.queries import MOST_TEXT_CHARS

PAGING = ("older", "newer", "more")
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
    """What the filters of every list have: these fields, and those that extensions add.

    states: what `status` may be, each with its words.
    """

    agent = forms.ChoiceField(required=False)
    status = forms.ChoiceField(required=False)
    q = forms.CharField(label="Text", required=False, max_length=MOST_TEXT_CHARS)
    session = IdField()
    user = IdField()

    def __init__(
        self,
        data: QueryDict,
        agents: AgentChoices,
        states: Mapping[str, str],
        extra: dict[str, forms.Field],
    ) -> None:
        super().__init__(data)
        self.agents = agents.by_uuid
        self.has_more_agents = agents.has_more
        names = ((uuid, agent.name) for uuid, agent in self.agents.items())
        self._offer("agent", [("", "All"), *names])
        self._offer("status", [("", "Any"), *states.items()])
        self.extra = extra
        self.fields.update(extra)
        self.is_valid()

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def value(self, name: str) -> Any:
        """Return the cleaned value; None when it is empty or bad. Zero is a value."""
        cleaned = self.cleaned_data.get(name)
        is_number = isinstance(cleaned, (int, float)) and not isinstance(cleaned, bool)
        return cleaned if cleaned or is_number else None

    @property
    def extra_values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.extra if self.value(name)}

    def asked(self, window: Window) -> dict[str, Any]:
        """Return what is asked for as the values of a `Query`."""
        return {
            "start": window.start,
            "end": window.end,
            "agent": self.agents.get(self.value("agent") or ""),
            "status": self.value("status") or "",
            "text": self.value("q") or "",
            "session_id": self.value("session") or "",
            "user_id": self.value("user") or "",
            "extra": self.extra_values,
        }

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


@dataclass(frozen=True, slots=True)
class FilterChip:
    """A filter in force, and the address of the list without it."""

    name: str
    text: str
    url: str


def filter_chips(form: ListFilter, query: QueryDict) -> list[FilterChip]:
    shown = []
    for name in form.fields:
        value = None if name in PAGING else form.value(name)
        for each in value if isinstance(value, list) else [] if value is None else [value]:
            text = _shown(form.fields[name], str(each))
            shown.append(FilterChip(str(form[name].label), text, without(query, name, str(each))))
    return shown


def _shown(field: forms.Field, value: str) -> str:
    """Return what a choice says, else the value itself."""
    for key, text in getattr(field, "choices", ()):
        for inner, inner_text in text if isinstance(text, (list, tuple)) else [(key, text)]:
            if str(inner) == value:
                return str(inner_text)
    return value


def without(query: QueryDict, *names: str) -> str:
    """Return the query string less a name, or less one (name, value); always less the page."""
    left = query.copy()
    for name in PAGING:
        left.pop(name, None)
    name, *value = names
    if value and len(left.getlist(name)) > 1:
        left.setlist(name, [each for each in left.getlist(name) if each != value[0]])
    else:
        left.pop(name, None)
    for empty in [key for key, values in left.lists() if not any(values)]:
        del left[empty]
    return f"?{left.urlencode()}"
