"""Files count among the spans that a team may send in a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from api.inf import importing
from api.models import TraceImport
from teams.models import ApiKey, Project
from tests.traces.arrivals import new_project, turn
from tests.traces.uploading.files import otlp_line
from traces.models import Span, TeamDay
from traces.uploading import uploading
from traces.uploading.day_limit import OverDayLimit
from traces.uploading.uploading import upload

pytestmark = pytest.mark.django_db
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
LONG_AGO = NOON - timedelta(days=100)
#: Four lines of two spans each.
FILE = [otlp_line(*turn(name, at=LONG_AGO)) for name in "abcd"]


@pytest.fixture
def project(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Project:
    settings.TEAM_SPANS_PER_DAY = 3
    monkeypatch.setattr(uploading, "SPANS_AT_ONCE", 2)
    return new_project()


def sent_by(project: Project) -> int:
    return TeamDay.objects.get(team_id=project.team_id).spans


def test_a_file_ends_where_the_day_is_full_and_says_from_which_line(project: Project) -> None:
    done = upload(project, FILE, now=NOON)
    assert (done.spans_accepted, done.lines, sent_by(project)) == (4, 2, 4)
    assert [(each.line, each.sentence.partition(",")[0]) for each in done.errors] == [
        (3, "The team has sent its 3 spans of this day")
    ]


def test_after_that_nothing_is_read_until_midnight(project: Project) -> None:
    upload(project, FILE, now=NOON)
    with pytest.raises(OverDayLimit, match="3 spans of this day") as refused:
        upload(project, FILE, now=NOON)
    assert refused.value.seconds_left == 12 * 3600
    done = upload(project, FILE, now=NOON + timedelta(hours=12))
    assert (done.spans_accepted, done.duplicates) == (8, 4), "what was there costs nothing"
    assert TeamDay.objects.get(team_id=project.team_id, day=NOON.date()).spans == 4


def test_without_a_limit_files_are_counted_and_stored_whole(
    project: Project, settings: Settings
) -> None:
    settings.TEAM_SPANS_PER_DAY = 0
    assert upload(project, FILE, now=NOON).spans_accepted == 8
    assert upload(project, FILE, now=NOON).duplicates == 8
    assert sent_by(project) == 8


def test_rest_answers_429_and_says_for_how_long(project: Project, client: Client) -> None:
    _key, secret = ApiKey.objects.issue(project, "one")
    today = datetime.now(UTC).date()
    TeamDay.objects.create(team_id=project.team_id, day=today, spans=3)
    answer = client.post(
        "/api/v1/uploads",
        b"".join(FILE),
        content_type="application/octet-stream",
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert (answer.status_code, answer.json()["code"]) == (429, "over_day_limit")
    assert "midnight UTC" in answer.json()["message"]
    assert 0 < int(answer["Retry-After"]) <= 86_400
    assert not Span.objects.filter(project_id=project.pk).exists()


def test_a_file_of_inf_waits_for_the_next_day_and_is_stored_then(project: Project) -> None:
    content = b"".join(FILE)
    known = importing.begin(project, "f.jsonl", len(content), NOON)
    importing.take_part(known, 1, content)
    importing.complete(known)
    TeamDay.objects.create(team_id=project.team_id, day=NOON.date(), spans=3)
    assert importing.go_on(NOON) is True, "the queue has nothing to do until then"
    known.refresh_from_db()
    assert known.state == TraceImport.State.PROCESSING
    assert "after midnight UTC" in known.detail
    importing.go_on(NOON + timedelta(hours=12))
    known.refresh_from_db()
    assert (known.state, known.spans) == (TraceImport.State.PROCESSED, 8)
