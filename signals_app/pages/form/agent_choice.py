"""A form's choice of agent: senders name agents, so names are made harmless to look at."""

from __future__ import annotations

from typing import Any

from django import forms

from traces.visible_text import visible


class AgentChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return visible(obj.name)
