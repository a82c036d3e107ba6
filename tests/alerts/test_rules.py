"""Making and changing alerts: what is refused and at which field, and what an edit begins anew."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from alerts import editing, states
from alerts.editing import Condition, Told
from alerts.models import Alert
from core.http import outbound
from signals_app.definition.states import archive
from signals_app.models import Signal
from tests.alerts.watched import alert_of, firing_of
from tests.signals_app.labelled import new_agent, new_signal
from tests.traces.arrivals import new_project

pytestmark = pytest.mark.django_db

RISE = Condition(
    metric="true_rate", comparison="pct_change", operator="gte", threshold=20.0, window="1h"
)
ABOVE = replace(RISE, comparison="absolute", threshold=0.3)
SHARE = replace(RISE, metric="value_share", label="failed")
VOLUME = replace(RISE, metric="label_volume", comparison="absolute", threshold=5.0)


@pytest.fixture
def signal() -> Signal:
    return new_signal(new_agent(new_project()))


@pytest.fixture
def outcome() -> Signal:
    return new_signal(new_agent(new_project()), "task_outcome")


def refused(signal: Signal, condition: Condition, name: str = "A", **told: str) -> dict[str, str]:
    with pytest.raises(ValidationError) as error:
        editing.create(signal, name, condition, Told(**told))  # type: ignore[arg-type]
    assert not Alert.objects.filter(signal=signal, name=name).exists()
    return {field: said[0] for field, said in error.value.message_dict.items()}


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"metric": "value_share", "label": "true"}, "metric", "Choose a metric it has."),
        ({"metric": "nonsense"}, "metric", "Choose a metric it has."),
        ({"comparison": "nonsense"}, "comparison", "Choose how to compare."),
        ({"operator": "gt"}, "operator", "Choose gte or lte."),
        ({"window": "7m"}, "window", "Choose a window of the list."),
        ({"cooldown_min": 7}, "cooldown_min", "Choose a cooldown of the list."),
        ({"min_labels": -1}, "min_labels", "Between 0 and 1,000,000."),
        ({"threshold": float("nan")}, "threshold", "Give a number."),
        ({"threshold": float("inf")}, "threshold", "Give a number."),
        ({"threshold": 1e308}, "threshold", "At most 1,000,000,000."),
        (
            {"operator": "lte", "threshold": -101.0},
            "threshold",
            "Nothing falls by more than 100 %.",
        ),
    ],
)
def test_each_part_is_refused_at_its_field(
    signal: Signal, changes: dict[str, object], field: str, said: str
) -> None:
    assert refused(signal, replace(RISE, **changes)) == {field: said}  # type: ignore[arg-type]
    assert len(said.split()) <= 10


@pytest.mark.parametrize(
    ("threshold", "operator", "said"),
    [
        pytest.param(1.01, "gte", "A share is never above 100 %.", id="never above all"),
        pytest.param(0.0, "gte", "It is always at least that.", id="always at least none"),
        pytest.param(-0.1, "lte", "It is never below 0.", id="never below none"),
        pytest.param(1.0, "lte", "A share is always below that.", id="always at most all"),
    ],
)
def test_a_share_that_is_never_or_always_there_is_no_threshold(
    signal: Signal, threshold: float, operator: str, said: str
) -> None:
    found = refused(signal, replace(ABOVE, threshold=threshold, operator=operator))
    assert found["threshold"].startswith(said)


@pytest.mark.parametrize(("threshold", "operator"), [(1.0, "gte"), (0.0, "lte"), (0.99, "lte")])
def test_the_edges_themselves_can_be_reached(
    signal: Signal, threshold: float, operator: str
) -> None:
    editing.create(signal, "Edge", replace(ABOVE, threshold=threshold, operator=operator))


def test_a_label_must_be_one_of_the_signals(outcome: Signal) -> None:
    assert refused(outcome, replace(SHARE, label="lost")) == {
        "label": "Choose a label of the signal."
    }
    editing.create(outcome, "A", SHARE)


def test_a_metric_without_label_keeps_none(signal: Signal) -> None:
    assert editing.create(signal, "A", replace(RISE, label="true")).label == ""


def test_the_guard_is_on_for_percentages_and_off_where_it_cannot_be(signal: Signal) -> None:
    assert editing.create(signal, "rise", RISE).guard is True
    assert editing.create(signal, "bare", replace(RISE, guard=False)).guard is False
    assert editing.create(signal, "share", ABOVE).guard is False
    assert editing.create(signal, "guarded share", replace(ABOVE, guard=True)).guard is True
    assert editing.create(signal, "count", replace(VOLUME, guard=True)).guard is False


def test_a_name_is_taken_once_a_signal(signal: Signal) -> None:
    first = editing.create(signal, "Same", RISE)
    assert refused_name(signal, " Same ") == "This signal has an alert of this name."
    other = new_signal(signal.agent, name="Other")
    editing.create(other, "Same", RISE)
    states.archive(first)
    editing.create(signal, "Same", RISE)


def refused_name(signal: Signal, name: str) -> str:
    with pytest.raises(ValidationError) as error:
        editing.create(signal, name, RISE)
    return str(error.value.message_dict["name"][0])


def test_a_name_is_needed_and_not_endless(signal: Signal) -> None:
    assert refused(signal, RISE, name=" ") == {"name": "Give the alert a name."}
    assert refused(signal, RISE, name="x" * 101) == {"name": "At most 100 characters."}


def test_an_archived_signal_takes_no_alert(signal: Signal) -> None:
    archive(signal, None, timezone.now())
    assert refused(signal, RISE) == {"signal": "Restore the signal first."}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("example.org/hook", "An address begins with https://."),
        ("ftp://example.org", "An address begins with https://."),
        ("javascript:1", "An address begins with https://."),
        ("https://", "This is not the name of a host."),
        ("http://example.org", "Use https://. Plain http needs OUTBOUND_HTTP=true on the server."),
        ("https://me:secret@example.org", "An address holds no user name and no password."),
    ],
)
def test_a_webhook_needs_an_address_that_may_be_called(
    signal: Signal, url: str, words: str
) -> None:
    assert refused(signal, RISE, webhook_url=url) == {"webhook_url": words}


@pytest.mark.parametrize("host", ["127.1", "2130706433", "10.1.2.3", "[::1]", "169.254.169.254"])
def test_an_address_that_leads_inside_is_refused_where_it_is_typed(
    signal: Signal, host: str
) -> None:
    said = refused(signal, RISE, webhook_url=f"https://{host}/hook")
    assert "not on the public internet" in said["webhook_url"]


def test_a_name_that_leads_inside_is_refused_in_a_new_alert_and_in_an_edit(
    signal: Signal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The resolver is asked as sending asks it; a name that nobody knows may be known tomorrow."""
    known = {"inside.example": ["10.0.0.1"], "outside.example": ["8.8.8.8"]}

    def resolve(host: str, *_rest: object) -> list[str]:
        if host not in known:
            raise outbound.Unreachable("The name is not known.")
        return known[host]

    monkeypatch.setattr(outbound, "_resolve", resolve)
    assert set(refused(signal, RISE, webhook_url="https://inside.example/a")) == {"webhook_url"}
    alert = editing.create(signal, "A", RISE, Told(webhook_url="https://outside.example/a"))
    editing.create(signal, "B", RISE, Told(webhook_url="https://unknown.example/a"))
    with pytest.raises(ValidationError, match="not on the public internet"):
        editing.edit(alert, "A", RISE, Told(webhook_url="https://inside.example/b"))


