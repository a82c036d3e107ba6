"""`signals alerts` and `signal-alert` of the vendor's command line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from alerts import editing, states
from alerts.editing import Condition, Told
from alerts.models import Alert, Kind
from signals_app.models import Signal
from teams.models import Project
from tests.alerts.watched import alert_of, firing_of
from tests.api.inf.calling import Caller, writing
from tests.signals_app.labelled import label, new_agent, new_signal
from tests.traces.arrivals import new_project

pytestmark = pytest.mark.django_db

RULE: dict[str, Any] = {
    "name": "Refusals",
    "metric": "true_rate",
    "operator": "gte",
    "threshold": 25,
    "window": "1h",
}


@pytest.fixture
def caller(project: Project) -> Caller:
    return writing(project)


def test_an_alert_is_made_with_the_usual_values(signal: Signal, caller: Caller) -> None:
    made = caller.tells("signalAlerts.create", signalId=str(signal.uuid), **RULE)
    alert = Alert.objects.get()
    assert (made["id"], made["enabled"], made["archivedAt"]) == (str(alert.uuid), True, None)
    assert (alert.comparison, alert.cooldown_min, alert.min_labels) == ("pct_change", 0, 0)
    assert (alert.threshold, alert.state) == (25.0, "on")
    assert [each.kind for each in alert.destinations.all()] == [Kind.EMAIL]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": " "}, "name: "),
        ({"metric": "value_share"}, "metric: "),
        ({"window": "2h"}, "window: "),
        ({"operator": "eq"}, "operator: "),
        ({"comparison": "ratio"}, "comparison: "),
        ({"cooldownMinutes": 7}, "cooldownMinutes: "),
        ({"minLabelCount": 10**9}, "minLabelCount: "),
        ({"threshold": "much"}, "threshold: "),
        ({"comparison": "absolute", "threshold": 2}, "threshold: "),
        ({"slackChannelId": "C1"}, "slackChannelId: Give the id and the name"),
        ({"slackChannelId": "C1", "slackChannelName": "#a"}, "slackChannelId: Choose a channel"),
    ],
)
def test_an_alert_that_cannot_be_is_refused_by_field(
    signal: Signal, caller: Caller, changes: dict[str, Any], said: str
) -> None:
    given = {"signalId": str(signal.uuid)} | RULE | changes
    assert caller.is_refused("signalAlerts.create", **given)[1].startswith(said)
    assert not Alert.objects.exists()


def test_an_edit_keeps_what_the_client_does_not_know(signal: Signal, caller: Caller) -> None:
    condition = Condition("true_rate", "pct_change", "gte", 20, "1h", guard=False)
    told = Told(email=False, webhook_url="https://example.org/hook")
    alert = editing.create(signal, "Old", condition, told)
    one = {"id": str(alert.uuid), "signalId": str(signal.uuid)}
    edited = caller.tells("signalAlerts.editAlert", **one, **RULE, enabled=False)
    alert.refresh_from_db()
    assert (alert.name, alert.threshold, alert.state) == ("Refusals", 25.0, "paused")
    assert alert.guard is False
    assert [each.address for each in alert.destinations.all()] == ["https://example.org/hook"]
    assert edited["enabled"] is False
    assert caller.tells("signalAlerts.editAlert", **one, **RULE, enabled=True)["enabled"] is True


def test_an_alert_is_archived_and_listed_only_when_asked_for(
    signal: Signal, caller: Caller
) -> None:
    alert = alert_of(signal)
    one = {"id": str(alert.uuid), "signalId": str(signal.uuid)}
    assert caller.asks("signalAlerts.getById", **one)["name"] == alert.name
    assert caller.tells("signalAlerts.archive", **one)["archivedAt"]
    alert.refresh_from_db()
    assert alert.state == "archived"
    for name in ("listBySignal", "listByProject", "listByTeam"):
        asked = {"signalId": str(signal.uuid)}
        assert caller.asks(f"signalAlerts.{name}", **asked) == []
        (row,) = caller.asks(f"signalAlerts.{name}", **asked, includeArchived=True)
        assert (row["id"], row["enabled"]) == (str(alert.uuid), False)
    assert caller.is_refused("signalAlerts.archive", **one)[0] == "CONFLICT"


def test_firings_and_state_are_what_the_database_has(signal: Signal, caller: Caller) -> None:
    alert = alert_of(signal)
    firing = firing_of(alert)
    one = {"alertId": str(alert.uuid), "signalId": str(signal.uuid)}
    (event,) = caller.asks("signalAlerts.listEvents", **one)
    assert (event["id"], event["observedValue"]) == (str(firing.uuid), firing.value)
    assert caller.asks("signalAlerts.listEvents", **one, offset=1) == []
    state = caller.asks("signalAlerts.getState", **one)
    assert (state["recentFiringCount"], state["enabled"]) == (1, True)
    assert state["lastTriggeredAt"] == event["firedAt"]
    states.pause(alert)
    assert caller.asks("signalAlerts.getState", **one)["enabled"] is False


def test_a_backtest_of_a_rule_that_is_saved_nowhere_says_when_it_would_have_fired(
    signal: Signal, caller: Caller
) -> None:
    Signal.objects.update(activated_at=timezone.now() - timedelta(days=2))
    signal.state_changes.all().delete()
    label(signal, "true", 5, at=timezone.now() - timedelta(hours=3))
    asked = {
        "signalId": str(signal.uuid),
        "metric": "label_volume",
        "comparison": "absolute",
        "operator": "gte",
        "threshold": 5,
        "window": "1h",
        "stringLabel": None,
        "lookbackDays": 1,
    }
    found = caller.asks("signalAlerts.backtest", **asked)
    assert (found["firingCount"], found["firings"][0]["observedValue"]) == (1, 5)
    assert not Alert.objects.exists()
    refused = caller.is_refused("signalAlerts.backtest", asks=True, **asked | {"window": "2h"})
    assert refused[1].startswith("window: ")
    days = caller.is_refused("signalAlerts.backtest", asks=True, **asked | {"lookbackDays": 31})
    assert days[1].startswith("lookbackDays: ")


@pytest.mark.parametrize("verb", ["getById", "editAlert", "archive", "listEvents", "getState"])
def test_an_alert_of_another_project_or_signal_is_not_found(
    signal: Signal, caller: Caller, verb: str
) -> None:
    theirs = alert_of(new_signal(new_agent(new_project("Theirs"))))
    ours, other = alert_of(signal), new_signal(signal.agent, name="Other")
    asks = verb in ("getById", "listEvents", "getState")
    for alert, named in ((theirs, theirs.signal), (ours, other)):
        fields: dict[str, Any] = {
            "id": str(alert.uuid),
            "alertId": str(alert.uuid),
            "signalId": str(named.uuid),
        }
        code, _ = caller.is_refused(f"signalAlerts.{verb}", asks=asks, **fields, **RULE)
        assert code == "NOT_FOUND"
