"""The form of an alert: what it offers and suggests, what it refuses and where, who may use it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from alerts import editing, states
from alerts.decision.backtest import replay
from alerts.evaluation import backtesting
from alerts.models import Alert
from alerts.pages.form.preview import outcome
from core.time_range.windows import floor
from signals_app.models import Signal
from teams.models import Project
from tests.alerts.owed import connected
from tests.alerts.watched import alert_of, began, count
from tests.fake_slack import FakeSlack, error
from tests.html import html_of
from tests.signals_app.labelled import new_agent, new_signal
from tests.traces.arrivals import member, new_project

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "alert-preview"}
Given = dict[str, Any]


@pytest.fixture
def outcomes(signal: Signal) -> Signal:
    return new_signal(signal.agent, "task_outcome", name="Task outcome")


def new(signal: Signal, rest: str = "") -> str:
    return f"/p/{signal.project.slug}/alerts/new/{rest}"


def create(signal: Signal) -> str:
    return f"/p/{signal.project.slug}/alerts/create/"


def filled(signal: Signal, **changes: Any) -> Given:
    """A sentence that is complete; None leaves a field out, as a browser does an empty box."""
    given: Given = {
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
    return {name: value for name, value in (given | changes).items() if value is not None}


def test_without_a_signal_it_asks_which(writer: Client, signal: Signal, outcomes: Signal) -> None:
    alert_of(signal)
    page = html_of(writer.get(new(signal)))
    assert f"?signal={signal.uuid}" in page
    assert "Share of “failed” up by 20 % over 24h" in page
    assert "1 alert already" in page


def test_the_form_begins_with_what_suggests_itself(writer: Client, outcomes: Signal) -> None:
    response = writer.get(new(outcomes), {"signal": str(outcomes.uuid)})
    form = response.context["form"]
    assert (form["metric"].value(), form["label"].value()) == ("value_share", "failed")
    assert (form["direction"].value(), form["threshold"].value()) == ("increases", "20")
    assert form["guard"].value() is True
    assert [value for value, _ in form.fields["metric"].choices] == [
        "value_share",
        "value_count",
        "label_volume",
    ]


def test_a_binary_signal_offers_no_label(writer: Client, signal: Signal) -> None:
    page = html_of(writer.get(new(signal), {"signal": str(signal.uuid)}))
    assert 'name="label"' not in page
    assert 'value="true_rate"' in page
    assert "value_share" not in page.partition("<form")[2].partition("</select>")[0]


def test_a_sentence_becomes_an_alert(writer: Client, signal: Signal) -> None:
    response = writer.post(create(signal), filled(signal, webhook_url="https://example.org/h"))
    alert = Alert.objects.get()
    assert response["Location"] == f"/p/{signal.project.slug}/alerts/{alert.uuid}/"
    assert (alert.metric, alert.comparison, alert.operator) == ("true_rate", "pct_change", "gte")
    assert (alert.threshold, alert.window, alert.cooldown_min) == (20.0, "1h", 60)
    assert (alert.guard, alert.min_labels, alert.name) == (True, 0, "More frustration")
    assert alert.created_by is not None
    assert set(alert.destinations.values_list("kind", flat=True)) == {"email", "webhook"}


@pytest.mark.parametrize(
    ("direction", "typed", "stored"),
    [
        pytest.param("increases", "20", ("pct_change", "gte", 20.0), id="a rise in percent"),
        pytest.param("decreases", "20", ("pct_change", "lte", -20.0), id="a fall without a sign"),
        pytest.param("above", "12.5", ("absolute", "gte", 0.125), id="a share in percent"),
        pytest.param("below", "5", ("absolute", "lte", 0.05), id="and under it"),
    ],
)
def test_what_is_typed_comes_back_as_it_was_typed(
    writer: Client, signal: Signal, direction: str, typed: str, stored: tuple[str, str, float]
) -> None:
    writer.post(create(signal), filled(signal, direction=direction, threshold=typed))
    alert = Alert.objects.get()
    assert (alert.comparison, alert.operator, alert.threshold) == stored
    edit = writer.get(f"/p/{signal.project.slug}/alerts/{alert.uuid}/edit/")
    form = edit.context["form"]
    assert (form["direction"].value(), form["threshold"].value()) == (direction, typed)


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"metric": "value_share"}, "metric", "Choose a metric it has."),
        ({"threshold": ""}, "threshold", "Say how much."),
        ({"threshold": "many"}, "threshold", "Give a number."),
        ({"threshold": "0"}, "threshold", "Give a percentage above 0."),
        ({"threshold": "-5"}, "threshold", "Give a percentage above 0."),
        ({"threshold": "nan"}, "threshold", "Give a number."),
        ({"direction": "decreases", "threshold": "101"}, "threshold", "Nothing falls by more"),
        ({"direction": "above", "threshold": "101"}, "threshold", "A share is never above 100 %."),
        ({"min_labels": "-1"}, "min_labels", "Between 0 and"),
        ({"min_labels": "some"}, "min_labels", "Give a whole number."),
        ({"window": "7m"}, "window", "Select a valid choice."),
        ({"webhook_url": "example.org"}, "webhook_url", "An address begins"),
        ({"days": "31"}, "days", "Between 1 and 30 days."),
        ({"name": "Taken"}, "name", "This signal has an alert of this name."),
    ],
)
def test_an_error_stands_at_its_field_and_nothing_typed_is_lost(
    writer: Client, signal: Signal, changes: Given, field: str, said: str
) -> None:
    alert_of(signal, name="Taken")
    given = filled(signal, **{"name": "Mine", "cooldown_min": "360", "min_labels": "12", **changes})
    response = writer.post(create(signal), given)
    assert response.status_code == 422
    form = response.context["form"]
    assert [sentence.startswith(said) for sentence in form.errors[field]] == [True]
    assert len(form.errors) == 1
    page = html_of(response)
    assert f'id="id_{field}_error"' in page
    for name in ("name", "min_labels", "webhook_url"):
        assert form[name].value() == given[name]
    assert '<option value="360" selected>' in page
    assert Alert.objects.count() == 1


def test_a_label_that_the_signal_has_not_is_refused(writer: Client, outcomes: Signal) -> None:
    given = filled(outcomes, metric="value_count", label="lost")
    response = writer.post(create(outcomes), given)
    assert response.context["form"].errors == {"label": ["Choose a label of the signal."]}


def test_a_name_that_was_only_suggested_follows_the_condition(
    writer: Client, signal: Signal
) -> None:
    suggested = "True rate up by 20 % over 1h"
    given = filled(signal, name=suggested, suggested=suggested, threshold="35")
    writer.post(create(signal), given)
    writer.post(create(signal), filled(signal, name="", threshold="40"))
    names = Alert.objects.order_by("pk").values_list("name", flat=True)
    assert list(names) == ["True rate up by 35 % over 1h", "True rate up by 40 % over 1h"]


def test_a_warning_is_no_error(writer: Client, signal: Signal) -> None:
    address = filled(signal, direction="decreases", guard=None)
    response = writer.get(new(signal), address)
    assert set(response.context["warnings"]) == {"direction", "guard"}
    page = html_of(response)
    assert "“true” is negative: this tells you of good news." in page
    assert writer.post(create(signal), address).status_code == 302


def test_where_there_is_nothing_to_guard_the_box_is_off_with_the_reason(
    writer: Client, signal: Signal
) -> None:
    response = writer.get(new(signal), filled(signal, metric="label_volume", direction="above"))
    page = html_of(response)
    assert "disabled" in page.partition('id="id_guard"')[2].partition(">")[0]
    assert "nothing to compare with" in page


def test_the_preview_is_the_backtest_of_the_same_counts(writer: Client, signal: Signal) -> None:
    with_a_past(signal)
    given = filled(signal, window="5m", threshold="50", guard=None, cooldown_min="360")
    response = writer.get(new(signal), given, headers=HTMX)
    assert response.status_code == 200
    assert "<html" not in html_of(response)
    preview, now = response.context["preview"], timezone.now()
    rule = response.context["rule"]
    done = backtesting.replay(signal, rule, now - timedelta(days=7), now, now)
    found = replay(rule, done.series, done.since, done.until, done.stretches)
    assert found.firings
    assert found.suppressed
    assert preview.outcome == outcome(found)
    fired = preview.chart["data"][-1]
    assert fired["name"] == "would have fired"
    assert len(fired["x"]) == len(found.firings)
    assert html_of(response).count(preview.outcome) == 1


def with_a_past(signal: Signal) -> None:
    """Ten quiet hours, of which every second one has a bad end."""
    now = timezone.now().replace(second=0, microsecond=0)
    began(signal, now - timedelta(days=3))
    minutes = [(now - timedelta(minutes=n), n) for n in range(20, 600)]
    bad = [(at, "true", 5 if n % 120 < 6 else 1) for at, n in minutes]
    count(signal, [*bad, *((at, "false", 9) for at, _n in minutes)])


def test_the_preview_says_what_the_guard_is_worth(writer: Client, signal: Signal) -> None:
    with_a_past(signal)
    page = html_of(writer.get(new(signal), filled(signal, window="5m"), headers=HTMX))
    assert "chance alone fires this" in page
    assert "a month without the guard" in page


def test_the_preview_of_a_signal_without_labels_says_so(writer: Client, signal: Signal) -> None:
    page = html_of(writer.get(new(signal), {"signal": str(signal.uuid)}))
    assert "No live label came in all that time" in page
    assert "Would not have fired." in page


def test_a_new_signal_shows_what_its_runs_found_and_says_so(writer: Client, signal: Signal) -> None:
    at = floor(timezone.now(), timedelta(minutes=1)) - timedelta(days=2)
    count(signal, [(at, "true", 30), (at, "false", 70)], source="run")
    begun = writer.get(new(signal), {"signal": str(signal.uuid)})
    assert begun.context["form"].counts_runs
    assert begun.context["preview"].chart is not None
    words = html_of(begun)
    assert "On live labels and on 100 of manual runs in 7 days" in words
    assert "An alert itself looks at live labels alone." in words


def test_runs_count_in_a_preview_only_where_that_is_asked(writer: Client, signal: Signal) -> None:
    at = floor(timezone.now(), timedelta(minutes=1)) - timedelta(days=2)
    count(signal, [(at, "true", 30), (at, "false", 70)], source="run")
    above = {"direction": "above", "threshold": "10", "cooldown_min": "0", "guard": None}
    without = writer.get(new(signal), filled(signal, **above)).context["preview"]
    assert (without.with_runs, without.chart) == (False, None)
    with_runs = writer.get(new(signal), filled(signal, **above, with_runs="on"))
    assert with_runs.context["preview"].outcome == "Would have fired once."


def test_an_older_signal_shows_its_live_labels_alone(writer: Client, signal: Signal) -> None:
    now = timezone.now()
    began(signal, now - timedelta(days=20))
    count(signal, [(now - timedelta(days=2), "true", 30)], source="run")
    assert not writer.get(new(signal), {"signal": str(signal.uuid)}).context["form"].counts_runs


def test_a_bad_sentence_has_no_preview_but_its_errors(writer: Client, signal: Signal) -> None:
    response = writer.get(new(signal), filled(signal, threshold=""), headers=HTMX)
    page = html_of(response)
    assert response.context.get("preview") is None
    assert "Mend what is marked" in page
    noted = page.partition('id="note-threshold"')[2].partition('id="note-window"')[0]
    assert "Say how much." in noted
    assert 'hx-swap-oob="true"' in noted


def test_without_scripts_the_preview_is_a_page_that_saves_nothing(
    writer: Client, signal: Signal
) -> None:
    given = filled(signal, threshold="33", name="Mine")
    response = writer.post(new(signal, "preview/"), given)
    assert response.status_code == 200
    assert response.context["form"]["threshold"].value() == "33"
    assert response.context["preview"].outcome
    assert writer.post(new(signal, "preview/"), filled(signal, threshold="x")).status_code == 422
    assert not Alert.objects.exists()


def test_an_edit_changes_what_was_changed(writer: Client, signal: Signal) -> None:
    writer.post(create(signal), filled(signal, webhook_url="https://example.org/h"))
    alert = Alert.objects.get()
    address = f"/p/{signal.project.slug}/alerts/{alert.uuid}/edit/"
    assert writer.get(address).context["form"]["webhook_url"].value() == "https://example.org/h"
    given = filled(signal, threshold="30", email=None, webhook_url="https://example.org/h")
    assert writer.post(f"{address}save/", given).status_code == 302
    alert.refresh_from_db()
    assert alert.threshold == 30.0
    assert set(alert.destinations.values_list("kind", flat=True)) == {"webhook"}
    assert writer.post(f"{address}save/", filled(signal, threshold="")).status_code == 422
    assert writer.post(f"{address}preview/", filled(signal, threshold="1")).status_code == 200


def test_of_two_editors_the_second_is_told_and_may_save_all_the_same(
    writer: Client, signal: Signal
) -> None:
    writer.post(create(signal), filled(signal))
    alert = Alert.objects.get()
    edit = f"/p/{signal.project.slug}/alerts/{alert.uuid}/edit/"
    begun = writer.get(edit).context["form"].begun_from
    assert f'name="based_on" value="{begun}"' in html_of(writer.get(edit))
    first = filled(signal, threshold="30", based_on=begun)
    assert writer.post(f"{edit}save/", first).status_code == 302
    second = writer.post(f"{edit}save/", filled(signal, threshold="40", based_on=begun))
    assert second.status_code == 422
    assert "somebody saved this alert after you had opened" in html_of(second)
    assert second.context["form"]["threshold"].value() == "40"
    seen = second.context["form"].begun_from
    assert (
        writer.post(f"{edit}save/", filled(signal, threshold="40", based_on=seen)).status_code
        == 302
    )
    alert.refresh_from_db()
    assert alert.threshold == 40.0


def test_an_archived_alert_is_not_edited(writer: Client, signal: Signal) -> None:
    alert = alert_of(signal)
    states.archive(alert)
    address = f"/p/{signal.project.slug}/alerts/{alert.uuid}/edit/save/"
    response = writer.post(address, filled(signal))
    assert response.status_code == 422
    assert "Restore the alert first." in html_of(response)


def test_another_like_this_begins_as_the_first_but_for_its_name(
    writer: Client, signal: Signal
) -> None:
    writer.post(create(signal), filled(signal, threshold="44", window="3h", email=None))
    first = Alert.objects.get()
    form = writer.get(new(signal), {"like": str(first.uuid)}).context["form"]
    assert (form["threshold"].value(), form["window"].value()) == ("44", "3h")
    assert form["name"].value() == "More frustration copy"
    assert form["email"].value() is False
    assert form.alert.pk is None


def test_of_two_people_who_take_one_name_the_second_is_told(
    writer: Client, signal: Signal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the check and the insert of the second, the first one's alert came."""
    alert_of(signal, name="More frustration")
    monkeypatch.setattr(editing, "error_of_name", lambda alert, name: "")
    response = writer.post(create(signal), filled(signal))
    assert response.status_code == 422
    assert response.context["form"].errors == {"name": [editing.TAKEN]}


