"""The page of the audit log: for who manages the team, narrowed by its address, as CSV."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.acting import Acting, Door, acting_as
from teams import audit
from teams.audit import forgetting
from teams.deletion import deleting
from teams.models import AuditEntry, Project, Team
from tests.traces.arrivals import member, new_project

pytestmark = pytest.mark.django_db

ANNA = Acting(Door.PAGE, user_id=7, email="anna@example.org", address="192.0.2.4")
CI = Acting(Door.REST, key_uuid="0" * 32, key_name="=ci", address="192.0.2.5")


def url(project: Project, **query: str) -> str:
    return reverse("audit_log", args=[project.slug], query=query)


def entered(project: Project, acting: Acting = ANNA, action: str = "key.made", **more: Any) -> None:
    with acting_as(acting):
        given = {"kind": action.partition(".")[0], "thing": action} | more
        audit.record(action, project=project, **given)


def at(moment: datetime) -> Any:
    """As if it were that moment, for a block."""
    return patch("teams.audit.recording.timezone.now", return_value=moment)


def things(client: Client, project: Project, **query: str) -> list[str]:
    """The things of the page's rows that `entered` made, the newest first."""
    rows = client.get(url(project, **query)).context["rows"]
    return [row.thing for row in rows if row.who in {"anna@example.org", "=ci"}]


def csv_of(client: Client, project: Project, **query: str) -> list[dict[str, str]]:
    answer: Any = client.get(reverse("audit_log_csv", args=[project.slug], query=query))
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


@pytest.mark.parametrize("role", ["member", "viewer"])
@pytest.mark.parametrize("name", ["audit_log", "audit_log_csv"])
def test_who_does_not_manage_gets_a_sentence(
    client: Client, project: Project, role: str, name: str
) -> None:
    client.force_login(member(project, role))
    answer = client.get(reverse(name, args=[project.slug]))
    assert answer.status_code == 403
    assert "owners and admins" in answer.content.decode()


def test_it_is_offered_to_who_may_read_it(manager: Client, project: Project) -> None:
    settings = reverse("settings", args=[project.slug])
    assert url(project) in manager.get(settings).content.decode()
    manager.force_login(member(project, "member", "mem@example.org"))
    assert url(project) not in manager.get(settings).content.decode()


def test_a_row_says_who_did_what_from_where_and_what_changed(
    manager: Client, project: Project
) -> None:
    entered(project, CI, "alert.changed", before={"threshold": 5}, after={"threshold": 9})
    page = manager.get(url(project)).content.decode()
    for said in ("=ci", "key · REST", "192.0.2.5", "Alert changed", "<del>5</del>", "threshold"):
        assert said in page


def test_what_other_teams_did_is_not_there(manager: Client, project: Project) -> None:
    entered(new_project("Theirs"))
    assert things(manager, project) == []


def test_it_is_of_the_whole_team_or_of_this_project(manager: Client, project: Project) -> None:
    other = Project.objects.create(team=project.team, name="Other")
    entered(other, thing="in the other")
    entered(project, thing="here")
    assert things(manager, project) == ["here", "in the other"]
    assert things(manager, project, where="project") == ["here"]


def test_what_was_done_in_a_project_that_is_gone_stays(manager: Client, project: Project) -> None:
    other = Project.objects.create(team=project.team, name="Other")
    entered(other, thing="in the other")
    deleting.delete_project(other, timezone.now())
    Project.with_deleted.filter(pk=other.pk).delete()
    assert things(manager, project) == ["in the other"]


NARROWED = [
    pytest.param({"who": "anna@example.org"}, ["key.made", "signal.made"], id="a person"),
    pytest.param({"who": "ANNA@example.org"}, ["key.made", "signal.made"], id="in capitals"),
    pytest.param({"who": "=ci"}, ["alert.made"], id="a key"),
    pytest.param({"kind": "signal"}, ["signal.made"], id="a kind"),
    pytest.param({"action": "alert.made"}, ["alert.made"], id="an action"),
    pytest.param({"who": "=ci", "kind": "signal"}, [], id="both, of which there is none"),
]


@pytest.mark.parametrize(("query", "expected"), NARROWED)
def test_it_is_narrowed_by_its_address(
    manager: Client, project: Project, query: dict[str, str], expected: list[str]
) -> None:
    entered(project, ANNA, "signal.made")
    entered(project, CI, "alert.made")
    entered(project, ANNA, "key.made")
    assert things(manager, project, **query) == expected
    rows = [row["thing"] for row in csv_of(manager, project, **query)]
    assert [thing for thing in rows if "." in thing and "@" not in thing] == expected


def test_a_time_range_bounds_it(manager: Client, project: Project) -> None:
    with at(timezone.now() - timedelta(days=3)):
        entered(project, thing="three days ago")
    assert things(manager, project, range="24h") == []
    assert things(manager, project, range="7d") == ["three days ago"]


def test_a_page_has_fifty_and_the_way_to_the_older_ones(manager: Client, project: Project) -> None:
    for number in range(55):
        entered(project, thing=f"{number}.")
    page = manager.get(url(project, who="anna@example.org")).context["page"]
    assert len(page.rows) == 50
    older = things(manager, project, who="anna@example.org", older=page.older)
    assert older == ["4.", "3.", "2.", "1.", "0."]


@pytest.mark.parametrize(
    "query", [{"kind": "no such"}, {"older": "x"}, {"range": "x"}, {"who": "a\x00b"}]
)
def test_bad_input_falls_back(manager: Client, project: Project, query: dict[str, str]) -> None:
    entered(project)
    assert manager.get(url(project, **query)).status_code == 200
    assert len(csv_of(manager, project, **query)) >= 1


def test_the_csv_runs_nothing_and_is_itself_entered(manager: Client, project: Project) -> None:
    entered(project, CI)
    assert [row["who"] for row in csv_of(manager, project) if row["door"] == "rest"] == ["'=ci"]
    assert AuditEntry.objects.filter(action="audit.exported").count() == 1


def test_the_page_asks_as_much_for_many_rows_as_for_few(
    manager: Client, project: Project, django_assert_max_num_queries: Any
) -> None:
    for number in range(40):
        entered(project, thing=str(number))
    with django_assert_max_num_queries(12):
        manager.get(url(project))


def test_entries_go_after_a_year_some_at_a_time(
    project: Project, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    monkeypatch.setattr(forgetting, "BATCH", 2)
    with at(now - timedelta(days=366)):
        for number in range(5):
            entered(project, thing=str(number))
    entered(project, thing="young")
    assert forgetting.forget_old(now) == 5
    assert list(AuditEntry.objects.values_list("thing", flat=True)) == ["young"]
    settings.AUDIT_DAYS = 0
    assert forgetting.forget_old(now + timedelta(days=1_000)) == 0


def test_the_log_of_a_team_without_entries_says_what_will_stand_there(client: Client) -> None:
    project = new_project()
    client.force_login(member(project, "owner"))
    quiet = url(project, range="custom", since="2026-01-01T00:00", until="2026-01-02T00:00")
    assert "Nothing was done in this time range" in client.get(quiet).content.decode()
    assert Team.objects.count() == 1
