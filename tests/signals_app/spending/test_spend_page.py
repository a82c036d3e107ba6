"""The page of spending: sums and bars by day and signal, the file, and the budget's form."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from signals_app.models import Budget, RateStep, Signal
from signals_app.pages.spend import rows
from signals_app.spending.forecast import forecast
from signals_app.spending.usage import DayOfSignal
from teams.models import Project
from tests.signals_app.labelled import label, new_signal
from tests.traces.arrivals import member, new_project

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def page(project: Project, client: Client) -> str:
    client.force_login(member(project, "admin"))
    return reverse("spend", args=[project.slug])


def days(**more: Any) -> list[DayOfSignal]:
    given: dict[str, Any] = {
        "outcomes": {"labelled": 2},
        "asked": 2,
        "priced": 2,
        "cost_usd": 0.5,
    } | more
    return [DayOfSignal(pk, date(2026, 3, 2), "live", **given) for pk in range(1, 13)]


def test_many_signals_share_a_bar_and_each_has_a_row() -> None:
    known = {pk: Signal(pk=pk, name=f"S{pk}") for pk in range(1, 12)}
    spent = rows.made(days(), known, START, START + timedelta(days=3))
    assert [row.name for row in spent.signals][-1] == rows.GONE
    assert len(spent.signals) == 12
    assert spent.total.cost_usd == 6.0
    figure = rows.figure(spent, "money", ZoneInfo("UTC"), START + timedelta(days=9))
    assert [bar["name"] for bar in figure["data"]][-1] == rows.OTHERS
    assert len(figure["data"]) == rows.MOST_COLOURS + 1
    assert figure["data"][0]["y"] == [None, 0.5, None]
    assert figure["data"][-1]["y"][1] == 1.5


def test_unknown_money_is_unknown_and_not_nothing() -> None:
    spent = rows.made(days(priced=0, cost_usd=None), {}, START, START + timedelta(days=3))
    assert spent.total.cost_usd is None
    assert rows.measure_of(spent, "") == "labels"
    assert rows.said(None, "money") == "unknown"
    assert rows.csv_rows(spent.found, {})[1][-1] is None


@pytest.mark.parametrize(
    ("by_day", "low", "high"), [([], None, None), ([5.0, 7.0], None, None), ([4, 6, 8], 57, 83)]
)
def test_a_forecast_says_how_sure_it_is(
    by_day: list[float], low: float | None, high: float | None
) -> None:
    found = forecast(10.0, by_day, 10.0)
    assert (found is None) == (not by_day)
    if found is not None:
        assert (found.total, found.days) == (70.0, len(by_day))
        assert (found.low is None) == (low is None)
        if low and high and found.low and found.high:
            assert found.low < low < high < found.high


def test_the_page_and_its_file_say_the_same(
    project: Project, signal: Signal, client: Client, page: str
) -> None:
    label(signal, "true", 3, cost_usd=0.5, input_tokens=100, cached_tokens=60, output_tokens=5)
    other = new_signal(signal.agent, name="Other")
    label(other, "true", 1, input_tokens=100)
    text = client.get(page).content.decode()
    assert "$1.50" in text
    assert "1 of 4" in " ".join(text.split())
    assert "Other" in text
    lines = list(csv.DictReader(io.StringIO(client.get(f"{page[:-1]}.csv").content.decode())))
    ours = [line for line in lines if line["signal"] == signal.name]
    assert sum(int(line["cached_input_tokens"]) for line in ours) == 180
    assert sum(float(line["cost_usd"]) for line in ours) == 1.5
    assert [line["cost_usd"] for line in lines if line["signal"] == "Other"] == [""]
    only = client.get(f"{page}?signal={other.uuid}").content.decode()
    assert "$1.50" not in only.partition("By day")[2]


def test_a_budget_is_set_shown_and_taken_away(project: Project, client: Client, page: str) -> None:
    saved = client.post(reverse("budget_set", args=[project.slug]), {"amount": 20, "unit": "usd"})
    assert saved.status_code == 302
    assert "of $20.00" in " ".join(client.get(page).content.decode().split())
    bad = client.post(reverse("budget_set", args=[project.slug]), {"amount": -2, "unit": "usd"})
    assert (bad.status_code, b"Choose more than 0" in bad.content) == (422, True)
    client.post(reverse("budget_remove", args=[project.slug]))
    assert not Budget.objects.exists()


def test_who_may_not_manage_is_offered_no_budget_and_refused_one(
    project: Project, client: Client
) -> None:
    client.force_login(member(project, "member"))
    page = reverse("spend", args=[project.slug])
    assert b"Set budget" not in client.get(page).content
    for name in ("budget_set", "budget_remove"):
        assert client.post(reverse(name, args=[project.slug])).status_code == 403
        assert client.get(reverse(name, args=[project.slug])).status_code == 405
    client.force_login(member(new_project("Theirs"), email="eve@example.org"))
    assert client.get(page).status_code == 404


def test_a_lowered_rate_is_said_with_its_reason(
    project: Project, signal: Signal, client: Client, page: str
) -> None:
    since = timezone.now() - timedelta(hours=3)
    RateStep.objects.create(
        project=project, since=since, factor=0.25, why="forecast", spent=8, unit="usd"
    )
    text = " ".join(client.get(page).content.decode().split())
    assert "25 % of its sample" in text.replace("\xa0", " ")
    assert "the month would have taken more than the budget" in text
