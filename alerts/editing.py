"""Making and changing alerts: the one place that says what a sensible condition is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from alerts import auditing
from alerts.decision import advice
from alerts.decision.rule import COOLDOWNS_MIN, WINDOWS, Comparison, Metric, Operator, Rule
from alerts.models import Alert, Destination, Kind
from core.http import addresses, outbound
from signals_app.definition.versions import current_version
from signals_app.models import Signal, SignalVersion
from teams import audit
from teams.models import User

MAX_NAME_CHARS = 100
MAX_LABELS = 1_000_000
MAX_THRESHOLD = 1e9
#: Where Slack's own incoming webhooks are: they refuse a message that is not in Slack's form.
SLACK_HOOKS = "hooks.slack.com"
#: On the list of one project: every pass evaluates all that are on, for everybody.
MOST_ALERTS = 1000
CONDITION = auditing.CONDITION
#: What the last evaluation left, as if there had been none.
UNSEEN: dict[str, Any] = {
    "standing": Alert.Standing.NEW,
    "standing_reason": "",
    "evaluated_at": None,
    "value": None,
    "baseline": None,
    "labels": None,
    "labels_before": None,
    "met_at": None,
    "fired_at": None,
}
Errors = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Condition:
    """As forms and the API give it, not checked yet; guard None: on for percentage rules.

    threshold: in the unit of `alerts.decision.rule.Rule`.
    """

    metric: str
    comparison: str
    operator: str
    threshold: float
    window: str
    label: str = ""
    min_labels: int = 0
    cooldown_min: int = 0
    guard: bool | None = None

    @property
    def rule(self) -> Rule:
        """Of a condition without errors."""
        rule = Rule(
            metric=Metric(self.metric),
            comparison=Comparison(self.comparison),
            operator=Operator(self.operator),
            threshold=self.threshold,
            window=WINDOWS[self.window],
            label=self.label if Metric(self.metric).needs_label else "",
            min_labels=self.min_labels,
            cooldown=timedelta(minutes=self.cooldown_min),
        )
        guard = rule.is_change if self.guard is None else self.guard and rule.can_guard
        return Rule(**{name: getattr(rule, name) for name in rule.__slots__} | {"guard": guard})

    @property
    def fields(self) -> dict[str, Any]:
        """Of an Alert."""
        rule = self.rule
        given = {name: getattr(self, name) for name in auditing.CONDITION}
        return given | {"label": rule.label, "guard": rule.guard}


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told. slack_channel: its id; "" for none, as with webhook_url."""

    email: bool = True
    slack_channel: str = ""
    slack_name: str = ""
    webhook_url: str = ""

    @property
    def addresses(self) -> dict[str, tuple[str, str]]:
        """By kind: address and name."""
        by_kind = {Kind.EMAIL.value: ("", "")} if self.email else {}
        if self.slack_channel:
            by_kind[Kind.SLACK.value] = (self.slack_channel, self.slack_name)
        if self.webhook_url:
            by_kind[Kind.WEBHOOK.value] = (self.webhook_url, "")
        return by_kind

    @classmethod
    def of(cls, destinations: list[Destination]) -> Told:
        by_kind = {destination.kind: destination for destination in destinations}
        slack, webhook = by_kind.get(Kind.SLACK), by_kind.get(Kind.WEBHOOK)
        return cls(
            email=Kind.EMAIL in by_kind,
            slack_channel=slack.address if slack else "",
            slack_name=slack.address_name if slack else "",
            webhook_url=webhook.address if webhook else "",
        )


EVERYBODY = Told()


def create(
    signal: Signal,
    name: str,
    condition: Condition,
    told: Told = EVERYBODY,
    user: User | None = None,
) -> Alert:
    """Make an alert that is on from the next minute. Raises ValidationError with messages by field:
    signal, name, those of `Condition`, and webhook_url."""
    _raise(_errors_of_signal(signal) | errors(Alert(signal=signal), name, condition, told))
    _raise(_errors_of_place(told))
    try:
        with transaction.atomic():
            alert = Alert.objects.create(
                project_id=signal.project_id,
                signal=signal,
                name=name.strip(),
                created_by=user,
                **condition.fields,
            )
            _tell(alert, told)
            audit.record("alert.made", **auditing.about(alert), after=auditing.rule_of(alert))
    except IntegrityError:
        raise ValidationError({"name": [TAKEN]}) from None
    return alert


def edit(
    alert: Alert, name: str, condition: Condition, told: Told, based_on: datetime | None = None
) -> Alert:
    """Change an alert; its past firings stay as they were. A changed condition is looked at anew,
    as if it had never been true. based_on: its `updated_at` when the person began; None takes any.

    Raises ValidationError as `create` does, and for based_on when somebody was quicker.
    """
    if not alert.destinations.filter(address=told.webhook_url).exists():
        _raise(_errors_of_place(told))
    try:
        with transaction.atomic():
            locked = Alert.objects.select_for_update().get(pk=alert.pk)
            if locked.state == Alert.State.ARCHIVED:
                raise ValidationError({"name": ["Restore the alert first."]})
            if based_on not in {None, locked.updated_at}:
                raise ValidationError({"based_on": [MEANWHILE]})
            _raise(errors(locked, name, condition, told))
            before = auditing.rule_of(locked)
            _change(locked, name, condition)
            _tell(locked, told)
            after = auditing.rule_of(locked)
            audit.record("alert.changed", **auditing.about(locked), before=before, after=after)
    except IntegrityError:
        raise ValidationError({"name": [TAKEN]}) from None
    return locked


