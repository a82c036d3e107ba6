"""Every change of state is kept and shown; archive and restore ask first and lose no label."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from signals_app.definition import states
from signals_app.models import Classification, JudgeJob, Run, Signal, StateChange
from signals_app.runs import runs
from teams.models import Project, User
from tests.html import html_of
from tests.signals_app.labelled import label, new_signal
from tests.traces.arrivals import HOUR, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(project: Project) -> User:
    return member(project)


@pytest.fixture
def writer(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def url_of(signal: Signal, page: str = "") -> str:
    return f"/p/{signal.project.slug}/signals/{signal.uuid}/{page}"


def let_wait(signal: Signal, times: int) -> None:
    assert signal.live_version is not None
    now = timezone.now()
    for number in range(times):
        JudgeJob.objects.create(
            project_id=signal.project_id,
            id=1000 + number,
            team_id=signal.project.team_id,
            signal_id=signal.pk,
            version_id=signal.live_version.pk,
            agent_id=signal.agent_id,
            scope=signal.scope,
            target=uuid4(),
            target_time=now,
            sample_rate=1.0,
            source="live",
            created_at=now,
            available_at=now,
        )


def changes(signal: Signal) -> list[tuple[str, str, str | None, int]]:
    """Oldest first: from, to, by whom, how many targets were dropped."""
    state_changes = (
        StateChange.objects.filter(signal=signal).select_related("by").order_by("at", "id")
    )
    return [
        (each.from_state, each.to_state, each.by.email if each.by else None, each.dropped)
        for each in state_changes
    ]


def test_each_change_is_kept_with_who_and_what_was_dropped(signal: Signal, ada: User) -> None:
    let_wait(signal, 3)
    now = timezone.now()
    assert states.pause(signal, ada, now) == 3
    states.resume(signal, ada, now)
    states.block(signal.pk, "The key is wrong.", now)
    states.archive(signal, ada, now)
    assert changes(signal) == [
        ("draft", "active", None, 0),
        ("active", "paused", ada.email, 3),
        ("paused", "active", ada.email, 0),
        ("active", "paused", None, 0),
        ("paused", "archived", ada.email, 0),
    ]
    assert StateChange.objects.filter(reason="The key is wrong.").count() == 1


def test_asking_for_the_state_that_is_there_is_no_change(signal: Signal, ada: User) -> None:
    states.activate(signal, ada, timezone.now())
    assert len(changes(signal)) == 1


def test_pausing_says_how_many_waiting_targets_were_dropped(writer: Client, signal: Signal) -> None:
    let_wait(signal, 2)
    page = html_of(writer.post(url_of(signal, "pause/"), follow=True))
    assert "2 waiting targets were dropped unjudged." in page
    assert "was active · by ada@example.org · 2 waiting targets dropped unjudged" in page
    assert not JudgeJob.objects.exists()


def test_pausing_says_so_when_none_was_waiting(writer: Client, signal: Signal) -> None:
    page = html_of(writer.post(url_of(signal, "pause/"), follow=True))
    assert "No target was waiting." in page


def test_pausing_drops_and_counts_what_the_judge_is_asked_at_that_moment(
    writer: Client, signal: Signal
) -> None:
    let_wait(signal, 3)
    JudgeJob.objects.filter(id=1000).update(lease_until=timezone.now())
    assert "3 targets wait to be judged" in html_of(writer.get(url_of(signal, "archive/")))
    page = html_of(writer.post(url_of(signal, "pause/"), follow=True))
    assert "3 waiting targets were dropped unjudged." in page
    assert not JudgeJob.objects.exists()


def test_a_cancelled_run_stands_in_the_history(writer: Client, signal: Signal) -> None:
    now = timezone.now()
    run = runs.start(signal, now - HOUR, now, rate=None, user=None, now=now)
    page = html_of(writer.post(url_of(signal, "archive/"), follow=True))
    run.refresh_from_db()
    assert run.state == Run.State.CANCELLED
    assert "1 manual run was cancelled." in page


def test_archiving_asks_first_and_says_what_it_does(writer: Client, signal: Signal) -> None:
    label(signal, "true", 5)
    let_wait(signal, 1)
    page = html_of(writer.get(url_of(signal, "archive/")))
    assert "Its 5 labels stay" in page
    assert "1 target waits to be judged and will be dropped unjudged." in page
    signal.refresh_from_db()
    assert signal.state == "active"


def test_an_archived_signal_leaves_the_list_and_keeps_its_labels(
    writer: Client, signal: Signal
) -> None:
    label(signal, "true", 5)
    writer.post(url_of(signal, "archive/"))
    listing = f"/p/{signal.project.slug}/signals/"
    assert writer.get(listing).context["rows"] == []
    archived = writer.get(f"{listing}?state=archived").context["rows"]
    assert [row.signal for row in archived] == [signal]
    assert Classification.objects.count() == 5
    response = writer.get(url_of(signal))
    assert response.context["labelled"] == 5
    assert "Restore signal" in html_of(response)


def test_a_restored_signal_is_paused_so_that_nothing_is_judged_unasked(
    writer: Client, signal: Signal
) -> None:
    writer.post(url_of(signal, "archive/"))
    page = writer.post(url_of(signal, "restore/"), {"name": signal.name}, follow=True)
    assert "nothing is judged yet" in html_of(page)
    signal.refresh_from_db()
    assert signal.state == "paused"
    assert changes(signal)[-1] == ("archived", "paused", "ada@example.org", 0)


def test_a_draft_comes_back_as_a_draft(writer: Client, signal: Signal) -> None:
    draft = new_signal(signal.agent, name="Draft", active=False)
    writer.post(url_of(draft, "archive/"))
    writer.post(url_of(draft, "restore/"), {"name": "Draft"})
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_a_name_that_was_taken_meanwhile_is_asked_for_anew(writer: Client, signal: Signal) -> None:
    writer.post(url_of(signal, "archive/"))
    new_signal(signal.agent)
    refused = writer.post(url_of(signal, "restore/"), {"name": signal.name})
    assert refused.status_code == 422
    assert "name already" in html_of(refused)
    writer.post(url_of(signal, "restore/"), {"name": "Old frustration"})
    signal.refresh_from_db()
    assert (signal.name, signal.state) == ("Old frustration", "paused")


def test_only_an_archived_signal_is_restored(writer: Client, signal: Signal) -> None:
    page = writer.post(url_of(signal, "restore/"), {"name": "Other"}, follow=True)
    assert "Only an archived signal can be restored." in html_of(page)
    signal.refresh_from_db()
    assert (signal.state, signal.name) == ("active", "User frustration")


@pytest.mark.parametrize("page", ["archive/", "restore/"])
def test_a_reader_is_refused(client: Client, project: Project, signal: Signal, page: str) -> None:
    client.force_login(member(project, "viewer", email="bea@example.org"))
    assert client.get(url_of(signal, page)).status_code == 403
    assert client.post(url_of(signal, page), {"name": "x"}).status_code == 403
    signal.refresh_from_db()
    assert signal.state == "active"
