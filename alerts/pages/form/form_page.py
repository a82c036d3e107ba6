"""What the page of the form shows beside what was typed: advice, people to tell, the preview."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from alerts import channel_choices, editing
from alerts.decision import advice
from alerts.decision.rule import Rule
from alerts.editing import Told
from alerts.evaluation import label_rates
from alerts.models import Alert
from alerts.pages import lookups
from alerts.pages.form import preview
from alerts.pages.form.forms import DEFAULT_DAYS, AlertForm, initial, suggestion, told_of
from signals_app.definition.versions import current_version
from signals_app.models import Signal
from teams.models import Project

#: The element that htmx asks for anew as the form is tuned.
PREVIEW = "alert-preview"


def of_signal(signal: Signal, given: Mapping[str, Any], now: datetime) -> AlertForm:
    """Begin with what the address says, if it says a condition; else with what suggests itself."""
    version = current_version(signal)
    if "metric" in given:
        return AlertForm(signal, version, given)
    per_day = label_rates.labels_a_day(signal.project, [signal], now)[signal.pk]
    begun = initial(advice.default(version, per_day), Told())
    return AlertForm(signal, version, initial=begun | _with_runs(signal, now))


def of_alert(alert: Alert, given: Mapping[str, Any]) -> AlertForm:
    """Begin with what the address says, if it says a condition; else with the alert as it is."""
    version = current_version(alert.signal)
    if "metric" in given:
        return AlertForm(alert.signal, version, given, alert=alert)
    begun = initial(alert.rule, told_of(alert), alert.name)
    return AlertForm(alert.signal, version, initial=begun, alert=alert)


def to_save(alert: Alert, given: Mapping[str, Any]) -> AlertForm:
    channels = channel_choices.slack_channels(alert.project.team)
    version = current_version(alert.signal)
    return AlertForm(alert.signal, version, given, alert=alert, slack=channels)


def like(project: Project, uuid: str) -> AlertForm:
    """Begin a new alert as another one is, but for its name. Raises Http404."""
    other = lookups.find_alert(project, lookups.uuid_of(uuid))
    signal = lookups.find_signal(project, str(other.signal.uuid))
    name = f"{other.name[: editing.MAX_NAME_CHARS - 5]} copy"
    begun = initial(other.rule, told_of(other), name)
    return AlertForm(signal, current_version(signal), initial=begun)


def _with_runs(signal: Signal, now: datetime) -> dict[str, bool]:
    """Say whether to show what runs found: for a signal that is new, which is marked as such."""
    return {"with_runs": preview.is_mostly_run(signal, now, DEFAULT_DAYS)}


def rule_of(form: AlertForm) -> Rule | None:
    """Return what is to be previewed: what was typed, or what the form begins with."""
    if form.is_bound:
        return form.rule if form.is_condition_good else None
    begun = AlertForm(form.signal, form.version, form.initial, alert=form.alert)
    return begun.rule if begun.is_condition_good else None


def context(form: AlertForm, now: datetime) -> dict[str, Any]:
    signal, rule = form.signal, rule_of(form)
    per_day = label_rates.labels_a_day(signal.project, [signal], now)[signal.pk]
    shown: dict[str, Any] = {
        "project": signal.project,
        "signal": signal,
        "alert": form.alert if form.alert.pk else None,
        "form": form,
        "rule": rule,
        "warnings": {},
        "labels_a_day": per_day,
    }
    if rule is None:
        return shown
    form.fields["name"].widget.attrs["placeholder"] = suggested = suggestion(rule)
    warned = advice.warnings(rule, form.version, per_day)
    days, zone = form.days_back, timezone.get_current_timezone()
    return shown | {
        "warnings": {each.field: each.text for each in warned},
        "preview": preview.of_days(signal, form.version, rule, days, zone, now, form.counts_runs),
        "of_runs": preview.of_runs(signal, days, now),
        "suggested": suggested,
    }
