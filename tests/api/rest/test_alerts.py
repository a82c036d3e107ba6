"""Alerts by REST: made, changed and replayed as the pages do it, with the same refusals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from alerts.editing import CONDITION
from alerts.models import Alert, AlertMute
from signals_app.models import Signal
from teams.models import Project
from tests.alerts.owed import connected
from tests.alerts.watched import alert_of, began, count, firing_of
from tests.api.rest.calling import ROOT, Caller, reading, writing
from tests.fake_slack import FakeSlack
from tests.signals_app.labelled import new_agent, new_signal

pytestmark = pytest.mark.django_db

RULE: dict[str, Any] = {
    "metric": "true_rate",
    "operator": "gte",
    "threshold": 20.0,
    "window": "1h",
    "cooldown_min": 60,
}


@pytest.fixture
def caller(project: Project) -> Caller:
    return writing(project)


def asked(signal: Signal, **changes: Any) -> dict[str, Any]:
    return {"signal": str(signal.uuid), "name": "More frustration", **RULE, **changes}


def typed(signal: Signal, **changes: Any) -> dict[str, Any]:
    """What a browser sends of the form, for what `asked` says."""
    given = {
        "signal": str(signal.uuid),
        "metric": "true_rate",
        "direction": "increases",
        "threshold": "20",
        "window": "1h",
        "min_labels": "",
        "cooldown_min": "60",
        "guard": "on",
        "name": "More frustration",
        "suggested": "",
        "email": "on",
        "webhook_url": "",
        "days": "7",
    }
    return given | changes


def test_the_page_and_rest_make_the_same_alert(
    writer: Client, caller: Caller, signal: Signal
) -> None:
    assert caller.post("/alerts", asked(signal)).status_code == 201
    by_rest = Alert.objects.get()
    rows = [(each.kind, each.address) for each in by_rest.destinations.all()]
    Alert.objects.all().delete()
    address = f"/p/{signal.project.slug}/alerts/create/"
    assert writer.post(address, typed(signal)).status_code == 302
    by_page = Alert.objects.get()
    for name in (*CONDITION, "name", "state"):
        assert getattr(by_page, name) == getattr(by_rest, name), name
    assert [(each.kind, each.address) for each in by_page.destinations.all()] == rows


@pytest.mark.parametrize(
    ("by_rest", "by_page", "field"),
    [
        ({"threshold": -120.0, "operator": "lte"}, None, "threshold"),
        ({"comparison": "absolute", "threshold": 1.5}, {"direction": "above", "threshold": "150"},
         "threshold"),
        ({"webhook_url": "ftp://example.com"}, {"webhook_url": "ftp://example.com"}, "webhook_url"),
        ({"metric": "value_share"}, {"metric": "value_share"}, "metric"),
    ],
)  # fmt: skip
def test_the_page_and_rest_refuse_the_same(
    writer: Client,
    caller: Caller,
    signal: Signal,
    by_rest: dict[str, Any],
    by_page: dict[str, Any] | None,
    field: str,
) -> None:
    response = caller.post("/alerts", asked(signal, **by_rest))
    problem = response.json()
    assert (response.status_code, problem["field"]) == (422, field)
    if by_page is not None:
        address = f"/p/{signal.project.slug}/alerts/create/"
        page = writer.post(address, typed(signal, **by_page))
        assert page.status_code == 422
        assert problem["message"] in page.context["form"].errors[field]
    assert Alert.objects.count() == 0


def test_a_name_that_is_taken_is_refused_at_its_field(caller: Caller, signal: Signal) -> None:
    caller.post("/alerts", asked(signal))
    response = caller.post("/alerts", asked(signal))
    assert (response.status_code, response.json()["field"]) == (422, "name")


def test_an_alert_sent_twice_with_one_key_is_made_once(caller: Caller, signal: Signal) -> None:
    headers = {"Idempotency-Key": "once"}
    first = caller.post("/alerts", asked(signal), **headers)
    second = caller.post("/alerts", asked(signal), **headers)
    assert first.json() == second.json()
    assert Alert.objects.count() == 1


def test_an_edit_changes_what_is_said_and_leaves_the_rest(caller: Caller, signal: Signal) -> None:
    made = caller.post("/alerts", asked(signal, webhook_url="https://example.com/x")).json()
    response = caller.patch(f"/alerts/{made['id']}", {"threshold": 50.0})
    assert response.status_code == 200, response.content
    rule = response.json()["rule"]
    assert (rule["threshold"], rule["window"], rule["cooldown_min"]) == (50.0, "1h", 60)
    assert [each["kind"] for each in response.json()["channels"]] == ["email", "webhook"]


def test_an_edit_of_what_somebody_changed_meanwhile_is_refused(
    caller: Caller, signal: Signal
) -> None:
    made = caller.post("/alerts", asked(signal)).json()
    caller.patch(f"/alerts/{made['id']}", {"threshold": 50.0})
    edit = {"threshold": 30.0, "based_on": made["updated_at"]}
    response = caller.patch(f"/alerts/{made['id']}", edit)
    assert (response.status_code, response.json()["field"]) == (422, "based_on")


def test_an_edit_based_on_what_was_answered_last_is_taken(caller: Caller, signal: Signal) -> None:
    made = caller.post("/alerts", asked(signal)).json()
    edit = {"threshold": 30.0, "based_on": made["updated_at"]}
    assert caller.patch(f"/alerts/{made['id']}", edit).status_code == 200


def test_a_webhooks_address_is_not_answered(caller: Caller, signal: Signal) -> None:
    response = caller.post("/alerts", asked(signal, webhook_url="https://example.com/s3cret"))
    assert b"s3cret" not in response.content


@pytest.fixture
def slack(settings: Any, project: Project) -> Iterator[FakeSlack]:
    """Connected, with the channels support, alerts, general and secret."""
    cache.clear()
    connected(project.team)
    with FakeSlack() as server:
        server.use(settings)
        yield server


def test_a_slack_channel_that_the_bot_does_not_see_is_refused(
    caller: Caller, signal: Signal, slack: FakeSlack
) -> None:
    response = caller.post("/alerts", asked(signal, slack_channel="C999"))
    assert (response.status_code, response.json()["field"]) == (422, "slack_channel")


def test_it_is_led_through_its_states(caller: Caller, signal: Signal) -> None:
    made = caller.post("/alerts", asked(signal)).json()
    states = [
        caller.post(f"/alerts/{made['id']}/{verb}").json()["state"]
        for verb in ("pause", "resume", "archive", "restore")
    ]
    assert states == ["paused", "on", "archived", "paused"]


def test_what_its_state_does_not_allow_is_a_conflict(caller: Caller, signal: Signal) -> None:
    made = caller.post("/alerts", asked(signal)).json()
    response = caller.post(f"/alerts/{made['id']}/restore")
    assert (response.status_code, response.json()["code"]) == (409, "conflict")


def test_a_key_mutes_for_nobody(caller: Caller, signal: Signal) -> None:
    alert = alert_of(signal)
    response = caller.post(f"/alerts/{alert.uuid}/mute")
    assert response.status_code == 403
    assert "one person's own" in response.json()["message"]


def test_a_person_mutes_for_herself(writer: Client, signal: Signal) -> None:
    alert = alert_of(signal)
    query = f"?project={signal.project.slug}"
    response = writer.post(f"{ROOT}/alerts/{alert.uuid}/mute{query}")
    assert (response.status_code, response.json()["is_muted"]) == (200, True)
    assert AlertMute.objects.count() == 1
    response = writer.post(f"{ROOT}/alerts/{alert.uuid}/unmute{query}")
    assert response.json()["is_muted"] is False


def test_lists_narrow_and_go_on_where_a_page_ended(caller: Caller, signal: Signal) -> None:
    other = new_signal(new_agent(signal.project, "other"), name="Other")
    for each in (signal, signal, other):
        alert_of(each)
    page = caller.get("/alerts", limit=2, sort="name").json()
    rest = caller.get("/alerts", limit=2, sort="name", cursor=page["next_cursor"]).json()
    names = [each["name"] for each in (*page["items"], *rest["items"])]
    assert (names, page["count"], rest["next_cursor"]) == (
        ["Alert 1", "Alert 2", "Alert 3"],
        3,
        None,
    )
    of_signal = caller.get("/alerts", signal=str(other.uuid)).json()["items"]
    assert of_signal == caller.get(f"/signals/{other.uuid}/alerts").json()["items"]
    assert [each["name"] for each in of_signal] == ["Alert 3"]


def test_firings_come_newest_first_page_by_page(caller: Caller, signal: Signal) -> None:
    alert, now = alert_of(signal), timezone.now().replace(second=0, microsecond=0)
    for minutes in (1, 2, 3):
        firing_of(alert, now - timedelta(minutes=minutes))
    page = caller.get(f"/alerts/{alert.uuid}/firings", limit=2).json()
    rest = caller.get(f"/alerts/{alert.uuid}/firings", limit=2, cursor=page["next_cursor"]).json()
    times = [each["at"] for each in (*page["items"], *rest["items"])]
    assert len(times) == 3
    assert times == sorted(times, reverse=True)
    assert (
        caller.get("/firings").json()["items"]
        == caller.get(f"/alerts/{alert.uuid}/firings").json()["items"]
    )
    assert caller.get(f"/alerts/{alert.uuid}/state").json()["firings_7d"] == 3


@pytest.fixture
def watched(signal: Signal) -> Signal:
    """A signal whose true rate went from a tenth to a half in the last hours."""
    now = timezone.now().replace(second=0, microsecond=0)
    began(signal, now - timedelta(days=2))
    before, lately = now - timedelta(hours=5), now - timedelta(hours=1)
    count(signal, [(before, "true", 10), (before, "false", 90)])
    count(signal, [(lately, "true", 50), (lately, "false", 50)])
    return signal


def test_the_backtest_of_an_unsaved_rule_is_that_of_the_page(
    writer: Client, caller: Caller, watched: Signal
) -> None:
    rule = {**RULE, "window": "3h", "guard": False, "cooldown_min": 0}
    found = caller.post("/alerts/backtest", {"signal": str(watched.uuid), **rule}).json()
    address = f"/p/{watched.project.slug}/alerts/new/preview/"
    page = writer.post(address, typed(watched, window="3h", guard="", cooldown_min="0"))
    said = page.context["preview"].outcome
    assert found["firings"] == len(found["fired"]) > 0
    times = {1: "once", 2: "twice"}.get(found["firings"], f"{found['firings']} times")
    assert said.startswith(f"Would have fired {times}")


def test_a_reader_may_replay_a_rule(project: Project, watched: Signal) -> None:
    response = reading(project).post("/alerts/backtest", {"signal": str(watched.uuid), **RULE})
    assert response.status_code == 200


def test_a_saved_alert_is_replayed_with_its_own_rule(caller: Caller, watched: Signal) -> None:
    alert = alert_of(watched, window="3h", guard=False)
    found = caller.post(f"/alerts/{alert.uuid}/backtest").json()
    assert found["rule"]["window"] == "3h"
    assert 7 * 24 * 60 - 2 <= found["minutes"] <= 7 * 24 * 60


def test_a_backtest_looks_back_thirty_days_at_most(caller: Caller, signal: Signal) -> None:
    given = {"signal": str(signal.uuid), **RULE, "range": "90d"}
    response = caller.post("/alerts/backtest", given)
    assert (response.status_code, response.json()["field"]) == (422, "start")


def test_channels_say_whom_an_alert_can_tell(caller: Caller, project: Project) -> None:
    answer = caller.get("/channels").json()
    assert (answer["members"], answer["slack_workspace"]) == (0, "")


def test_no_is_not_taken_for_the_number_nought(caller: Caller, signal: Signal) -> None:
    response = caller.post("/alerts", asked(signal, cooldown_min=False))
    assert (response.status_code, response.json()["field"]) == (422, "cooldown_min")
