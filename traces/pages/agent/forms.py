"""The forms that change an agent; what is wrong is said by the verbs (traces/agents)."""

from __future__ import annotations

from django import forms

from traces.agents.renaming import MAX_NAME
from traces.models import Agent
from traces.pages.agent_choice import AgentChoice


class RenameForm(forms.Form):
    name = forms.CharField(
        max_length=MAX_NAME,
        help_text="Shown on every page and in every alert. Traffic lands on the agent as before.",
        error_messages={"required": "Give the agent a name."},
    )


class OtherAgent(AgentChoice):
    def label_from_instance(self, agent: Agent) -> str:
        return agent.name if agent.name == agent.identity else f"{agent.name} ({agent.identity})"


class MergeForm(forms.Form):
    into = OtherAgent(
        label="Into",
        empty_label="Choose an agent",
        error_messages={
            "required": "Choose the agent that it becomes.",
            "invalid_choice": "Choose another agent of this project.",
        },
    )

    def __init__(self, agent: Agent, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        others = Agent.objects.of_project(agent.project_id).exclude(pk=agent.pk)
        field = self.fields["into"]
        assert isinstance(field, OtherAgent)
        field.offer(self, others)
