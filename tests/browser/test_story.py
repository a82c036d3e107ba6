"""One story in a real Chromium, over the real server, worker and OTLP door: from an idea to a
metric that one trusts. Only the judge is a fake."""

from __future__ import annotations

import json
import re
import secrets
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from signals_app.definition.starters import TEMPLATES, Template
from signals_app.models import Signal
from teams.models import ApiKey, Project
from tests.entering import enter
from tests.fake_judge import Answer, FakeJudge, Request, verdict
from tests.server import WebServer, Worker, wait_until
from tests.traces.arrivals import member, new_project
from tests.traces.otlp_requests import json_request, json_span, pairs
from traces.models import Trace

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

PAST = 8
SLOW_MS = 60_000
COMPLAINT = "This is useless, you are not listening."


def frustrated(request: Request) -> Answer:
    """A judge that reads the user's words."""
    if COMPLAINT in str(request.body["messages"]):
        return verdict("true", "The user calls it useless.")
    return verdict("false", "A calm question.")


@pytest.fixture
def judge() -> Iterator[FakeJudge]:
    with FakeJudge(frustrated, latency_s=0.3) as judge:
        yield judge


@pytest.fixture
def environment(judge: FakeJudge) -> dict[str, str]:
    return {
        "JUDGE_BASE_URL": judge.url,
        "JUDGE_API_KEY": "key-of-the-judge",
        "JUDGE_MODEL": "model-1",
        "JUDGE_CONCURRENCY": "2",
        "JUDGE_PUMPS": "1",
        "TRACE_QUIET_S": "1",
    }


@pytest.fixture
def server(database_url: str, environment: dict[str, str]) -> Iterator[WebServer]:
    with WebServer(database_url, environment=environment) as server:
        yield server


@pytest.fixture
def project(database_url: str) -> Project:
    project = new_project()
    member(project)
    return project


@pytest.fixture
def tab(server: WebServer, project: Project, page: Page) -> Iterator[Page]:
    """Signed in; fails the test on any error in the console: the CSP reports there too."""
    troubles: list[str] = []
    page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    enter(page, server.url, project.team.members.get())
    yield page
    assert troubles == []


class App:
    """An agent that somebody runs somewhere, and that sends what it does by OTLP."""

    def __init__(self, server: WebServer, project: Project) -> None:
        self.url = f"{server.url}/v1/traces"
        self.key = ApiKey.objects.issue(project, "the app")[1]

    def answers(self, asked: str, session: str, at: datetime | None = None) -> None:
        """One turn of a conversation: a model call, which took a second."""
        begun = (at or timezone.now()) - timedelta(seconds=1)
        body = json.dumps(json_request(self._span(asked, session, begun))).encode()
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(self.url, body, headers)) as answer:
            assert answer.status == 200

    def _span(self, asked: str, session: str, begun: datetime) -> dict[str, Any]:
        start_ns = int(begun.timestamp() * 1e9)
        return json_span(
            traceId=secrets.token_hex(16),
            spanId=secrets.token_hex(8),
            startTimeUnixNano=str(start_ns),
            endTimeUnixNano=str(start_ns + 1_000_000_000),
            attributes=pairs(
                {
                    "gen_ai.operation.name": "chat",
                    "gen_ai.agent.name": "support",
                    "gen_ai.conversation.id": session,
                    "gen_ai.input.messages": said("user", asked),
                    "gen_ai.output.messages": said("assistant", "It arrives tomorrow."),
                }
            ),
        )