def errors(alert: Alert, name: str, condition: Condition, told: Told) -> Errors:
    """Say by field what is wrong; empty where all is well. alert: with its signal, saved or not."""
    version = current_version(alert.signal)
    by_field = errors_of_condition(condition, version)
    if said := error_of_name(alert, name):
        by_field["name"] = [said]
    if said := _error_of_url(told.webhook_url):
        by_field["webhook_url"] = [said]
    return by_field


def errors_of_condition(condition: Condition, version: SignalVersion) -> Errors:
    """Pure but for the names of labels."""
    choices: dict[str, tuple[object, tuple[object, ...], str]] = {
        "metric": (condition.metric, tuple(advice.metrics(version)), "Choose a metric it has."),
        "comparison": (condition.comparison, tuple(Comparison), "Choose how to compare."),
        "operator": (condition.operator, tuple(Operator), "Choose gte or lte."),
        "window": (condition.window, tuple(WINDOWS), "Choose a window of the list."),
        "cooldown_min": (condition.cooldown_min, COOLDOWNS_MIN, "Choose a cooldown of the list."),
    }
    by_field: Errors = {
        field: [said] for field, (given, known, said) in choices.items() if given not in known
    }
    if not 0 <= condition.min_labels <= MAX_LABELS:
        by_field["min_labels"] = [f"Between 0 and {MAX_LABELS:,}."]
    if "metric" not in by_field and (said := _error_of_label(condition, version)):
        by_field["label"] = [said]
    if not {"metric", "comparison", "operator"} & set(by_field) and (said := _never(condition)):
        by_field["threshold"] = [said]
    return by_field


def error_of_name(alert: Alert, name: str) -> str:
    if not name.strip():
        return "Give the alert a name."
    if len(name.strip()) > MAX_NAME_CHARS:
        return f"At most {MAX_NAME_CHARS} characters."
    others = Alert.objects.filter(project=alert.signal.project_id, signal=alert.signal)
    others = others.exclude(state=Alert.State.ARCHIVED).exclude(pk=alert.pk)
    return TAKEN if others.filter(name=name.strip()).exists() else ""


TAKEN = "This signal has an alert of this name."
FULL = f"A project has at most {MOST_ALERTS:,} alerts. Archive one first."
MEANWHILE = "Somebody changed this alert meanwhile."


def _errors_of_signal(signal: Signal) -> Errors:
    if signal.state == Signal.State.ARCHIVED:
        return {"signal": ["Restore the signal first."]}
    return {"signal": [FULL]} if is_full(signal.project_id) else {}


def is_full(project_id: int) -> bool:
    """Say whether the project has as many alerts as it may; the archived do not count."""
    alerts = Alert.objects.of_project(project_id).exclude(state=Alert.State.ARCHIVED)
    return alerts.count() >= MOST_ALERTS


def _error_of_label(condition: Condition, version: SignalVersion) -> str:
    if not Metric(condition.metric).needs_label:
        return ""
    return "" if condition.label in version.label_names else "Choose a label of the signal."


def _never(condition: Condition) -> str:
    """Why a threshold is no threshold: never reached, or always."""
    number, is_share = condition.threshold, Metric(condition.metric).is_share
    is_more = condition.operator == Operator.GTE
    if not math.isfinite(number):
        return "Give a number."
    if abs(number) > MAX_THRESHOLD:
        return f"At most {MAX_THRESHOLD:,.0f}."
    if condition.comparison == Comparison.PCT_CHANGE:
        return "" if is_more or number >= -100 else "Nothing falls by more than 100 %."
    if is_more and number <= 0:
        return "It is always at least that. Choose more than 0."
    if not is_more and number < 0:
        return "It is never below 0."
    if is_share and is_more and number > 1:
        return "A share is never above 100 %."
    if is_share and not is_more and number >= 1:
        return "A share is always below that. Choose under 100 %."
    return ""


def _errors_of_place(told: Told) -> Errors:
    """Say that a new address would be refused when it is called, by where its name leads.

    It asks a name server, so it stands before any transaction.
    """
    if not told.webhook_url or _error_of_url(told.webhook_url):
        return {}
    said = outbound.refusal(told.webhook_url)
    return {"webhook_url": [said]} if said else {}


def _error_of_url(url: str) -> str:
    """Say what is wrong with an address as far as can be seen from it. Where it leads is looked at
    when it is new, and whenever it is called."""
    try:
        if url and addresses.read(url).host == SLACK_HOOKS:
            return "Slack reads another form there. Connect Slack in Settings, choose a channel."
    except addresses.Refused as error:
        return str(error)
    return ""


def _raise(by_field: Errors) -> None:
    if by_field:
        raise ValidationError(by_field)


def _change(alert: Alert, name: str, condition: Condition) -> None:
    alert.name = name.strip()
    changed = {k: v for k, v in condition.fields.items() if getattr(alert, k) != v}
    for field, value in (changed | (UNSEEN if changed else {})).items():
        setattr(alert, field, value)
    alert.save()


def _tell(alert: Alert, told: Told) -> None:
    """Set the channels. One that stays keeps its trouble and its secret; another address begins
    anew."""
    wanted = told.addresses
    there = {destination.kind: destination for destination in alert.destinations.all()}
    for kind, one in there.items():
        if kind not in wanted or one.address != wanted[kind][0]:
            one.delete()
    for kind, (address, name) in wanted.items():
        if kind not in there or there[kind].address != address:
            Destination.objects.create(alert=alert, kind=kind, address=address, address_name=name)
