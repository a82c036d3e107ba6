"""A form's choice of agent: bounded, and with names made harmless to look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.forms.models import ModelChoiceIterator

from traces.models import Agent
from traces.search.agent_choices import AgentChoices, agent_choices
from traces.visible_text import visible

ONLY_SOME = "Only some agents are listed. To choose another one, begin on its page."


class _Offered(ModelChoiceIterator):  # type: ignore[type-arg]
    """The options that are drawn; what a form may send is any agent of the field's query."""

    field: AgentChoice

    def __iter__(self) -> Iterator[Any]:
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        for agent in self.field.offered.agents:
            yield self.choice(agent)


class AgentChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """`offer` says which agents there are, once the form knows its project."""

    iterator = _Offered
    offered = AgentChoices([], False)

    def __init__(self, **words: Any) -> None:
        super().__init__(Agent.objects.none(), to_field_name="uuid", **words)

    def offer(
        self, form: forms.Form, agents: QuerySet[Agent], listed: QuerySet[Agent] | None = None
    ) -> None:
        """Take any of `agents`; list the first of them, or of `listed`, and the one that is chosen
        in `form`."""
        name = next(name for name, field in form.fields.items() if field is self)
        # Not by the bound field, which would keep the help text as it is now.
        initial = form.get_initial_for_field(self, name)
        chosen = form.data.get(form.add_prefix(name)) if form.is_bound else initial
        self.offered = agent_choices(agents, str(chosen or ""), listed)
        self.queryset = agents
        if self.offered.has_more and not self.help_text:
            self.help_text = ONLY_SOME

    def label_from_instance(self, agent: Any) -> str:
        return visible(agent.name)