def said(role: str, text: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


@pytest.fixture
def app(server: WebServer, project: Project) -> App:
    return App(server, project)


def labels_in(form: Locator) -> list[tuple[str, str, str]]:
    """(name, sentiment, meaning) of the rows that stand there."""
    rows = form.locator("[data-label-row]:visible").all()
    return [
        (
            row.get_by_label(re.compile("^Name of")).input_value(),
            row.get_by_label(re.compile("^Sentiment of")).input_value(),
            row.get_by_label(re.compile("^When label")).input_value(),
        )
        for row in rows
    ]


def expect_prefilled(form: Locator, template: Template) -> None:
    """The type, the question, the labels with their sentiments and meanings, scope and name."""
    expect(form.locator(f"[name=type][value={template.type}]")).to_be_checked()
    expect(form.get_by_label("Question to the judge")).to_have_value(template.prompt)
    expect(form.locator(f"[name=scope][value={template.scope}]")).to_be_checked()
    expect(form.get_by_label("Name", exact=True)).to_have_value(template.name)
    wanted = [(label["name"], label["sentiment"], label["meaning"]) for label in template.labels]
    if template.type == "string":
        assert labels_in(form) == wanted
        return
    (_true, sentiment, meaning), (_false, _opposite, other) = wanted
    expect(form.locator(f"[name=sentiment][value={sentiment}]")).to_be_checked()
    expect(form.get_by_label("When it is true")).to_have_value(meaning)
    expect(form.get_by_label("When it is false")).to_have_value(other)


def test_a_signal_can_be_made_from_each_template_and_from_scratch(
    tab: Page, project: Project, app: App, database_url: str, environment: dict[str, str]
) -> None:
    app.answers("Where is my order?", "chat-1")
    with Worker(database_url, environment):
        expect(tab.get_by_text("Traffic arrives")).to_be_visible(timeout=SLOW_MS)
    form = tab.locator("#create")
    for template in TEMPLATES:
        tab.goto(f"{app.url.removesuffix('/v1/traces')}/p/{project.slug}/signals/")
        tab.get_by_role("link", name="Create signal").first.click()
        tab.get_by_role("navigation", name="Start from").get_by_text(template.name).click()
        expect_prefilled(form, template)
        form.get_by_role("button", name="Save as draft").click()
        expect(tab.get_by_role("heading", name=template.name)).to_contain_text("Draft")

    tab.goto(f"{app.url.removesuffix('/v1/traces')}/p/{project.slug}/signals/new/")
    expect(form.get_by_label("Question to the judge")).to_have_value("")
    form.get_by_label("Each trace").check()
    form.get_by_label("Question to the judge").fill("Which language does the user write?")
    form.locator("[name=type][value=string]").check()
    form.get_by_label("Name of label 1", exact=True).fill("English")
    form.get_by_label("Sentiment of label 1", exact=True).select_option("positive")
    form.get_by_label("Name of label 2").fill("another")
    form.get_by_label("Name", exact=True).fill("Language")
    form.get_by_role("button", name="Create and activate").click()
    expect(tab.get_by_role("heading", name="Language")).to_contain_text("Active")

    made = {signal.name: signal for signal in Signal.objects.all()}
    assert made.keys() == {template.name for template in TEMPLATES} | {"Language"}
    for template in TEMPLATES:
        version = made[template.name].versions.get()
        assert (version.type, version.prompt) == (template.type, template.prompt)
        assert version.labels == [dict(label) for label in template.labels]
    assert made["Language"].versions.get().label_names == ["English", "another"]


def test_from_an_idea_to_a_metric_that_one_trusts(
    tab: Page,
    project: Project,
    app: App,
    judge: FakeJudge,
    database_url: str,
    environment: dict[str, str],
) -> None:
    with Worker(database_url, environment):
        traffic_of_the_past_arrives(tab, app)
        a_signal_is_drafted(tab)
        it_is_tested_on_recent_traffic(tab)
        it_is_activated(tab)
        a_live_label_arrives_without_a_reload(tab, app)
        a_run_judges_the_past(tab, judge)
        its_labels_stand_at_the_time_of_their_traffic(tab)
        an_edit_makes_version_2(tab)
        traces_are_found_by_their_label(tab)
        the_session_behind_has_the_label_at_its_turn(tab)
    assert len(judge.requests) == PAST + 1 + PAST  # the test, the live label, the run


def traffic_of_the_past_arrives(tab: Page, app: App) -> None:
    expect(tab.get_by_text("No traces yet")).to_be_visible()
    then = timezone.now() - timedelta(hours=5)
    for number in range(PAST):
        app.answers(f"Where is order {number}?", f"past-{number}", then)
    expect(tab.get_by_text("Traffic arrives")).to_be_visible(timeout=SLOW_MS)
    settled = Trace.objects.filter(settled_at__isnull=False)
    wait_until(lambda: settled.count() == PAST, 60, "what has arrived has settled")


def a_signal_is_drafted(tab: Page) -> None:
    tab.get_by_role("main").get_by_role("link", name="Create signal").last.click()
    tab.get_by_role("link", name="User frustration").click()
    tab.get_by_label("Each trace").check()
    tab.get_by_role("button", name="100 %").click()
    tab.get_by_role("button", name="Save as draft").click()
    expect(tab.get_by_role("heading", name="User frustration")).to_contain_text("Draft")


def it_is_tested_on_recent_traffic(tab: Page) -> None:
    tab.wait_for_load_state()  # until then "Test" leads to a page of its own
    tab.get_by_role("link", name="Test", exact=True).click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_role("button", name="Test", exact=True).click()
    expect(dialog.get_by_text(f"{PAST} of {PAST} judged")).to_be_visible(timeout=SLOW_MS)
    expect(dialog.get_by_text("A calm question.")).to_have_count(PAST)
    dialog.get_by_role("button", name="Close").click()
    expect(tab.locator("#tiles")).to_contain_text("no labels in this range")


def it_is_activated(tab: Page) -> None:
    tab.get_by_role("button", name="Activate signal").click()
    expect(tab.get_by_role("heading", name="User frustration")).to_contain_text("Active")


def a_live_label_arrives_without_a_reload(tab: Page, app: App) -> None:
    tab.evaluate("window.untouched = true")
    app.answers(COMPLAINT, "angry-1")
    rows = tab.locator("#labels tbody tr")
    expect(rows).to_have_count(1, timeout=SLOW_MS)
    expect(rows).to_contain_text("The user calls it useless.")
    expect(rows).to_contain_text("Live")
    expect(tab.locator("#tiles")).to_contain_text("100 % of 1")
    expect(tab.locator("[data-chart=over-time] .bars .point").first).to_be_attached()
    assert drawn(tab) == {"true": 1, "false": 0}
    assert tab.evaluate("window.untouched") is True


def a_run_judges_the_past(tab: Page, judge: FakeJudge) -> None:
    judge.latency_s = 1.5  # so that one sees it move
    tab.get_by_role("link", name="Run over past traffic").click()
    since = timezone.localtime() - timedelta(hours=12)
    tab.get_by_label("From").fill(since.strftime("%Y-%m-%dT%H:%M"))
    tab.get_by_role("button", name=f"Judge {PAST} traces").click()
    expect(tab.get_by_role("button", name="Cancel run")).to_be_visible()
    tab.evaluate("window.untouched = true")
    under_way = tab.get_by_text(re.compile(rf"^[1-{PAST - 1}] of {PAST} judged"))
    expect(under_way).to_be_visible(timeout=SLOW_MS)
    expect(tab.get_by_role("heading", name="Done")).to_be_visible(timeout=SLOW_MS)
    expect(tab.get_by_text(f"{PAST} of {PAST} judged (100 %)")).to_be_visible()
    assert tab.evaluate("window.untouched") is True


def its_labels_stand_at_the_time_of_their_traffic(tab: Page) -> None:
    tab.get_by_role("link", name="See them in the signal").click()
    expect(tab.locator("#labels tbody tr")).to_have_count(PAST)
    tab.get_by_role("link", name="24h").click()
    assert drawn(tab) == {"true": 1, "false": PAST}
    hours = bars_of(tab, "false")
    assert len(hours) == 1
    assert timedelta(hours=4) < timezone.localtime().replace(tzinfo=None) - hours[0]


def drawn(tab: Page) -> dict[str, int]:
    """By label: how many the figure over time shows."""
    expect(tab.locator("[data-chart=over-time] .bars .point").first).to_be_attached()
    script = "place => place.data.map(t => [t.name, t.y.reduce((sum, n) => sum + n, 0)])"
    return dict(tab.locator("[data-chart=over-time]").evaluate(script))


def bars_of(tab: Page, label: str) -> list[datetime]:
    """Where its bars begin, in the viewer's time."""
    script = """(place, label) => {
        const bars = place.data.find(t => t.name === label);
        return bars.x.filter((_, index) => bars.y[index] > 0);
    }"""
    found = tab.locator("[data-chart=over-time]").evaluate(script, label)
    return [datetime.fromisoformat(each) for each in found]


def an_edit_makes_version_2(tab: Page) -> None:
    tab.get_by_role("link", name="Edit").click()
    question = tab.get_by_label("Question to the judge")
    question.fill(question.input_value() + "\nSarcasm is frustration too.")
    tab.get_by_role("button", name="Save").click()
    expect(tab.get_by_text("Version 2 is live.")).to_be_visible()
    expect(tab.locator("#tiles")).to_contain_text("Live version 2")


def traces_are_found_by_their_label(tab: Page) -> None:
    tab.get_by_role("link", name="Traces", exact=True).click()
    expect(tab.locator("table.list tbody tr")).to_have_count(PAST + 1)
    tab.wait_for_load_state()  # a choice sends the form once its script is there
    tab.get_by_label("Label").select_option(label="User frustration = true")
    chip = tab.get_by_role("group", name="Filters in force")
    expect(chip).to_contain_text("User frustration")
    expect(tab.locator("table.list tbody tr")).to_have_count(1)
    expect(tab.locator("table.list tbody tr")).to_contain_text(COMPLAINT[:12])


def the_session_behind_has_the_label_at_its_turn(tab: Page) -> None:
    tab.locator("table.list tbody tr").get_by_role("link", name="angry-1").click()
    expect(tab.get_by_role("heading", name="Session", exact=True)).to_be_visible()
    turn = tab.get_by_role("region", name="Turn 1")
    expect(turn).to_contain_text(re.compile(r"User frustration\s*true"))
    expect(turn).to_contain_text(COMPLAINT)