def test_who_is_told_says_how_many(writer: Client, signal: Signal, project: Project) -> None:
    member(project, "viewer", "bob@example.org")
    page = html_of(writer.get(new(signal), {"signal": str(signal.uuid)}))
    assert "2 members" in page


def test_without_a_mail_server_the_form_says_so(
    writer: Client, signal: Signal, settings: Any
) -> None:
    form = {"signal": str(signal.uuid)}
    assert "No mail server" not in html_of(writer.get(new(signal), form))
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert "No mail server is set" in html_of(writer.get(new(signal), form))


@pytest.fixture
def slack(settings: Any, project: Project) -> Iterator[FakeSlack]:
    """Connected, with the channels support, alerts, general and secret."""
    cache.clear()
    connected(project.team)
    with FakeSlack() as server:
        server.use(settings)
        yield server


def test_without_slack_the_form_says_how_to_connect_it(writer: Client, signal: Signal) -> None:
    page = html_of(writer.get(new(signal), {"signal": str(signal.uuid)}))
    assert f'href="/p/{signal.project.slug}/settings/slack/"' in page
    assert 'name="slack_channel"' not in page


def test_a_slack_channel_is_chosen_from_those_that_the_bot_sees(
    writer: Client, signal: Signal, slack: FakeSlack
) -> None:
    page = html_of(writer.get(new(signal), {"signal": str(signal.uuid)}))
    assert '<option value="C1">#support</option>' in page
    writer.post(create(signal), filled(signal, slack_channel="C1"))
    told = Alert.objects.get().destinations.get(kind="slack")
    assert (told.address, told.address_name) == ("C1", "#support")
    wrong = writer.post(create(signal), filled(signal, name="B", slack_channel="C9"))
    assert wrong.status_code == 422
    assert "Choose a channel that the bot can see." in html_of(wrong)


