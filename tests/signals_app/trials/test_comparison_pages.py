"""The pages of a comparison: what is chosen, what it may cost, what came of it, who may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from signals_app.models import Classification, JudgeJob, LabelCount, Signal, Trial
from signals_app.trials import comparisons, trials
from teams.models import Project
from tests.html import html_of
from tests.signals_app.labelled import label, new_signal
from tests.signals_app.pages.test_versions_page import next_version
from tests.signals_app.trials.test_trial_pages import judged, of_trial, tried
from tests.traces.arrivals import arrive, member, new_project, turn
from traces.models import Agent

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
CHOSEN = {"before": "1", "after": "2", "count": "20", "range": "7d"}
OTHER_LABELS = [
    {"name": "true", "sentiment": "positive", "meaning": ""},
    {"name": "perhaps", "sentiment": "neutral", "meaning": ""},
]


@pytest.fixture
def project() -> Project:
    project = new_project()
    arrive(project, *(span for n in range(4) for span in turn(f"t{n}", said=f"Question {n}")))
    return project


@pytest.fixture
def signal(project: Project) -> Signal:
    signal = new_signal(Agent.objects.get(project=project))
    next_version(signal, prompt="Strictly?")
    return signal


def compared(signal: Signal, most: int = 20) -> Trial:
    now, newest = timezone.now(), list(signal.versions.order_by("-number")[:2])
    pair = (newest[-1], newest[0])
    return comparisons.start(signal, *pair, now - timedelta(days=1), now, most, None, now)


def answered(after: Trial, before: list[str | None], now: list[str | None]) -> Trial:
    assert after.before is not None
    judged(after.before, *before)
    return judged(after, *now)


def url_of(signal: Signal, path: str = "compare/") -> str:
    return f"/p/{signal.project.slug}/signals/{signal.uuid}/{path}"


def page_of(after: Trial, path: str = "") -> str:
    return f"/p/{after.project.slug}/signals/comparisons/{after.uuid}/{path}"


def words(response: Any) -> str:
    return " ".join(html_of(response).split())


# What is chosen


def test_the_live_version_and_the_one_before_it_on_twenty_of_seven_days(
    writer: Client, signal: Signal
) -> None:
    next_version(signal, prompt="Otherwise?")
    page = writer.get(url_of(signal))
    assert (page.context["before"].number, page.context["after"].number) == (2, 3)
    assert page.context["targets"].cleaned_data["count"] == 20
    assert page.context["targets"].cleaned_data["range"] == "7d"
    assert "Compare on 4 traces" in words(page)


def test_the_address_holds_what_was_chosen(writer: Client, signal: Signal) -> None:
    page = writer.get(url_of(signal, "compare/?before=2&after=1&count=3&range=24h"))
    assert (page.context["before"].number, page.context["after"].number) == (2, 1)
    assert page.context["answers"] == 6
    assert "Compare on 3 traces" in words(page)


def test_it_says_what_it_may_cost_before_it_starts(
    writer: Client, signal: Signal, settings: Any
) -> None:
    settings.JUDGE_API_KEY = "key"
    settings.JUDGE_PRICE_INPUT_USD, settings.JUDGE_PRICE_OUTPUT_USD = 2.0, 10.0
    label(signal, "true", 4, input_tokens=1000, output_tokens=50)
    estimate = writer.get(url_of(signal)).context["estimate"]
    assert estimate.tokens == 8 * 1050
    assert estimate.cost_usd == pytest.approx(8 * (1000 * 2 + 50 * 10) / 1e6)


def test_it_says_what_differs_and_that_the_rate_does_not_matter(
    writer: Client, signal: Signal
) -> None:
    next_version(signal, sample_rate=0.01)
    assert "Strictly?" in words(writer.get(url_of(signal, "compare/?before=1&after=2")))
    assert "Both ask the judge the same." in words(writer.get(url_of(signal)))


def test_a_signal_of_one_version_says_so(writer: Client, project: Project) -> None:
    alone = new_signal(Agent.objects.get(project=project), "nsfw")
    page = writer.get(url_of(alone))
    assert "This signal has one version." in words(page)
    assert (page.context["before"].number, page.context["after"].number) == (1, 1)


def test_htmx_gets_what_is_said_before_alone(writer: Client, signal: Signal) -> None:
    headers = {"HX-Request": "true", "HX-Target": "compare-preview"}
    part = words(writer.get(url_of(signal, "compare/?count=0"), headers=headers))
    assert 'id="compare-preview"' in part
    assert "<html" not in part
    assert "Choose 1 to 100 targets." in part


# Starting


def test_it_is_started_and_has_a_page(writer: Client, signal: Signal) -> None:
    response = writer.post(url_of(signal, "compare/start/"), CHOSEN)
    after = Trial.objects.get(before__isnull=False)
    assert response["Location"] == page_of(after)
    assert after.before is not None
    assert after.before.version is not None
    assert after.version is not None
    assert (after.before.version.number, after.version.number) == (1, 2)
    assert JudgeJob.objects.count() == 8


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"before": "9"}, "9 is not one of the available choices"),
        ({"after": "x"}, "x is not one of the available choices"),
        ({"count": "0"}, "Choose 1 to 100 targets."),
        ({"count": "101"}, "Choose 1 to 100 targets."),
        ({"range": "custom"}, "Say when the range begins."),
        (
            {"range": "custom", "since": "2020-01-01T00:00", "until": "2020-01-02T00:00"},
            "has no finished traces in this range",
        ),
    ],
)
def test_bad_input_is_said_and_nothing_begins(
    writer: Client, signal: Signal, sent: dict[str, str], said: str
) -> None:
    response = writer.post(url_of(signal, "compare/start/"), CHOSEN | sent)
    assert response.status_code == 422
    assert said in words(response)
    assert not Trial.objects.exists()
    assert writer.get(url_of(signal), sent).status_code == 200


def test_a_project_that_tries_much_already_is_told_so(writer: Client, signal: Signal) -> None:
    for _ in range(trials.MOST_RUNNING):
        tried(signal)
    response = writer.post(url_of(signal, "compare/start/"), CHOSEN)
    assert response.status_code == 422
    assert "there is room for 0" in words(response)


# What came of it


def test_agreement_is_over_the_targets_that_both_labelled(writer: Client, signal: Signal) -> None:
    before: list[str | None] = ["true", "true", None, "false"]
    after = answered(compared(signal), before, ["true", "false", "true", "false"])
    page = writer.get(page_of(after))
    found = page.context["comparison"]
    assert (found.agreed, found.both) == (2, 3)
    assert [(m.before, m.after, m.n) for m in found.moves] == [("true", "false", 1)]
    assert found.counts == {"flips": 1, "unpaired": 1, "all": 4}
    assert '<dd class="few">2 of 3</dd>' in words(page)
    assert "66.7 % of 3, few" in words(page)
    assert not Classification.objects.exists()
    assert not LabelCount.objects.exists()


def test_flips_come_with_both_explanations_and_the_way_to_the_conversation(
    writer: Client, project: Project, signal: Signal
) -> None:
    after = answered(compared(signal), ["true"] * 4, ["true", "false", "true", "true"])
    assert after.before is not None
    after.before.results.filter(position=1).update(explanation="It repeats itself.")
    after.results.filter(position=1).update(explanation="It says thanks.")
    page = writer.get(page_of(after))
    (row,) = page.context["comparison"].rows
    assert row.url == f"/p/{project.slug}/traces/{row.result.target.hex}/"
    text = words(page)
    assert text.index("It repeats itself.") < text.index("It says thanks.")
    assert "Because 0." not in text, "what did not flip is left out"


@pytest.mark.parametrize(("show", "rows"), [("all", 4), ("unpaired", 1), ("flips", 1), ("x", 1)])
def test_other_rows_are_a_link_away(writer: Client, signal: Signal, show: str, rows: int) -> None:
    before: list[str | None] = ["true", "true", None, "false"]
    after = answered(compared(signal), before, ["true", "false", "true", "false"])
    page = writer.get(page_of(after, f"?show={show}"))
    assert len(page.context["comparison"].rows) == rows
    assert 'show=all#rows"' in words(page)


def test_labels_that_only_one_version_has_are_named(writer: Client, signal: Signal) -> None:
    next_version(signal, type="string", labels=OTHER_LABELS)
    after = answered(compared(signal), ["true", "false"], ["true", "perhaps"])
    page = writer.get(page_of(after))
    text = words(page)
    assert "The two do not answer with the same labels." in text
    assert "Only version 2 knows “false”." in text
    assert "Only version 3 knows “perhaps”." in text
    found = page.context["comparison"]
    assert (found.agreed, found.both) == (1, 2)


def test_tokens_and_cost_of_each_version_stand_beside_each_other(
    writer: Client, signal: Signal, settings: Any
) -> None:
    settings.JUDGE_API_KEY = "key"
    settings.JUDGE_PRICE_INPUT_USD = 1
    after = answered(compared(signal), ["true"] * 4, ["true"] * 4)
    assert after.before is not None
    after.before.results.update(input_tokens=100, output_tokens=10, cost_usd=0.01)
    after.results.update(input_tokens=300, output_tokens=20, cost_usd=0.05)
    page = words(writer.get(page_of(after)))
    for said in ("400 in", "40 out", "$0.04", "1,200 in", "80 out", "$0.2"):
        assert said in page
    assert "No cost" not in page


@pytest.mark.parametrize(
    ("key", "said"),
    [("", "the built-in judge uses no tokens"), ("key", "JUDGE_PRICE_INPUT_USD and")],
)
def test_an_unknown_cost_is_a_dash_with_its_reason(
    writer: Client, signal: Signal, settings: Any, key: str, said: str
) -> None:
    settings.JUDGE_API_KEY = key
    after = answered(compared(signal), ["true"] * 4, ["true"] * 4)
    if key:
        after.results.update(input_tokens=300, output_tokens=20)
    page = words(writer.get(page_of(after)))
    assert f"unknown: {said}" in page


def test_it_looks_again_by_itself_while_it_goes_on_and_keeps_what_is_shown(
    writer: Client, signal: Signal
) -> None:
    after = compared(signal)
    headers = {"HX-Request": "true", "HX-Target": "comparison"}
    assert after.before is not None
    judged(after.before, "true", "true", "true", "true")
    part = words(writer.get(page_of(after, "?show=all"), headers=headers))
    assert part.startswith('<section id="comparison"')
    assert f'hx-get="{page_of(after)}?show=all" hx-trigger="every 1s"' in part
    assert "4 of 8 judged" in part
    judged(after, "true", "true", "true", "true")
    part = words(writer.get(page_of(after), headers=headers))
    assert "hx-trigger" not in part
    assert "No flips: both gave the same label to all 4." in part


def test_it_is_cancelled(writer: Client, signal: Signal) -> None:
    after = compared(signal)
    assert "Cancel comparison" in words(writer.get(page_of(after)))
    page = words(writer.post(page_of(after, "cancel/"), follow=True))
    assert "0 of 8 judged, then cancelled" in page
    assert not JudgeJob.objects.exists()


def test_a_version_that_its_judge_stopped_says_why(writer: Client, signal: Signal) -> None:
    after = compared(signal)
    Trial.objects.filter(pk=after.pk).update(state="stopped", stopped_reason="401: refused.")
    assert "The judge stopped version 2.</strong> 401: refused." in words(
        writer.get(page_of(after))
    )


def test_words_of_the_traffic_and_of_the_judge_are_escaped(writer: Client, signal: Signal) -> None:
    after = answered(compared(signal), ["true"] * 4, ["false"] * 4)
    after.results.update(explanation="<script>alert(1)</script>")
    assert "<script>alert" not in html_of(writer.get(page_of(after)))


def test_any_trial_tried_again_stands_beside_the_one_before_it(
    writer: Client, signal: Signal
) -> None:
    first = judged(tried(signal), "true", "true", "true", "true")
    assert writer.get(page_of(first)).status_code == 404, "there is nothing beside it"
    writer.post(of_trial(first, "again"), {"prompt": "Is it really so?"})
    after = judged(Trial.objects.get(before=first), "false", "true", "true", "true")
    assert page_of(after) in words(writer.get(of_trial(after)))
    assert "Version 2 and unsaved question" in words(writer.get(page_of(after)))


def test_the_versions_tab_leads_there_and_lists_what_was_compared(
    writer: Client, signal: Signal
) -> None:
    after = compared(signal)
    page = words(writer.get(url_of(signal, "versions/")))
    assert f'href="{url_of(signal)}"' in page
    assert f'href="{url_of(signal)}?before=1&amp;after=2"' in page
    assert f'<a href="{page_of(after)}">Versions 1 and 2</a>' in page


def test_more_targets_cost_no_more_queries(writer: Client, signal: Signal) -> None:
    def queries(most: int) -> int:
        after = answered(compared(signal, most), ["true"] * most, ["false"] * most)
        with CaptureQueriesContext(connection) as captured:
            writer.get(page_of(after))
        return len(captured)

    queries(1)  # the first page that is opened is remembered
    assert queries(1) == queries(4) <= 13


# Who may


def test_a_reader_looks_and_starts_nothing(client: Client, signal: Signal) -> None:
    after = compared(signal)
    client.force_login(member(signal.project, "viewer"))
    page = client.get(page_of(after))
    assert page.status_code == 200
    assert "Cancel comparison" not in words(page)
    assert "Compare two versions" not in words(client.get(url_of(signal, "versions/")))
    assert client.get(url_of(signal)).status_code == 403
    assert client.post(url_of(signal, "compare/start/"), CHOSEN).status_code == 403
    assert client.post(page_of(after, "cancel/")).status_code == 403
    after.refresh_from_db()
    assert after.is_running


def test_a_stranger_finds_nothing(client: Client, signal: Signal) -> None:
    after, theirs = compared(signal), new_project("Theirs")
    client.force_login(member(theirs))
    assert client.get(page_of(after)).status_code == 404
    assert client.get(url_of(signal)).status_code == 404
    assert client.post(url_of(signal, "compare/start/"), CHOSEN).status_code == 404
    assert client.post(page_of(after, "cancel/")).status_code == 404
    mine = f"/p/{theirs.slug}/signals/comparisons/{after.uuid}/"
    assert client.get(mine).status_code == 404


def test_a_version_of_another_signal_cannot_be_chosen(
    writer: Client, project: Project, signal: Signal
) -> None:
    other = new_signal(Agent.objects.get(project=project), "nsfw")
    response = writer.post(url_of(other, "compare/start/"), CHOSEN)  # it has one version only
    assert response.status_code == 422
    assert not Trial.objects.exists()


def test_pages_are_read_and_verbs_are_posted(writer: Client, signal: Signal) -> None:
    after = compared(signal)
    assert writer.post(page_of(after)).status_code == 405
    assert writer.post(url_of(signal)).status_code == 405
    assert writer.get(url_of(signal, "compare/start/")).status_code == 405
    assert writer.get(page_of(after, "cancel/")).status_code == 405
