"""The forms that change an agent; what is wrong is said by the verbs (traces/agents)."""

from __future__ import annotations

from django import forms

from traces.agents.renaming import MAX_NAME
from traces.models import Agent


class RenameForm(forms.Form):
    name = forms.CharField(
        max_length=MAX_NAME,
        help_text="Shown on every page and in every alert. Traffic lands on the agent as before.",
        error_messages={"required": "Give the agent a name."},
    )


class OtherAgent(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, agent: Agent) -> str:
        return agent.name if agent.name == agent.identity else f"{agent.name} ({agent.identity})"


class MergeForm(forms.Form):
    into = OtherAgent(
        Agent.objects.none(),
        label="Into",
        to_field_name="uuid",
        empty_label="Choose an agent",
        error_messages={
            "required": "Choose the agent that it becomes.",
            "invalid_choice": "Choose another agent of this project.",
        },
    )

    def __init__(self, agent: Agent, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        others = Agent.objects.of_project(agent.project_id).exclude(pk=agent.pk)
        self.fields["into"].queryset = others  # type: ignore[attr-defined]
