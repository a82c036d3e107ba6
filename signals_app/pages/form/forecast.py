"""What a sample rate means a day: targets, tokens and money, by the last 7 days of traffic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms

from signals_app.labels import counts
from signals_app.models import Scope, Signal
from signals_app.runs import cost as run_cost
from signals_app.runs.cost import Estimate
from signals_app.trials.trials import NOUNS
from teams.models import Project
from traces.models import Agent


@dataclass(frozen=True)
class Forecast:
    """A day. all: targets that come; rate: the share that is judged, None for no rate at all;
    whole: what judging every one of them takes, of which the rate is taken."""

    agent: Agent
    scope: str
    all: float
    rate: float | None
    whole: Estimate

    @property
    def noun(self) -> str:
        return NOUNS[Scope(self.scope)]

    @property
    def targets(self) -> float | None:
        return self._share(self.all)

    @property
    def tokens(self) -> float | None:
        share = self._share(self.whole.tokens)
        return share if share is None else round(share)

    @property
    def cost_usd(self) -> float | None:
        return self._share(self.whole.cost_usd)

    def _share(self, value: float | None) -> float | None:
        return None if value is None or self.rate is None else value * self.rate


class ForecastForm(forms.Form):
    """The fields of the form that makes a signal on which a forecast rests."""

    agent = forms.ModelChoiceField(Agent.objects.none(), to_field_name="uuid")
    scope = forms.ChoiceField(choices=Scope.choices)
    percent = forms.FloatField(required=False, min_value=0.0001, max_value=100)

    def __init__(self, project: Project, data: Any) -> None:
        super().__init__(data)
        self.fields["agent"].queryset = Agent.objects.filter(project=project)  # type: ignore[attr-defined]

    def forecast(self, now: datetime) -> Forecast | None:
        """Return what the rate means a day; None while agent or scope are not chosen."""
        self.is_valid()
        given = self.cleaned_data
        if not given.get("agent") or not given.get("scope"):
            return None
        return of_agent(given["agent"], given["scope"], _rate(given.get("percent")), now)


def of_agent(agent: Agent, scope: str, rate: float | None, now: datetime) -> Forecast:
    a_day = counts.targets_of_agent_a_day(agent.project_id, agent.pk, scope, now)
    whole = run_cost.estimate_of_agent(agent.project_id, agent.pk, scope, a_day, now)
    return Forecast(agent, scope, a_day, rate, whole)


def of_signal(signal: Signal, percent: Any, now: datetime) -> Forecast:
    """percent: as it stands in the form."""
    agent, scope = signal.agent, signal.scope
    a_day = counts.targets_of_agent_a_day(signal.project_id, agent.pk, scope, now)
    whole = run_cost.estimate(signal, a_day, now)
    field = ForecastForm.base_fields["percent"]
    try:
        return Forecast(agent, scope, a_day, _rate(field.clean(percent)), whole)
    except forms.ValidationError:
        return Forecast(agent, scope, a_day, None, whole)


def _rate(percent: float | None) -> float | None:
    return None if percent is None else percent / 100
