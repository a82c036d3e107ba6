"""What the list of agents may be asked for, all in the URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet

from core.paging import CursorField, Page
from traces.models import Agent
from traces.search.agent_pages import PAGES


@dataclass(frozen=True, slots=True)
class Column:
    """A heading that sorts: `sort` is the value that its link asks for."""

    title: str
    sort: str
    direction: str  # "ascending", "descending" or "" as aria-sort says it
    is_number: bool


#: Agents of a page; figures are read, and sorted, for these alone.
MOST_ROWS = 100


class AgentList(forms.Form):
    """`?sort=-runs&q=support`: a column, with a minus for the largest first, and part of a name."""

    TITLES = {
        "name": "Agent",
        "runs": "Runs",
        "errors": "Error rate",
        "p50": "Latency p50",
        "p95": "p95",
        "tokens": "Tokens",
        "cost": "Cost",
    }
    q = forms.CharField(label="Name", required=False, max_length=200)
    older = CursorField(PAGES)
    newer = CursorField(PAGES)
    sort = forms.ChoiceField(
        required=False, choices=[(f"{sign}{name}", name) for name in TITLES for sign in ("", "-")]
    )

    def value(self, name: str) -> Any:
        """Return the value of a field; None when it is empty or bad."""
        self.is_valid()
        return self.cleaned_data.get(name) or None

    @property
    def chosen(self) -> str:
        return self.value("sort") or "-runs"

    def page(self, agents: QuerySet[Agent]) -> Page[Agent]:
        """Return the page that is asked for, the agent heard of last first."""
        if text := self.value("q"):
            agents = agents.filter(name__icontains=text)
        return PAGES.page(agents, self.value("older"), self.value("newer"), size=MOST_ROWS)

    @property
    def columns(self) -> list[Column]:
        return [self._column(name, title) for name, title in self.TITLES.items()]

    def _column(self, name: str, title: str) -> Column:
        """Numbers begin with the largest; a second click turns the order round."""
        first, second = (name, f"-{name}") if name == "name" else (f"-{name}", name)
        direction = {name: "ascending", f"-{name}": "descending"}.get(self.chosen, "")
        return Column(title, second if self.chosen == first else first, direction, name != "name")
