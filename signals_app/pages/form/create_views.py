"""Making a signal: the form, and its two ways on (start judging, or keep as a draft)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from core.ui import toasts
from core.ui.fragments import wants_fragment
from signals_app.definition import creation, versions
from signals_app.definition.starters import BY_KEY, TEMPLATES
from signals_app.labels.counts import targets_a_day
from signals_app.models import Signal
from signals_app.pages.form import scope_choices
from signals_app.pages.form.forecast import ForecastForm
from signals_app.pages.form.forms import SCOPE_CHOICES, TYPE_CHOICES, SignalForm, prefilled
from signals_app.pages.signal import undoing
from signals_app.pages.trials.forms import TargetsForm
from teams.access import SignedInRequest, get_project
from teams.models import Project, User
from traces.models import Agent

PRESETS = (1, 5, 10, 25, 50, 100)


@require_safe
def signal_new(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show the form, empty or filled from `?template=` and `?agent=`."""
    project = get_project(request, slug, write=True)
    initial = prefilled(request.GET.get("template", ""))
    initial["agent"] = request.GET.get("agent", "")
    form = SignalForm(project, initial=initial)
    scope_choices.begin_where_it_can(form)
    return _page(request, project, form)


@require_POST
def signal_create(request: SignedInRequest, slug: str) -> HttpResponse:
    return _save(request, slug, activate=True)


@require_POST
def signal_save_draft(request: SignedInRequest, slug: str) -> HttpResponse:
    return _save(request, slug, activate=False)


def _save(request: SignedInRequest, slug: str, activate: bool) -> HttpResponse:
    project = get_project(request, slug, write=True)
    form = SignalForm(project, data=request.POST)
    signal = _create(form, request.user, activate) if form.is_valid() else None
    if signal is None:
        return _page(request, project, form, status=422)
    what = "judges what settles from now on" if activate else "is saved as a draft"
    undo = undoing.of_activation(signal, Signal.State.DRAFT) if activate else None
    toasts.done(request, f"“{signal.name}” {what}.", undo)
    return redirect("signal", project.slug, signal.uuid)


def _create(form: SignalForm, user: User, is_active: bool) -> Signal | None:
    """Make the signal; None when the form is refused after all, as for a name that is taken."""
    fields = form.cleaned_data
    try:
        return creation.create(
            project=form.project,
            agent=fields["agent"],
            name=fields["name"],
            scope=fields["scope"],
            type=fields["type"],
            prompt=fields["prompt"],
            labels=form.version_labels(),
            sample_rate=form.sample_rate,
            judge_model=form.model_of_environment,
            endpoint=form.judge_of_project,
            template=fields["template"] if fields["template"] in BY_KEY else "",
            user=user,
            now=timezone.now(),
            is_active=is_active,
        )
    except ValidationError as error:
        form.show(error)
        return None


@require_safe
@vary_on_headers("HX-Request")
def signal_forecast(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show the part beside the sample rate, for the agent and the scope that were chosen; whoever
    opens it alone is led to the form."""
    project = get_project(request, slug, write=True)
    if not wants_fragment(request, "forecast"):
        return redirect("signal_new", slug)
    forecast = ForecastForm(project, request.GET).forecast(timezone.now())
    context = {"project": project, "forecast": forecast, "follows_choice": True}
    return render(request, "signals_app/_forecast.html", context)


def _on_screen(form: SignalForm, agents: Sequence[Agent]) -> dict[str, Any]:
    """Return what the form shows; the first agent where none was chosen, as the browser has it."""
    shown = {name: form[name].value() for name in ("agent", "scope", "percent")}
    return shown | {"agent": shown["agent"] or (agents[0].uuid if agents else "")}


def _page(
    request: SignedInRequest, project: Project, form: SignalForm, status: int = 200
) -> HttpResponse:
    agents = form.agents
    now = timezone.now()
    per_day = targets_a_day(project.pk, [agent.pk for agent in agents], now)
    context = {
        "project": project,
        "form": form,
        "templates": TEMPLATES,
        "template_key": form["template"].value() or "",
        "scopes": [(value.value, title, text) for value, title, text in SCOPE_CHOICES],
        "types": [(value.value, title, text) for value, title, text in TYPE_CHOICES],
        "agents": agents,
        "per_day": {str(agent.uuid): per_day.get(agent.pk, {}) for agent in agents},
        "forecast": ForecastForm(project, _on_screen(form, agents)).forecast(now),
        "sessions": scope_choices.sessions_of(agents),
        "presets": PRESETS,
        "prompt_chars": versions.MAX_PROMPT_CHARS,
        "targets": TargetsForm(of_form="create"),
    }
    return render(request, "signals_app/signal_new.html", context, status=status)
