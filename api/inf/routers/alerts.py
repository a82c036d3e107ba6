"""`signals alerts` and `signal-alert`: alerts, their firings, and backtests of any rule."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.http import Http404
from django.utils import timezone

from alerts import channel_choices, editing, listing, states
from alerts.editing import Condition, Told
from alerts.evaluation import backtesting
from alerts.listing import AlertQuery
from alerts.models import Alert
from api import lookups
from api.inf import words
from api.inf.errors import refused
from api.inf.given import MOST_WHOLE, Given
from api.inf.router import Call, Router
from api.inf.routers.definitions import signal_named
from api.inf.shapes import alert_rows
from signals_app.definition.versions import current_version
from signals_app.models import Signal

router = Router()
Row = dict[str, Any]

RECENT: Final = timedelta(days=7)
MOST_DAYS, USUAL_DAYS = 30, 7
MOST_FIRINGS, USUAL_FIRINGS = 200, 50
MOST_ALERTS: Final = 1_000
NO_ALERT = "There is no such alert of this signal: inf signals alerts list-by-project."
BOTH = "Give the id and the name of the channel, or neither."


@router.mutation("signalAlerts.create")
def create(call: Call) -> Row:
    """Make an alert that is on; the team is told by e-mail, and in Slack if that is asked for."""
    signal, given = signal_named(call, "signalId"), call.given
    told = _told(call, Told())
    alert = editing.create(signal, given.text("name"), _condition(given), told, None)
    return alert_rows.alert_of(call.project, alert)


@router.mutation("signalAlerts.editAlert")
def edit(call: Call) -> Row:
    """Change an alert by all of its values; what the client does not know of stays."""
    alert, given = _alert(call, "id"), call.given
    told = _told(call, Told.of(list(alert.destinations.all())))
    edited = editing.edit(alert, given.text("name"), _condition(given, alert.guard), told)
    if given.has("enabled"):
        change = states.resume if given.flag("enabled") else states.pause
        change(edited)
    return alert_rows.alert_of(call.project, _fetch(call, edited))


@router.mutation("signalAlerts.archive")
def archive(call: Call) -> Row:
    alert = _alert(call, "id")
    states.archive(alert)
    return alert_rows.alert_of(call.project, alert)


@router.query("signalAlerts.getById")
def get(call: Call) -> Row:
    return alert_rows.alert_of(call.project, _alert(call, "id"))


@router.query("signalAlerts.listBySignal")
def list_of_signal(call: Call) -> list[Row]:
    return _listed(call, signal_named(call, "signalId"))


@router.query("signalAlerts.listByProject", "signalAlerts.listByTeam")
def list_of_project(call: Call) -> list[Row]:
    """Return the alerts of the key's project, also where the team's are asked for: a key opens no
    other."""
    return _listed(call, None)


@router.query("signalAlerts.listEvents")
def list_events(call: Call) -> list[Row]:
    """Return the firings of an alert, the newest first."""
    alert, given = _alert(call, "alertId"), call.given
    limit = given.whole("limit", USUAL_FIRINGS, least=1, most=MOST_FIRINGS)
    offset = given.whole("offset", 0, least=0, most=100_000)
    firings = alert.firings.of_project(call.project.pk).newest_first()
    return [alert_rows.firing_of(firing, alert) for firing in firings[offset : offset + limit]]


@router.query("signalAlerts.getState")
def get_state(call: Call) -> Row:
    """Return what the last evaluation saw, and how often the alert fired of late."""
    alert, since = _alert(call, "alertId"), timezone.now() - RECENT
    firings = alert.firings.of_project(call.project.pk).newest_first()
    last = firings.values_list("at", flat=True).first()
    return {
        "id": str(alert.uuid),
        "enabled": alert.state == Alert.State.ON,
        "lastEvaluatedAt": words.moment(alert.evaluated_at),
        "lastTriggeredAt": words.moment(last),
        "recentFiringCount": firings.filter(at__gte=since).count(),
        "standing": alert.standing,
        "standingReason": alert.standing_reason or None,
        "observedValue": alert.value,
        "baselineValue": alert.baseline,
        "labelCount": alert.labels,
    }


@router.query("signalAlerts.backtest")
def backtest(call: Call) -> Row:
    """Return when a rule, saved or not, would have fired in the last days."""
    signal, given, now = signal_named(call, "signalId"), call.given, timezone.now()
    condition = _condition(given)
    if errors := editing.errors_of_condition(condition, current_version(signal)):
        name, texts = next(iter(errors.items()))
        raise given.wrong(words.FIELDS.get(name, name), " ".join(texts))
    days = given.whole("lookbackDays", USUAL_DAYS, least=1, most=MOST_DAYS)
    since = now - timedelta(days=days)
    replayed = backtesting.replay(signal, condition.rule, since, now, now)
    return alert_rows.backtest_of(replayed, condition.window)


def _condition(given: Given, guard: bool | None = None) -> Condition:
    return Condition(
        metric=given.text("metric"),
        comparison=given.text("comparison", "pct_change"),
        operator=given.text("operator"),
        threshold=given.number("threshold"),
        window=given.text("window"),
        label=given.text("stringLabel", ""),
        min_labels=given.whole("minLabelCount", 0, least=0, most=MOST_WHOLE),
        cooldown_min=given.whole("cooldownMinutes", 0, least=0, most=MOST_WHOLE),
        guard=guard,
    )


def _told(call: Call, before: Told) -> Told:
    """Return whom an alert tells: Slack as it is given, the other channels as they were."""
    channel = call.given.text("slackChannelId", "")
    name = call.given.text("slackChannelName", "")
    if bool(channel) != bool(name):
        raise refused(BOTH, field="slackChannelId")
    return channel_choices.told(
        call.project.team,
        email=before.email,
        slack_channel=channel,
        webhook_url=before.webhook_url,
        before=before,
    )


def _alert(call: Call, field: str) -> Alert:
    try:
        alert = lookups.alert(call.project, call.given.uuid(field))
    except Http404:
        raise refused(NO_ALERT, 404) from None
    if call.given.has("signalId") and call.given.uuid("signalId") != alert.signal.uuid:
        raise refused(NO_ALERT, 404)
    return alert


def _fetch(call: Call, alert: Alert) -> Alert:
    return lookups.alert(call.project, alert.uuid)


def _listed(call: Call, signal: Signal | None) -> list[Row]:
    rows = _of_state(call, signal, "")
    if call.given.flag("includeArchived", False):
        rows += _of_state(call, signal, Alert.State.ARCHIVED)
    return rows


def _of_state(call: Call, signal: Signal | None, state: str) -> list[Row]:
    alerts = listing.matching(call.project, AlertQuery(signal=signal, state=state))
    alerts = alerts.select_related("signal", "created_by").prefetch_related("destinations")
    return alert_rows.rows_of(call.project, list(alerts.order_by("name", "pk")[:MOST_ALERTS]))
