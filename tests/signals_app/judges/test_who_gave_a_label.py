"""Wherever a label stands, the judge that gave it can be read, and a change of judge is marked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import pytest_django
from django.test import Client
from django.utils import timezone

from alerts.incidents import detection
from core.time_range.windows import Window
from runner.clusters import cluster
from signals_app.judge_endpoints import editing
from signals_app.judging import judge_in_use
from signals_app.judging.model_server import endpoints
from signals_app.models import Classification, JudgeEndpoint, Signal, SignalVersion
from signals_app.pages.signal import version_marks
from signals_app.queue import queueing
from signals_app.runs import cost
from teams.models import ApiKey, Project
from tests.fake_judge import FakeJudge
from tests.html import html_of
from tests.signals_app import conversations
from tests.signals_app.judges.making import endpoint
from tests.traces.arrivals import member

pytestmark = pytest.mark.django_db(transaction=True)
Line = Callable[..., list[Classification]]


@pytest.fixture
def project() -> Project:
    return conversations.project()


@pytest.fixture
def labelled(project: Project, run_line: Line) -> Signal:
    """A signal with one label, given by a judge of the project that has been renamed since."""
    with FakeJudge() as judge:
        own = endpoint(
            project, judge.url, is_default=True, price_input_usd=2.0, price_output_usd=10.0
        )
        signal = conversations.signal(project)
        conversations.send_traces(project, 1, now=timezone.now())
        run_line()
    JudgeEndpoint.objects.filter(pk=own.pk).update(name="Renamed")
    return signal


def test_every_page_of_a_label_says_which_judge_gave_it(
    client: Client, project: Project, labelled: Signal
) -> None:
    client.force_login(member(project, "viewer"))
    one = Classification.objects.get()
    base = f"/p/{project.slug}"
    signal = f"{base}/signals/{labelled.uuid}"
    assert "by Own · little" in html_of(client.get(f"{signal}/"))
    assert "Own · little" in html_of(client.get(f"{base}/traces/{one.target.hex}/"))
    assert "Own · little" in html_of(client.get(f"{signal}/why/?target=trace:{one.target.hex}"))
    csv = b"".join(client.get(f"{signal}/labels.csv")).decode()
    head, row = csv.splitlines()[:2]
    said = dict(zip(head.lstrip("\ufeff").split(","), row.split(","), strict=False))
    assert (said["judge_model"], row.split(",")[-2]) == ("little", "Own")
    headers = {"Authorization": f"Bearer {ApiKey.objects.issue(project, 'k')[1]}"}
    (given,) = client.get(f"/api/v1/signals/{labelled.uuid}/labels", headers=headers).json()[
        "items"
    ]
    assert (given["judge_name"], given["judge_model"]) == ("Own", "little")


def test_a_change_of_judge_is_marked_where_versions_are(project: Project) -> None:
    now = timezone.now()
    own = endpoint(project, "https://judge.example.org/v1")
    signal = conversations.signal(project)
    editing.make_default(project, own, None, now)
    window = Window(now - timedelta(hours=6), now + timedelta(hours=1), timedelta(hours=1))
    (mark,) = version_marks.of_judges(signal, window)
    assert (mark.at, mark.text) == (now, "judge: Own · little")


def test_another_judge_of_the_environment_is_marked_when_the_worker_starts(
    project: Project, settings: pytest_django.Settings
) -> None:
    now = timezone.now()
    window = Window(now - timedelta(hours=6), now + timedelta(hours=1), timedelta(hours=1))
    settings.JUDGE_BASE_URL, settings.JUDGE_MODEL = "https://judge.example.org/v1", "old"
    signal, chosen = conversations.signal(project), conversations.signal(project, name="chosen")
    SignalVersion.objects.filter(signal=chosen).update(judge_model="mini")
    other = conversations.project("Other")
    endpoint(other, "https://own.example.org/v1", is_default=True)
    elsewhere = conversations.signal(other)
    cluster.take_over("signals", now)
    assert version_marks.of_judges(signal, window) == []
    settings.JUDGE_MODEL = "new"
    for _start in range(2):
        cluster.take_over("signals", now)
    (mark,) = version_marks.of_judges(signal, window)
    assert (mark.at, mark.text) == (now, "judge: new")
    assert signal.judge_changes.get().before == "old at judge.example.org"
    assert version_marks.of_judges(elsewhere, window) == []
    assert version_marks.of_judges(chosen, window) == []
    settings.JUDGE_BASE_URL = "https://another.example.org/v1"
    cluster.take_over("signals", now)
    assert chosen.judge_changes.get().after == "mini at another.example.org"
    assert signal.judge_changes.count() == 2


def test_a_forecast_is_at_the_price_of_the_judge_that_would_answer(
    project: Project, labelled: Signal
) -> None:
    now, one = timezone.now(), Classification.objects.get()
    estimate = cost.estimate(labelled, 1000, now)
    assert one.cost_usd
    assert estimate.cost_usd == pytest.approx(1000 * one.cost_usd, rel=1e-6)
    assert estimate.judge == "Renamed · little"
    JudgeEndpoint.objects.update(price_input_usd=None, price_output_usd=None)
    unpriced = cost.estimate(labelled, 1000, now)
    assert unpriced.tokens
    assert (unpriced.cost_usd, unpriced.why_no_cost) == (None, "the judge Renamed has no price")
    JudgeEndpoint.objects.update(is_default=False)
    assert cost.estimate(labelled, 1000, now).why_no_cost == cost.OFFLINE


def test_a_teams_people_hear_of_their_own_judge_that_fails(project: Project) -> None:
    own = endpoint(project, "https://judge.example.org/v1", is_default=True)
    conversations.signal(project)
    conversations.send_traces(project, 1, now=timezone.now())
    while queueing.settle_and_queue(timezone.now()):
        pass
    now = timezone.now() + timedelta(minutes=30)
    judge = judge_in_use.of_row(own)
    endpoints.note_success("little", now - timedelta(minutes=25), judge)
    assert list(detection.failing_judges(now)) == []
    endpoints.note_error("little", "It is away.", now - timedelta(minutes=1), judge)
    (trouble,) = detection.failing_judges(now)
    assert (trouble.team_id, trouble.subject) == (project.team_id, "Own · little")
    assert "It is away." in trouble.words