def test_a_chosen_channel_stays_while_slack_does_not_answer(
    writer: Client, signal: Signal, slack: FakeSlack
) -> None:
    writer.post(create(signal), filled(signal, slack_channel="C1"))
    alert = Alert.objects.get()
    cache.clear()
    slack.says["conversations.list"] = error("internal_error")
    edit = f"/p/{signal.project.slug}/alerts/{alert.uuid}/edit/"
    response = writer.get(edit)
    assert '<option value="C1" selected>#support</option>' in html_of(response)
    assert response.context["telling"].trouble
    writer.post(f"{edit}save/", filled(signal, name="New", slack_channel="C1"))
    alert.refresh_from_db()
    told = alert.destinations.get(kind="slack")
    assert (alert.name, told.address_name) == ("New", "#support")


def test_tuning_does_not_ask_slack(writer: Client, signal: Signal, slack: FakeSlack) -> None:
    writer.get(new(signal), filled(signal), headers=HTMX)
    assert slack.requests == []


def test_who_may_not_change_may_not_open_the_form(client: Client, signal: Signal) -> None:
    alert = alert_of(signal)
    client.force_login(member(signal.project, "viewer"))
    edit = f"/p/{signal.project.slug}/alerts/{alert.uuid}/edit/"
    for address in (new(signal), edit):
        assert client.get(address).status_code == 403
    posts = (create(signal), new(signal, "preview/"), f"{edit}save/", f"{edit}preview/")
    for address in posts:
        assert client.post(address, filled(signal)).status_code == 403
    assert Alert.objects.count() == 1


