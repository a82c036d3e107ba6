"""What is asked for by hand and would burst the budget is said before, and refused or asked."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from signals_app.models import JudgeSpend, Run
from signals_app.queue import queueing
from signals_app.runs import runs
from signals_app.spending import budgets, fits
from signals_app.trials import trials
from teams.models import Project
from tests.api.rest.calling import reading
from tests.signals_app import conversations
from tests.traces.arrivals import member

pytestmark = pytest.mark.django_db


def traffic(project: Project, now: datetime, count: int = 12) -> None:
    conversations.send_traces(project, count, now=now)
    queueing.settle_and_queue(now)


def test_a_run_that_would_burst_the_budget_says_so_and_is_refused() -> None:
    now = timezone.now()
    project = conversations.project()
    signal = conversations.signal(project, is_active=False)
    traffic(project, now)
    budgets.set_budget(project, "labels", 10, None, now)
    window = now - timedelta(hours=2), now
    preview = runs.preview(signal, *window, 1.0, now)
    assert "12 labels, and 10 labels" in preview.over_budget
    with pytest.raises(runs.CannotRun, match="10 labels"):
        runs.start(signal, *window, 1.0, None, now)
    assert runs.start(signal, *window, 1.0, None, now, may_exceed=True).expected == 12
    Run.objects.all().delete()
    assert runs.preview(signal, *window, 0.2, now).over_budget == ""
    assert runs.start(signal, *window, 0.2, None, now).pk


def test_who_manages_is_asked_and_others_are_offered_nothing(client: Client) -> None:
    now = timezone.now()
    project = conversations.project()
    signal = conversations.signal(project, is_active=False)
    traffic(project, now)
    budgets.set_budget(project, "labels", 10, None, now)
    args = [project.slug, signal.uuid]
    page, start = reverse("signal_run_new", args=args), reverse("signal_run_start", args=args)
    given = {"since": (now - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"), "percent": "100"}
    for role, offered in (("member", False), ("admin", True)):
        client.force_login(member(project, role, f"{role}@example.org"))
        text = client.get(page, given).content.decode()
        assert "More than the budget has left." in text
        assert ('name="exceed"' in text) == offered
        assert client.post(start, given).status_code == 422
        answer = client.post(start, given | {"exceed": "on"})
        assert answer.status_code == (302 if offered else 422)
    assert Run.objects.count() == 1


def test_money_that_nobody_knows_stops_no_run() -> None:
    now = timezone.now()
    project = conversations.project()
    assert fits.why_not(project, 10**6, 10.0**6, now) == ""
    budgets.set_budget(project, "usd", 1, None, now)
    assert fits.why_not(project, 10**6, None, now) == ""
    assert fits.why_not(project, 10, 0.9, now) == ""
    assert "$1.10, and $1.00" in fits.why_not(project, 10, 1.1, now)


def test_nothing_is_tried_once_all_is_spent() -> None:
    now = timezone.now()
    project = conversations.project()
    signal = conversations.signal(project, is_active=False)
    traffic(project, now)
    budgets.set_budget(project, "labels", 10, None, now)
    JudgeSpend.objects.create(
        project_id=project.pk, bucket=now, signal_id=signal.pk, source="live",
        kind="labelled", n=10,
    )  # fmt: skip
    assert signal.live_version is not None
    asked = trials.of_version(signal, signal.live_version)
    with pytest.raises(trials.CannotTry, match="are spent"):
        trials.start(asked, now - timedelta(hours=2), now, 5, None, now)


def test_rest_tells_the_budget_and_how_it_stands() -> None:
    now = timezone.now()
    project = conversations.project()
    caller = reading(project)
    assert caller.get("/budget").json() == {"budget": None}
    budgets.set_budget(project, "usd", 20, None, now)
    told = caller.get("/budget").json()["budget"]
    assert (told["unit"], told["amount"], told["spent"], told["factor"]) == ("usd", 20, 0, 1)
