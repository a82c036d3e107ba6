"""The page of one alert: how it stands, its chart, its firings, whom it tells, what is behind."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alerts import states
from alerts.models import Alert, AlertMute, Delivery, Destination
from signals_app.models import Signal
from teams.models import Project
from tests.alerts.watched import alert_of, began, count, delivery_of, firing_of
from tests.html import html_of
from tests.signals_app.labelled import label, new_agent, new_signal
from tests.traces.arrivals import arrive, member, new_project, trace_id_of, turn
from traces.models import Agent, Session

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def now() -> datetime:
    return timezone.now().replace(second=0, microsecond=0)


@pytest.fixture
def signal(project: Project, now: datetime) -> Signal:
    signal = new_signal(new_agent(project))
    began(signal, now - timedelta(days=10))
    return signal


def url(alert: Alert) -> str:
    return f"/p/{alert.project.slug}/alerts/{alert.uuid}/"


def page_of(client: Client, alert: Alert, query: str = "") -> str:
    response = client.get(url(alert) + query)
    assert response.status_code == 200
    return html_of(response)


def test_it_says_the_condition_and_the_numbers(
    reader: Client, signal: Signal, now: datetime
) -> None:
    alert = alert_of(signal, window="1h", guard=True, min_labels=30, cooldown_min=60)
    seen = {"standing": "met", "value": 0.3, "baseline": 0.2, "labels": 100, "labels_before": 20}
    Alert.objects.filter(pk=alert.pk).update(evaluated_at=now, **seen)
    page = page_of(reader, alert)
    for text in (
        "True rate goes up by 20 % over 1 h, compared with the 1 h before.",
        "from 30 labels on",
        "cooldown 1 h",
        "evidence guard on",
        "Firing",
        "30.0 %",
        "of 100 labels in the last 1 h",
        "of 20 labels in it, few",
        "+50 %",
        "that is 24.0 % now",
    ):
        assert text in page, text


@pytest.mark.parametrize(
    ("standing", "reason", "word"),
    [
        ("not_evaluable", "No labels in the window before: nothing to compare.", "Not evaluable"),
        ("asleep", "The signal is paused.", "Asleep"),
        ("broken", "The label is gone.", "Needs an edit"),
    ],
)
def test_why_it_does_not_watch_stands_in_words(
    reader: Client, signal: Signal, standing: str, reason: str, word: str
) -> None:
    alert = alert_of(signal)
    Alert.objects.filter(pk=alert.pk).update(standing=standing, standing_reason=reason)
    page = page_of(reader, alert)
    assert word in page
    assert reason in page


def test_the_chart_is_of_the_chosen_range_with_the_firings_that_were(
    reader: Client, signal: Signal, now: datetime
) -> None:
    count(signal, [(now - n * MINUTE, "false", 3) for n in range(5, 2000, 5)])
    alert = alert_of(signal)
    firing_of(alert, now - timedelta(hours=2))
    firing_of(alert, now - timedelta(hours=30))
    firing_of(alert, now - timedelta(hours=3), metric="label_volume")
    for query, fired in (("", 1), ("?range=1h", 0), ("?range=7d", 2)):
        shown = reader.get(url(alert) + query).context["shown"]
        assert shown.fired == fired
        drawn = [trace for trace in shown.chart["data"] if trace.get("name") == "fired"]
        assert sum(len(trace["x"]) for trace in drawn) == fired


def test_without_labels_there_is_no_chart_but_a_reason(reader: Client, signal: Signal) -> None:
    assert "No live label in this range" in page_of(reader, alert_of(signal))


def test_a_bad_range_falls_back_and_says_so(reader: Client, signal: Signal) -> None:
    alert = alert_of(signal)
    assert "Say when the range begins." in page_of(reader, alert, "?range=custom&until=x")
    assert reader.get(f"{url(alert)}?older=nonsense").context["page"].newer == ""


@pytest.mark.slow
def test_a_very_long_range_is_cut_and_says_so(
    reader: Client, signal: Signal, now: datetime
) -> None:
    alert = alert_of(signal)
    since = (now - timedelta(days=300)).strftime("%Y-%m-%dT%H:%M")
    assert "at most 31 days are drawn" in page_of(reader, alert, f"?range=custom&since={since}")


def test_a_firing_keeps_its_numbers_and_its_condition(
    reader: Client, signal: Signal, now: datetime
) -> None:
    alert = alert_of(signal)
    firing_of(alert, threshold=99.0, version_note="Version 2 began in the window.")
    page = page_of(reader, alert)
    for text in (
        "30.0 %",
        "from 10.0 %",
        "+200 %",
        "100 labels, 90 before",
        "True rate up by 99 % over 5m",
        "Version 2 began in the window.",
    ):
        assert text in page, text


def test_a_message_that_failed_says_why(reader: Client, signal: Signal) -> None:
    firing = firing_of(alert_of(signal))
    delivery_of(firing)
    delivery_of(firing, state="failed", error="The mailbox is full.")
    delivery_of(firing, "slack", address="C1", address_name="#help")
    page = page_of(reader, firing.alert)
    assert "1 sent, 1 failed" in page
    assert "The mailbox is full." in page
    assert "sent to #help" in page


def test_a_message_that_is_tried_again_says_why_and_when(reader: Client, signal: Signal) -> None:
    firing = firing_of(alert_of(signal))
    again_at = timezone.now() + timedelta(minutes=10, seconds=30)
    delivery_of(firing, state="waiting", error="It answered 500.", available_at=again_at)
    page = page_of(reader, firing.alert)
    assert "It answered 500. Next try" in page
    assert "in 10 min" in page


def test_firings_have_pages(reader: Client, signal: Signal, now: datetime) -> None:
    alert = alert_of(signal)
    for n in range(21):
        firing_of(alert, now - n * timedelta(hours=1))
    first = reader.get(url(alert)).context
    assert (len(first["rows"]), first["firings"]) == (20, 21)
    older = reader.get(f"{url(alert)}?older={first['page'].older}").context
    assert [row.firing.at for row in older["rows"]] == [now - timedelta(hours=20)]
    back = reader.get(f"{url(alert)}?newer={older['page'].newer}").context["rows"]
    assert [row.firing for row in back] == [row.firing for row in first["rows"]]


def test_more_firings_ask_no_more_questions(reader: Client, signal: Signal, now: datetime) -> None:
    alert = alert_of(signal)
    delivery_of(firing_of(alert, now))
    asked = []
    for n in (1, 19):
        page_of(reader, alert)
        with CaptureQueriesContext(connection) as seen:
            page_of(reader, alert)
        asked.append(len(seen))
        for hours in range(n):
            delivery_of(firing_of(alert, now - timedelta(hours=n + hours)))
    assert len(set(asked)) == 1


def test_whom_it_tells_and_what_is_wrong_there(
    reader: Client, signal: Signal, project: Project
) -> None:
    alert = alert_of(signal)
    bob = member(project, email="bob@example.org")
    AlertMute.objects.create(alert=alert, user=bob)
    Destination.objects.create(alert=alert, kind="email")
    hook = {"kind": "webhook", "address": "https://hooks.example.org/T0/secret"}
    dead = {"paused_at": timezone.now(), "paused_reason": "The address is gone (410)."}
    Destination.objects.create(alert=alert, **hook, **dead)
    page = page_of(reader, alert)
    assert "2 members of the team, 1 of them muted it" in page
    assert "hooks.example.org" in page
    assert "T0/secret" not in page
    assert "The address is gone (410)." in page


def test_slack_alone_is_connected_again(
    client: Client, signal: Signal, project: Project, settings: Any
) -> None:
    """The trouble of e-mail is another one, and is mended elsewhere."""
    client.force_login(member(project, email="carl@example.org"))
    alert = alert_of(signal)
    Destination.objects.create(alert=alert, kind="email")
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    page = page_of(client, alert)
    assert "No mail server is set" in page
    assert "Connect Slack again" not in page
    Destination.objects.create(alert=alert, kind="slack", address="C1")
    assert "Connect Slack again" in page_of(client, alert)


def test_a_page_that_asks_again_gets_nothing_until_something_changed(
    reader: Client, signal: Signal
) -> None:
    alert = alert_of(signal)
    firing = firing_of(alert)
    message = delivery_of(firing, state="waiting")

    def answer(shown: str = "") -> tuple[int, str]:
        response = reader.get(url(alert), headers={"X-Shown": shown})
        return response.status_code, response.context["stamp"] if response.context else shown

    def is_new(shown: str) -> bool:
        """Also when the minute ends in between: then it is asked with what came."""
        status, stamp = answer(shown)
        return status == 200 and answer(stamp)[0] == 204 and stamp != shown

    shown = answer()[1]
    assert answer(shown)[0] == 204 or is_new(shown)
    for change in (
        lambda: Alert.objects.filter(pk=alert.pk).update(standing="met"),
        lambda: Delivery.objects.filter(pk=message.pk).update(state="sent"),
        lambda: firing_of(alert, firing.at - timedelta(hours=1)),
        lambda: Destination.objects.create(alert=alert, kind="email"),
    ):
        shown = answer()[1]
        change()
        assert is_new(shown)


def test_a_notice_about_a_channel_is_no_message_of_the_firing(
    reader: Client, signal: Signal
) -> None:
    firing = firing_of(alert_of(signal))
    delivery_of(firing)
    delivery_of(firing, notice="Slack gets no more messages.")
    row = reader.get(url(firing.alert)).context["rows"][0]
    assert [told.words for told in row.told] == ["sent"]


def test_a_writer_can_mend(client: Client, signal: Signal, project: Project) -> None:
    client.force_login(member(project))
    alert = alert_of(signal)
    failed = delivery_of(firing_of(alert), "webhook", state="failed", error="Gone.")
    dead = {"paused_at": timezone.now(), "paused_reason": "Gone."}
    Destination.objects.create(alert=alert, kind="webhook", address="https://x.org/", **dead)
    page = page_of(client, alert)
    assert f"/p/{project.slug}/deliveries/{failed.uuid}/retry/" in page
    assert f"{url(alert)}channels/webhook/resume/" in page
    assert f"{url(alert)}webhook-secret/" in page


def test_a_reader_may_mute_and_change_nothing(reader: Client, signal: Signal) -> None:
    page = page_of(reader, alert_of(signal))
    assert "Mute for me" in page
    for verb in ("/pause/", "/archive/", "/edit/", "?like="):
        assert verb not in page


def test_an_archived_alert_offers_to_come_back(
    client: Client, signal: Signal, project: Project
) -> None:
    client.force_login(member(project))
    alert = alert_of(signal)
    states.archive(alert)
    page = page_of(client, alert)
    assert "Restore alert" in page
    assert "/edit/" not in page


def test_a_stranger_finds_nothing_and_nobody_posts(reader: Client, signal: Signal) -> None:
    foreign = alert_of(new_signal(new_agent(new_project("Others"))))
    assert reader.get(url(foreign)).status_code == 404
    assert reader.get(f"/p/{signal.project.slug}/alerts/{foreign.uuid}/").status_code == 404
    assert reader.post(url(alert_of(signal))).status_code == 405


def traces_url(alert: Alert, firing: object) -> str:
    return f"{url(alert)}firings/{firing.uuid}/traces/"  # type: ignore[attr-defined]


def traces_behind(client: Client, alert: Alert, firing: object) -> set[object]:
    response = client.get(traces_url(alert, firing), follow=True)
    assert response.status_code == 200
    return {row.trace.trace_id for row in response.context["rows"]}


def judged(project: Project, template: str = "user_frustration") -> Signal:
    """An agent whose turns began hours before they were judged."""
    return new_signal(Agent.objects.get(project=project), template)


def test_the_traces_behind_a_firing_appear_although_they_began_hours_before(
    reader: Client, project: Project, now: datetime
) -> None:
    for n in range(4):
        arrive(project, *turn(f"t{n}", at=now - timedelta(hours=5 + n)))
    signal = judged(project)
    counted = now - 2 * MINUTE
    for n, name in enumerate(["true", "true", "false"]):
        label(signal, name, target=trace_id_of(f"t{n}"), at=counted)
    label(signal, "true", target=trace_id_of("t3"), at=now - timedelta(hours=1))
    alert = alert_of(signal)
    assert traces_behind(reader, alert, firing_of(alert, now)) == {
        trace_id_of("t0"),
        trace_id_of("t1"),
    }


def test_of_a_session_its_traces_appear(reader: Client, project: Project, now: datetime) -> None:
    arrive(project, *turn("a", at=now - timedelta(hours=3), session__id="chat"))
    arrive(project, *turn("b", at=now - timedelta(hours=2), session__id="chat"))
    signal = judged(project, "task_outcome")
    assert signal.scope == "session"
    label(signal, "failed", target=Session.objects.get().key, at=now - 2 * MINUTE)
    alert = alert_of(signal, metric="value_share", label="failed")
    assert traces_behind(reader, alert, firing_of(alert, now)) == {
        trace_id_of("a"),
        trace_id_of("b"),
    }


@pytest.mark.parametrize(
    ("changes", "labels"),
    [
        pytest.param({}, ["true"], id="the label that rose"),
        pytest.param(
            {"operator": "lte", "threshold": -20.0}, ["false"], id="what took the place of a fall"
        ),
        pytest.param({"metric": "label_volume"}, ["true", "false"], id="all of a volume"),
    ],
)
def test_the_link_names_the_labels_that_made_it_fire(
    reader: Client, signal: Signal, changes: dict[str, object], labels: list[str]
) -> None:
    alert = alert_of(signal, **changes)
    where = reader.get(traces_url(alert, firing_of(alert)))["Location"]
    assert parse_qs(urlsplit(where).query)["label"] == [f"{signal.uuid}:{name}" for name in labels]


def test_a_firing_of_another_alert_is_not_found(reader: Client, signal: Signal) -> None:
    one, other = alert_of(signal), alert_of(signal)
    assert reader.get(traces_url(one, firing_of(other))).status_code == 404
    assert reader.post(traces_url(one, firing_of(one))).status_code == 405