def test_a_signal_of_another_project_cannot_be_watched(writer: Client, signal: Signal) -> None:
    foreign = new_signal(new_agent(new_project("Others")))
    assert writer.get(new(signal), {"signal": str(foreign.uuid)}).status_code == 404
    assert writer.get(new(signal), {"signal": "nonsense"}).status_code == 404
    assert writer.get(new(signal), {"like": str(alert_of(foreign).uuid)}).status_code == 404
    assert writer.post(create(signal), filled(foreign)).status_code == 422
    assert writer.post(create(foreign), filled(foreign)).status_code == 404
    assert not Alert.objects.filter(project=signal.project).exists()


def test_each_address_has_its_method(writer: Client, signal: Signal) -> None:
    alert = alert_of(signal)
    edit = f"/p/{signal.project.slug}/alerts/{alert.uuid}/edit/"
    for address in (create(signal), new(signal, "preview/"), f"{edit}save/", f"{edit}preview/"):
        assert writer.get(address).status_code == 405
    for address in (new(signal), edit):
        assert writer.post(address).status_code == 405


def test_a_new_alert_whose_address_names_a_saving_is_a_page_all_the_same(
    writer: Client, signal: Signal
) -> None:
    """There is no earlier saving to look at."""
    given = filled(signal, based_on="nonsense")
    assert writer.get(new(signal), given).status_code == 200
    assert writer.post(create(signal), given).status_code == 302
    assert Alert.objects.get().name == "More frustration"