def test_an_address_that_stays_is_not_looked_at_again(
    signal: Signal, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told(webhook_url="https://later.example/a")
    alert = editing.create(signal, "A", RISE, told)
    monkeypatch.setattr(outbound, "_resolve", lambda *_: ["10.0.0.1"])
    assert editing.edit(alert, "Another name", RISE, told).name == "Another name"


def test_slacks_own_webhooks_are_no_address_for_ours(signal: Signal) -> None:
    said = refused(signal, RISE, webhook_url="https://hooks.slack.com/services/T0/B0/x")
    assert "Connect Slack" in said["webhook_url"]


def test_everybody_who_is_told_gets_a_row(signal: Signal) -> None:
    told = Told(slack_channel="C1", slack_name="#help", webhook_url="https://example.org/a")
    alert = editing.create(signal, "A", RISE, told)
    rows = set(alert.destinations.values_list("kind", "address", "address_name"))
    assert rows == {
        ("email", "", ""),
        ("slack", "C1", "#help"),
        ("webhook", "https://example.org/a", ""),
    }
    assert Told.of(list(alert.destinations.all())) == told


def test_a_channel_that_stays_keeps_its_trouble_and_another_address_begins_anew(
    signal: Signal,
) -> None:
    told = Told(slack_channel="C1", webhook_url="https://example.org/a")
    alert = editing.create(signal, "A", RISE, told)
    alert.destinations.update(paused_at=timezone.now(), paused_reason="gone", secret_sealed=b"s")
    editing.edit(alert, "A", RISE, replace(told, email=False, webhook_url="https://example.org/b"))
    rows = {destination.kind: destination for destination in alert.destinations.all()}
    assert set(rows) == {"slack", "webhook"}
    assert rows["slack"].paused_reason == "gone"
    assert (rows["webhook"].paused_at, rows["webhook"].secret_sealed) == (None, None)


def test_a_changed_condition_is_looked_at_anew(signal: Signal) -> None:
    alert, now = alert_of(signal), timezone.now()
    firing_of(alert)
    seen = {"standing": "met", "met_at": now, "fired_at": now, "value": 0.3, "evaluated_at": now}
    Alert.objects.filter(pk=alert.pk).update(**seen)
    changed = editing.edit(alert, "A", replace(RISE, threshold=30.0), Told())
    changed.refresh_from_db()
    assert (changed.standing, changed.met_at, changed.fired_at) == ("new", None, None)
    assert (changed.value, changed.evaluated_at) == (None, None)
    assert changed.firings.get().threshold == 20.0


def test_a_new_name_alone_changes_nothing_else(signal: Signal) -> None:
    alert, now = editing.create(signal, "A", RISE), timezone.now()
    Alert.objects.filter(pk=alert.pk).update(standing="met", met_at=now, fired_at=now)
    editing.edit(alert, "B", RISE, Told(email=False))
    alert.refresh_from_db()
    assert (alert.name, alert.standing, alert.fired_at) == ("B", "met", now)


def test_an_archived_alert_is_not_edited(signal: Signal) -> None:
    alert = editing.create(signal, "A", RISE)
    states.archive(alert)
    with pytest.raises(ValidationError, match="Restore the alert first"):
        editing.edit(alert, "B", RISE, Told())


def test_a_project_has_a_limit_to_its_alerts_which_the_archived_do_not_fill(
    signal: Signal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(editing, "MOST_ALERTS", 1)
    first = editing.create(signal, "First", RISE)
    assert refused(signal, RISE, "Second") == {"signal": editing.FULL}
    states.archive(first)
    editing.create(signal, "Second", RISE)
    with pytest.raises(states.CannotChange, match="at most"):
        states.restore(first)
