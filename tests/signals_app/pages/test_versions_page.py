"""The versions of a signal: each with its diff, its labels, and the way back to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.time_range.windows import Window
from core.ui.charts import Mark
from signals_app.definition import versions
from signals_app.models import Signal, SignalVersion
from signals_app.pages.signal import version_marks
from teams.models import Project
from tests.signals_app.labelled import label
from tests.traces.arrivals import member

pytestmark = pytest.mark.django_db


def url_of(signal: Signal, page: str = "versions/") -> str:
    return f"/p/{signal.project.slug}/signals/{signal.uuid}/{page}"


def next_version(signal: Signal, **changes: Any) -> SignalVersion:
    live = signal.live_version
    assert live is not None
    names = ("type", "prompt", "labels", "sample_rate", "judge_model")
    return versions.add(signal, **({name: getattr(live, name) for name in names} | changes))


def test_each_version_shows_its_diff_and_its_labels(writer: Client, signal: Signal) -> None:
    label(signal, "true", 3)
    next_version(signal, sample_rate=0.05)
    label(signal, "false", 2)
    label(signal, None, 4)
    response = writer.get(url_of(signal))
    newest, first = response.context["shown"]
    assert (newest.version.number, newest.labels, newest.is_live) == (2, 2, True)
    assert [change.name for change in newest.diff.values] == ["Sample rate"]
    assert (first.labels, first.is_live, first.diff) == (3, False, None)
    page = response.content.decode()
    assert "<ins>5 %</ins>" in page
    assert "The first version." in page


def test_what_people_typed_is_text_and_never_markup(writer: Client, signal: Signal) -> None:
    next_version(signal, prompt="<script>alert(1)</script>")
    page = writer.get(url_of(signal)).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_an_older_version_is_live_again_as_a_new_one(writer: Client, signal: Signal) -> None:
    first = signal.versions.get()
    next_version(signal, prompt="New?")
    page = writer.post(url_of(signal, "versions/1/again/"), follow=True).content.decode()
    assert "Version 3 is live. It asks what version 1 asked." in page
    signal.refresh_from_db()
    assert signal.live_version is not None
    assert (signal.live_version.number, signal.live_version.prompt) == (3, first.prompt)


def test_making_live_again_keeps_the_chosen_range(writer: Client, signal: Signal) -> None:
    next_version(signal, prompt="New?")
    html = writer.get(url_of(signal, "versions/?range=24h")).content.decode()
    again = url_of(signal, "versions/1/again/?range=24h")
    assert f'action="{again}"' in html
    assert writer.post(again)["Location"] == url_of(signal, "versions/?range=24h")


def test_what_the_live_version_asks_already_makes_no_version(
    writer: Client, signal: Signal
) -> None:
    page = writer.post(url_of(signal, "versions/1/again/"), follow=True).content.decode()
    assert "The live version asks what version 1 asked." in page
    assert signal.versions.count() == 1
    assert writer.post(url_of(signal, "versions/9/again/")).status_code == 404


def test_versions_come_in_pages_and_the_last_of_a_page_has_its_diff(
    writer: Client, signal: Signal
) -> None:
    for number in range(11):
        next_version(signal, prompt=f"Question {number}?")
    first = writer.get(url_of(signal)).context
    assert [each.version.number for each in first["shown"]] == list(range(12, 2, -1))
    assert all(each.diff for each in first["shown"])
    older = writer.get(f"{url_of(signal)}?older={first['page'].older}").context["shown"]
    assert [each.version.number for each in older] == [2, 1]
    assert writer.get(url_of(signal) + "?older=x").status_code == 200


def test_many_versions_cost_no_more_queries_than_one(writer: Client, signal: Signal) -> None:
    writer.get(url_of(signal))
    with CaptureQueriesContext(
        connection,
    ) as one:
        writer.get(url_of(signal))
    for number in range(5):
        next_version(signal, prompt=f"Question {number}?")
    with CaptureQueriesContext(connection) as many:
        writer.get(url_of(signal))
    assert len(many) == len(one)


def test_the_table_of_labels_filters_by_version(writer: Client, signal: Signal) -> None:
    label(signal, "true")
    next_version(
        signal,
        type="string",
        labels=[
            {"name": "calm", "sentiment": "positive", "meaning": ""},
            {"name": "cross", "sentiment": "negative", "meaning": ""},
        ],
    )
    label(signal, "cross")

    def labels(query: str) -> list[str | None]:
        rows = writer.get(url_of(signal, query)).context["rows"]
        return sorted(target.row.label for target in rows)

    assert labels("") == ["cross", "true"]
    assert labels("?version=1") == ["true"]
    assert labels("?version=2") == ["cross"]
    assert labels("?label=true") == ["true"], "a label that only an older version has"
    assert labels("?version=7") == ["cross", "true"], "an unknown one counts as not given"


def test_the_chart_marks_where_a_version_begins(writer: Client, signal: Signal) -> None:
    label(signal, "true")
    next_version(signal, prompt="New?")
    label(signal, "false")
    figure = writer.get(url_of(signal, "?range=24h")).context["over_time"]
    assert [note["text"] for note in figure["layout"]["annotations"]] == ["v2"]


def test_versions_of_one_bucket_share_a_line_and_those_close_by_share_its_text() -> None:
    start = datetime(2026, 11, 1, tzinfo=UTC)
    window = Window(start, start + timedelta(days=1), timedelta(hours=1))
    minutes = {2: 0, 3: 59, 4: 60, 5: 600}
    begun = [(number, start + timedelta(minutes=at)) for number, at in minutes.items()]
    assert version_marks.marks(begun, window) == [
        Mark(start, "v2 to v4"),
        Mark(start + timedelta(minutes=60), ""),
        Mark(start + timedelta(minutes=600), "v5"),
    ]


def test_a_reader_looks_and_sees_no_buttons(
    client: Client, project: Project, signal: Signal
) -> None:
    next_version(signal, prompt="New?")
    client.force_login(member(project, "viewer"))
    page = client.get(url_of(signal)).content.decode()
    assert "Version 2" in page
    assert "Make live again" not in page


def test_the_wrong_method_is_refused(writer: Client, signal: Signal) -> None:
    assert writer.post(url_of(signal)).status_code == 405
    assert writer.get(url_of(signal, "versions/1/again/")).status_code == 405
