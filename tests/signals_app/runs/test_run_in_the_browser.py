"""A run in a real Chromium, over real processes: from the signal's page to the last label."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from signals_app.models import Classification, Run
from teams.models import Project
from tests.entering import enter
from tests.fake_judge import FakeJudge, verdict
from tests.server import WebServer, Worker
from tests.signals_app import conversations
from tests.traces.arrivals import member, settle

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
TARGETS = 60


@pytest.fixture
def project() -> Project:
    project = conversations.project()
    member(project)
    conversations.send_traces(project, TARGETS, now=timezone.now())
    settle()
    conversations.signal(project)
    return project


@pytest.fixture
def worker(database_url: str) -> Iterator[FakeJudge]:
    """The real worker, and a judge that takes a while and refuses a label now and then."""
    with FakeJudge(latency_s=0.4) as judge:
        environment = {
            "JUDGE_BASE_URL": judge.url,
            "JUDGE_API_KEY": "key-of-the-judge",
            "JUDGE_MODEL": "model-1",
            "JUDGE_CONCURRENCY": "4",
            "JUDGE_PUMPS": "1",
        }
        with Worker(database_url, environment):
            yield judge


def sign_in(page: Page, web_server: WebServer, project: Project) -> None:
    enter(page, web_server.url, project.team.members.get())


def test_a_backfill_runs_to_the_end_before_ones_eyes(
    web_server: WebServer, project: Project, worker: FakeJudge, page: Page
) -> None:
    troubles: list[str] = []
    page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    worker.script = [verdict("true")]
    sign_in(page, web_server, project)
    page.locator("a.row-link").first.click()
    page.get_by_role("link", name="Run over past traffic").click()
    since = timezone.localtime() - timedelta(days=1)
    page.get_by_label("From").fill(since.strftime("%Y-%m-%dT%H:%M"))
    expect(page.get_by_role("button", name=f"Judge {TARGETS} traces")).to_be_visible()
    page.get_by_label("Sample rate", exact=True).fill("300")
    expect(page.get_by_text("100 % is all there is.")).to_be_visible()
    page.get_by_role("button", name="100 %").click()
    expect(page.get_by_text("100 % is all there is.")).to_have_count(0)
    page.get_by_role("button", name=f"Judge {TARGETS} traces").click()
    expect(page.get_by_role("button", name="Cancel run")).to_be_visible()
    page.evaluate("window.untouched = true")
    expect(page.get_by_text(re.compile(r"^[1-9]\d? of 60 judged"))).to_be_visible(timeout=60_000)
    expect(page.get_by_role("heading", name="Done")).to_be_visible(timeout=90_000)
    expect(page.get_by_text(f"{TARGETS} of {TARGETS} judged (100 %)")).to_be_visible()
    assert page.evaluate("window.untouched") is True
    page.get_by_role("link", name="See them in the signal").click()
    expect(page.locator("#labels tbody tr").first).to_contain_text("true")
    assert troubles == []
    assert Run.objects.get().state == Run.State.DONE
    assert Classification.objects.filter(outcome="labelled", source="run").count() == TARGETS


def test_a_run_can_be_started_without_scripts(
    web_server: WebServer, project: Project, browser: Browser
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, web_server, project)
    page.locator("a.row-link").first.click()
    page.get_by_role("link", name="Run over past traffic").click()
    page.get_by_label("Sample rate", exact=True).fill("50")
    page.get_by_role("button", name="Show what it would judge").click()
    page.get_by_role("button", name=re.compile(r"^Judge \d+ traces$")).click()
    expect(page.get_by_role("button", name="Cancel run")).to_be_visible()
    context.close()
    assert Run.objects.get().sample_rate == 0.5
