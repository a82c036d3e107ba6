"""A budget that runs out is told once at 80 %, and once when it is spent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alerts.incidents import incident_facts, open_incidents, watching
from alerts.models import Cause, Delivery, Incident
from signals_app.models import JudgeSpend, Signal
from signals_app.spending import budgets
from tests.traces.arrivals import member, new_project

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 11, 12, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def spend(signal: Signal, usd: float) -> None:
    JudgeSpend.objects.create(
        project_id=signal.project_id, bucket=NOW + JudgeSpend.objects.count() * MINUTE,
        signal_id=signal.pk, source="live", kind="labelled", n=1, priced=1, cost_usd=usd,
    )  # fmt: skip


def open_causes() -> set[str]:
    return set(Incident.objects.open().values_list("cause", flat=True))


def test_owners_and_admins_are_told_once_and_again_when_it_is_spent(signal: Signal) -> None:
    project = signal.project
    for role in ("owner", "admin", "member"):
        member(project, role, f"{role}@example.org")
    budgets.set_budget(project, "usd", 10.0, None, NOW)
    spend(signal, 7.9)
    watching.watch(NOW)
    assert open_causes() == set()
    spend(signal, 0.2)
    for minute in range(3):
        watching.watch(NOW + minute * MINUTE)
    assert open_causes() == {Cause.BUDGET}
    to = set(Delivery.objects.values_list("address", flat=True))
    assert to == {"owner@example.org", "admin@example.org"}
    assert Delivery.objects.count() == 2
    told = incident_facts.describe(Incident.objects.get())
    assert told.url.endswith(f"/p/{project.slug}/settings/spend/")
    assert "81 % of the $10.00 for November" in told.words
    spend(signal, 3.0)
    watching.watch(NOW + 4 * MINUTE)
    assert open_causes() == {Cause.BUDGET, Cause.BUDGET_SPENT}
    assert Delivery.objects.count() == 4
    (shown,) = open_incidents.of_project(project)
    assert shown.title == f"The budget is spent: {project.name}"
    sibling = new_project("Sibling")
    sibling.team = project.team
    sibling.save()
    assert open_incidents.of_project(sibling) == []


def test_it_is_over_with_the_month_or_a_larger_budget(signal: Signal) -> None:
    budgets.set_budget(signal.project, "usd", 10.0, None, NOW)
    spend(signal, 9.0)
    watching.watch(NOW)
    assert open_causes() == {Cause.BUDGET}
    budgets.set_budget(signal.project, "usd", 100.0, None, NOW)
    watching.watch(NOW + MINUTE)
    assert open_causes() == set()
