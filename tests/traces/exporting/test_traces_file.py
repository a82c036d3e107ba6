"""All traces of a project as one file, from the pages that ask before it is deleted."""

from __future__ import annotations

import gzip
from datetime import timedelta
from typing import Any

import pytest
from django.http import Http404
from django.test import Client
from django.utils import timezone

from teams.models import AuditEntry, Membership, Project
from tests.html import html_of
from tests.traces.arrivals import arrive, member, new_project, turn
from traces.models import Trace
from traces.pages.export import views
from traces.uploading.uploading import upload

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def project() -> Project:
    made = new_project()
    for name, days in (("new", 0), ("old", 300)):
        arrive(made, *turn(name, at=NOW - timedelta(days=days)))
    return made


def file_url(project: Project) -> str:
    return f"/p/{project.slug}/traces.jsonl.gz"


def test_the_pages_that_ask_offer_the_file(client: Client, project: Project) -> None:
    client.force_login(member(project, "owner"))
    for url in (f"/p/{project.slug}/settings/delete/", f"/teams/{project.team.uuid}/delete/"):
        page = " ".join(html_of(client.get(url)).split())
        assert f'href="{file_url(project)}" download' in page
        assert "signals.pyz pull" in page


def test_the_file_has_every_trace_and_can_be_uploaded_elsewhere(
    client: Client, project: Project
) -> None:
    client.force_login(member(project, "viewer"))
    answer: Any = client.get(file_url(project))
    content = b"".join(answer.streaming_content)
    assert answer["Content-Disposition"].endswith('.jsonl.gz"')
    assert "Content-Encoding" not in answer, "it is kept as gzip"
    assert gzip.decompress(content).count(b"\n") >= 1
    other = new_project("Other")
    done = upload(other, [content], now=NOW)
    assert (done.spans_rejected, done.lines_refused) == (0, 0)
    copied = Trace.objects.filter(project_id=other.pk).values_list("trace_id", "span_count")
    assert set(copied) == set(
        Trace.objects.filter(project_id=project.pk).values_list("trace_id", "span_count")
    )
    entry = AuditEntry.objects.filter(action="traces.exported").get()
    assert (entry.project, entry.email) == (project.uuid, "ada@example.org")


def test_a_project_without_traces_gives_an_empty_file(client: Client) -> None:
    project = new_project()
    client.force_login(member(project, "owner"))
    answer: Any = client.get(file_url(project))
    assert gzip.decompress(b"".join(answer.streaming_content)) == b""


def test_it_breaks_off_when_the_person_is_out_of_the_team(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "LOOK_EVERY_S", 0.0)
    user = member(project, "member")
    parts = views._while_let_in(user, project, iter([b"a", b"b"]))
    assert next(parts) == b"a"
    Membership.objects.filter(user=user).delete()
    with pytest.raises(Http404):
        next(parts)
