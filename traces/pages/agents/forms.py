"""What the list of agents may be asked for, all in the URL."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms


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
