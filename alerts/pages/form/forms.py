"""The form of an alert: a sentence whose parts are inputs, who is told, and what to preview."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from alerts import editing
from alerts.channel_choices import NOT_SEEN
from alerts.decision import advice
from alerts.decision.rule import COOLDOWNS_MIN, WINDOWS, Metric, Rule
from alerts.editing import Condition, Told
from alerts.models import Alert
from alerts.text import wording
from core.http.addresses import LONGEST_URL
from signals_app.models import Signal, SignalVersion

METRICS = {
    Metric.TRUE_RATE: "the true rate",
    Metric.VALUE_SHARE: "the share",
    Metric.VALUE_COUNT: "the count",
    Metric.LABEL_VOLUME: "the label volume",
}
DIRECTIONS = [
    ("increases", "increases by"),
    ("decreases", "decreases by"),
    ("above", "is above"),
    ("below", "is below"),
]
#: Where the form shows what alerts/editing.py calls otherwise.
FIELD_OF = {"comparison": "direction", "operator": "direction", "signal": None}
DEFAULT_DAYS, MOST_DAYS = 7, 30


class AlertForm(forms.Form):
    """Of one signal, whose type and labels decide what is offered."""

    metric = forms.ChoiceField(error_messages={"invalid_choice": "Choose a metric it has."})
    label = forms.ChoiceField(
        required=False, error_messages={"invalid_choice": "Choose a label of the signal."}
    )
    direction = forms.ChoiceField(label="How it moves", choices=DIRECTIONS)
    threshold = forms.FloatField(
        widget=forms.NumberInput(attrs={"step": "any", "min": "0", "inputmode": "decimal"}),
        error_messages={"required": "Say how much.", "invalid": "Give a number."},
    )
    window = forms.ChoiceField(
        choices=[(name, wording.span(length)) for name, length in WINDOWS.items()]
    )
    min_labels = forms.IntegerField(
        label="Minimum label count",
        required=False,
        widget=forms.NumberInput(attrs={"min": "0", "step": "1"}),
        help_text="Windows with fewer labels are not looked at. 0 looks at all.",
        error_messages={"invalid": "Give a whole number."},
    )
    guard = forms.BooleanField(label="Evidence guard", required=False)
    cooldown_min = forms.TypedChoiceField(
        label="Cooldown",
        coerce=int,
        choices=[(m, wording.span(timedelta(minutes=m)) if m else "None") for m in COOLDOWNS_MIN],
        help_text="After a firing it is quiet for so long, then tells again if it is still true.",
    )
    name = forms.CharField(
        required=False,
        max_length=editing.MAX_NAME_CHARS,
        help_text="As it stands in messages. Left empty, it is called as its condition.",
    )
    suggested = forms.CharField(required=False, widget=forms.HiddenInput)
    based_on = forms.DateTimeField(required=False, widget=forms.HiddenInput)
    email = forms.BooleanField(label="E-mail to the team", required=False)
    slack_channel = forms.CharField(label="Slack channel", required=False, max_length=40)
    webhook_url = forms.CharField(
        label="Webhook",
        required=False,
        max_length=LONGEST_URL,
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off"}),
        help_text="Each firing is posted there as signed JSON.",
    )
    days = forms.IntegerField(
        label="Days to look back",
        required=False,
        min_value=1,
        max_value=MOST_DAYS,
        widget=forms.NumberInput(attrs={"min": "1", "max": str(MOST_DAYS)}),
        error_messages={
            "min_value": f"Between 1 and {MOST_DAYS} days.",
            "max_value": f"Between 1 and {MOST_DAYS} days.",
        },
    )

    with_runs = forms.BooleanField(label="Count the labels of runs, too", required=False)

    def __init__(
        self,
        signal: Signal,
        version: SignalVersion,
        data: Any = None,
        initial: dict[str, Any] | None = None,
        alert: Alert | None = None,
        slack: Mapping[str, str] | None = None,
    ) -> None:
        """slack: the channels that may be chosen, by id; None where nobody could say."""
        super().__init__(data, initial=initial)
        self.signal, self.version = signal, version
        self.alert = alert or Alert(project_id=signal.project_id, signal=signal)
        if alert is None:  # nobody can have saved it meanwhile
            del self.fields["based_on"]
        self.slack, self.told_now = slack, told_of(self.alert)
        self.metrics = advice.metrics(version)
        self._offer("metric", [(m.value, METRICS[m]) for m in self.metrics])
        names = version.label_names if self.has_labels else []
        self._offer("label", [(name, f"“{name}”") for name in names])

    def _offer(self, field: str, choices: list[tuple[str, str]]) -> None:
        self.fields[field].choices = choices  # type: ignore[attr-defined]

    @property
    def has_labels(self) -> bool:
        return any(metric.needs_label for metric in self.metrics)

    def clean_min_labels(self) -> int:
        return self.cleaned_data["min_labels"] or 0

    def clean_days(self) -> int:
        return self.cleaned_data["days"] or DEFAULT_DAYS

    def clean_slack_channel(self) -> str:
        """Keep what an alert has already, also while Slack does not answer."""
        channel = str(self.cleaned_data["slack_channel"])
        if channel in {"", self.told_now.slack_channel} or self.slack is None:
            return channel
        if channel not in self.slack:
            raise ValidationError(NOT_SEEN)
        return channel

    def _slack_name(self, channel: str) -> str:
        known = {self.told_now.slack_channel: self.told_now.slack_name} | dict(self.slack or {})
        return known.get(channel, "")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "threshold" in cleaned and (said := self._error_of_change(cleaned)):
            self.add_error("threshold", said)
        if self.condition is None:
            return cleaned
        condition_errors = editing.errors_of_condition(self.condition, self.version)
        self.show(ValidationError(condition_errors)) if condition_errors else self._name(cleaned)
        self._check_rest(cleaned)
        return cleaned

    def _check_rest(self, cleaned: dict[str, Any]) -> None:
        """Check what the condition does not say: name and address."""
        if self.condition is not None and not self.errors:
            errors = editing.errors(self.alert, cleaned.get("name", ""), self.condition, self.told)
            self.show(ValidationError(errors)) if errors else None

    def _error_of_change(self, cleaned: dict[str, Any]) -> str:
        by_percent = cleaned.get("direction") in {"increases", "decreases"}
        return "Give a percentage above 0." if by_percent and cleaned["threshold"] <= 0 else ""

    def _name(self, cleaned: dict[str, Any]) -> None:
        """Return the name; one that was only suggested follows the condition."""
        name = cleaned.get("name", "")
        if not name or name == cleaned.get("suggested"):
            cleaned["name"] = suggestion(self.rule)

    def show(self, refused: ValidationError) -> None:
        """Put the errors of alerts/editing.py at their fields, where nothing is said already."""
        for key, sentences in refused.message_dict.items():
            field = FIELD_OF.get(key, key)
            if field is None or field not in self.errors:
                self.add_error(field, sentences)

    @property
    def condition(self) -> Condition | None:
        """None while one of its parts is wrong."""
        wrong, given = self.errors, getattr(self, "cleaned_data", {})
        parts = ("metric", "direction", "threshold", "window", "min_labels", "cooldown_min")
        if any(name not in given for name in parts) or "label" in wrong:
            return None
        comparison, operator = advice.DIRECTIONS[given["direction"]]
        return Condition(
            metric=given["metric"],
            label=given.get("label", "") if Metric(given["metric"]).needs_label else "",
            comparison=comparison.value,
            operator=operator.value,
            threshold=stored(given["threshold"], given["metric"], given["direction"]),
            window=given["window"],
            min_labels=given["min_labels"],
            cooldown_min=given["cooldown_min"],
            guard=given.get("guard", False),
        )

    @property
    def is_condition_good(self) -> bool:
        """Whether there is something to preview, whatever is wrong with name and addresses."""
        return self.condition is not None and "days" not in self.errors

    @property
    def begun_from(self) -> str:
        """Which saving of the alert the person has seen: the newest, once they were told of it."""
        typed = self["based_on"].value()
        is_new = typed is None or "based_on" in self.errors
        return self.alert.updated_at.isoformat() if is_new else str(typed)

    @property
    def days_back(self) -> int:
        """To look back; the default where the input was bad."""
        return int(getattr(self, "cleaned_data", {}).get("days") or DEFAULT_DAYS)

    @property
    def counts_runs(self) -> bool:
        """In the preview, as it stands in the form, valid or not."""
        return bool(self["with_runs"].value())

    @property
    def can_guard(self) -> bool:
        """As it stands in the form, valid or not."""
        is_share = self["metric"].value() in {m.value for m in Metric if m.is_share}
        return is_share or self["direction"].value() in {"increases", "decreases"}

    @property
    def rule(self) -> Rule:
        """Of a form whose condition is good."""
        assert self.condition is not None
        return self.condition.rule

    @property
    def told(self) -> Told:
        given = self.cleaned_data
        return Told(
            email=given.get("email", False),
            slack_channel=given.get("slack_channel", ""),
            slack_name=self._slack_name(given.get("slack_channel", "")),
            webhook_url=given.get("webhook_url", ""),
        )


def told_of(alert: Alert) -> Told:
    return Told.of(list(alert.destinations.all())) if alert.pk else Told()


def stored(number: float, metric: str, direction: str) -> float:
    """Return `Rule.threshold` for what is typed: shares are typed in percent, falls without
    sign."""
    if direction == "decreases":
        return -number
    return number / 100 if direction != "increases" and Metric(metric).is_share else number


def typed(rule: Rule) -> str:
    """Return what is typed for a `Rule.threshold`: the opposite of `stored`."""
    number = rule.threshold
    if rule.is_change:
        falls = advice.direction(rule.comparison, rule.operator) == "decreases"
        number = -number if falls else number
    elif rule.metric.is_share:
        number = number * 100
    return f"{round(number, 6):g}"


def suggestion(rule: Rule) -> str:
    """Return a name for the condition."""
    return wording.headline(rule)[: editing.MAX_NAME_CHARS]


def initial(rule: Rule, told: Told, name: str = "") -> dict[str, Any]:
    """Return what the form shows for a rule."""
    suggested = suggestion(rule)
    return {
        "metric": rule.metric.value,
        "label": rule.label,
        "direction": advice.direction(rule.comparison, rule.operator),
        "threshold": typed(rule),
        "window": wording.NAMES[rule.window],
        "min_labels": rule.min_labels,
        "guard": rule.guard,
        "cooldown_min": rule.cooldown // timedelta(minutes=1),
        "name": name or suggested,
        "suggested": suggested,
        "email": told.email,
        "slack_channel": told.slack_channel,
        "webhook_url": told.webhook_url,
        "days": DEFAULT_DAYS,
    }
