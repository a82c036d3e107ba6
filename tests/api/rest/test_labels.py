"""What signals said, by REST: labels, as a file, over time, and why there are none."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from ninja import Schema

from core.ids import span_id_hex
from signals_app.labels import minutes
from signals_app.models import LabelCount, Signal
from teams.models import Project
from tests.api.rest.calling import Caller, writing
from tests.signals_app.labelled import label, new_agent, new_signal
from tests.traces.arrivals import arrive, trace_id_of, turn
from traces.models import Agent

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def caller(project: Project) -> Caller:
    return writing(project)


def labels(answer: Any) -> list[str | None]:
    assert answer.status_code == 200, answer.content
    return [each["label"] for each in answer.json()["items"]]


def test_a_label_names_its_target_with_the_judges_words(
    caller: Caller, project: Project, signal: Signal
) -> None:
    arrive(project, *turn("one"))
    target = trace_id_of("one")
    label(signal, "true", target=target, explanation="They swear.", cut_chars=7)
    (item,) = caller.get(f"/signals/{signal.uuid}/labels").json()["items"]
    assert item["target"] == {
        "scope": "trace",
        "trace_id": target.hex,
        "span_id": None,
        "session": None,
        "title": "Where is my order?",
        "url": item["target"]["url"],
    }
    assert item["target"]["url"].endswith(f"/p/{project.slug}/traces/{target.hex}/")
    said = (item["label"], item["sentiment"], item["explanation"], item["version"], item["is_cut"])
    assert said == ("true", "negative", "They swear.", 1, True)


def test_labels_of_spans_and_sessions_name_what_they_are_about(
    caller: Caller, agent: Agent
) -> None:
    of_span, of_session = (
        new_signal(agent, name=scope, scope=scope) for scope in ("span", "session")
    )
    (row,), (other,) = label(of_span, "true"), label(of_session, "true")
    (span,) = caller.get(f"/signals/{of_span.uuid}/labels").json()["items"]
    assert (span["target"]["trace_id"], span["target"]["span_id"]) == (
        row.target.hex,
        span_id_hex(7),
    )
    (session,) = caller.get(f"/signals/{of_session.uuid}/labels").json()["items"]
    assert (session["target"]["session"], session["target"]["trace_id"]) == (other.target.hex, None)


def test_labels_are_narrowed_by_every_filter(caller: Caller, signal: Signal) -> None:
    path = f"/signals/{signal.uuid}/labels"
    label(signal, "true", 2)
    label(signal, "false", source="run")
    label(signal, None)
    label(signal, None, outcome="skipped", reason_code="cannot_tell")
    label(signal, "true", at=timezone.now() - 8 * DAY)
    assert len(labels(caller.get(path))) == 5
    assert labels(caller.get(path, label="true")) == ["true", "true"]
    assert labels(caller.get(path, outcome="failed")) == [None]
    assert labels(caller.get(path, outcome="cannot_tell")) == [None]
    assert labels(caller.get(path, outcome="skipped")) == []
    assert labels(caller.get(path, source="run")) == ["false"]
    assert len(labels(caller.get(path, version=1))) == 5
    assert len(labels(caller.get(path, range="14d"))) == 6
    begin = (timezone.now() - 9 * DAY).isoformat()
    until = (timezone.now() - 7 * DAY).isoformat()
    assert labels(caller.get(path, start=begin, end=until)) == ["true"]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"label": "maybe"}, "label"),
        ({"version": 2}, "version"),
        ({"outcome": "good"}, "outcome"),
        ({"range": "7d", "start": "2026-01-01T00:00:00Z"}, "range"),
        ({"cursor": "x"}, "cursor"),
    ],
)
def test_a_filter_that_can_find_nothing_is_refused(
    caller: Caller, signal: Signal, asked: dict[str, Any], field: str
) -> None:
    refused = caller.get(f"/signals/{signal.uuid}/labels", **asked)
    assert (refused.status_code, refused.json()["field"]) == (422, field)


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_pages_of_labels_follow_each_other_in_either_order(
    caller: Caller, writer: Client, project: Project, signal: Signal, order: str
) -> None:
    label(signal, "true", 5)
    seen: list[int] = []
    cursor = ""
    while cursor is not None:
        answer = caller.get(f"/signals/{signal.uuid}/labels", order=order, limit=2, cursor=cursor)
        seen += [each["id"] for each in answer.json()["items"]]
        cursor = answer.json()["next_cursor"]
    sort = {"newest": "", "oldest": "oldest"}[order]
    page = writer.get(f"/p/{project.slug}/signals/{signal.uuid}/", {"sort": sort})
    assert seen == [each.row.id for each in page.context["rows"]]


def test_the_file_has_the_rows_of_the_list(caller: Caller, signal: Signal) -> None:
    label(signal, "true", 2)
    label(signal, "false")
    response = caller.get(f"/signals/{signal.uuid}/labels.csv", label="true", order="oldest")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["X-Request-ID"]
    text = b"".join(response.streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["label"] for row in rows] == ["true", "true"]
    assert rows[0]["url"].startswith("http")
    refused = caller.get(f"/signals/{signal.uuid}/labels.csv", label="maybe")
    assert refused.status_code == 422


def test_a_distribution_counts_what_the_page_counts(
    caller: Caller, writer: Client, project: Project, signal: Signal
) -> None:
    label(signal, "true", 3)
    label(signal, "false", 1, at=timezone.now() - 2 * DAY)
    label(signal, None, 2)
    label(signal, None, outcome="skipped", reason_code="cannot_tell")
    spread = caller.get(f"/signals/{signal.uuid}/distribution", range="7d").json()
    page = writer.get(f"/p/{project.slug}/signals/{signal.uuid}/", {"range": "7d"}).context
    assert spread["totals"] == {each.name: each.n for each in page["segments"]}
    assert spread["labelled"] == page["labelled"] == 4
    assert spread["unlabelled"] == {kind: n for kind, _name, n in page["outcomes"]}
    assert spread["shares"] == {"true": 0.75, "false": 0.25}
    assert spread["bucket"] == "hour"
    counted = [each["counts"] for each in spread["buckets"] if each["counts"]]
    assert counted == [{"false": 1}, {"true": 3}]
    assert 168 <= len(spread["buckets"]) <= 169


def test_minutes_are_told_apart_even_where_their_counts_are_gone(
    caller: Caller, signal: Signal, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = timezone.now().replace(second=30, microsecond=0) - timedelta(minutes=10)
    label(signal, "true", 2, at=at)
    path, asked = f"/signals/{signal.uuid}/distribution", {"range": "1h", "bucket": "minute"}
    kept = caller.get(path, **asked).json()
    LabelCount.objects.filter(grain="m").delete()
    monkeypatch.setattr(minutes, "are_kept", lambda _moment: False)
    gone = caller.get(path, **asked).json()
    for spread in (kept, gone):
        (bucket,) = [each for each in spread["buckets"] if each["counts"]]
        assert bucket["counts"] == {"true": 2}
        assert bucket["start"] == f"{at:%Y-%m-%dT%H:%M}:00Z"


@pytest.mark.parametrize(
    ("zone", "begin"),
    [
        ("UTC", "2026-10-24T00:00:00Z"),
        ("America/New_York", "2026-10-24T04:00:00Z"),
        ("Asia/Kolkata", "2026-10-24T18:30:00Z"),
    ],
)
def test_days_begin_at_midnight_of_the_zone(
    caller: Caller, signal: Signal, zone: str, begin: str
) -> None:
    label(signal, "true", at=datetime(2026, 10, 24, 19, 0, tzinfo=UTC))
    spread = caller.get(
        f"/signals/{signal.uuid}/distribution",
        start="2026-10-20T00:00:00Z",
        end="2026-11-05T00:00:00Z",
        time_zone=zone,
    ).json()
    assert (spread["bucket"], spread["time_zone"]) == ("day", zone)
    assert [each["start"] for each in spread["buckets"] if each["counts"]] == [begin]


def test_a_day_of_25_hours_is_one_bucket(caller: Caller, signal: Signal) -> None:
    spread = caller.get(
        f"/signals/{signal.uuid}/distribution",
        start="2026-10-24T22:00:00Z",
        end="2026-10-25T23:00:00Z",
        time_zone="Europe/Berlin",
        bucket="day",
    ).json()
    assert (spread["start"], spread["end"], len(spread["buckets"])) == (
        "2026-10-24T22:00:00Z",
        "2026-10-25T23:00:00Z",
        1,
    )


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"bucket": "minute", "range": "7d"}, "bucket"),
        ({"bucket": "week"}, "bucket"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"time_zone": ""}, "time_zone"),
    ],
)
def test_a_distribution_that_cannot_be_is_refused(
    caller: Caller, signal: Signal, asked: dict[str, Any], field: str
) -> None:
    refused = caller.get(f"/signals/{signal.uuid}/distribution", **asked)
    assert (refused.status_code, refused.json()["field"]) == (422, field)


def test_a_signal_without_labels_says_why_as_its_page_does(
    caller: Caller, writer: Client, project: Project
) -> None:
    signal = new_signal(new_agent(project), active=False)
    silence = caller.get(f"/signals/{signal.uuid}/why-no-labels").json()
    page = writer.get(f"/p/{project.slug}/signals/{signal.uuid}/").context
    assert silence["sentences"] == page["hints"]
    assert "is a draft" in silence["sentences"][0]


def test_targets_without_a_label_come_with_their_reasons(caller: Caller, signal: Signal) -> None:
    label(signal, None, 3, reason="The judge's server did not answer.")
    silence = caller.get(f"/signals/{signal.uuid}/why-no-labels").json()
    assert (silence["labelled"], silence["unlabelled"]) == (0, 3)
    assert silence["reasons"] == [
        {"outcome": "failed", "text": "The judge's server did not answer.", "n": 3}
    ]


def test_no_two_shapes_of_the_document_share_a_name() -> None:
    shapes: dict[str, type] = {}
    waiting: list[type] = [Schema]
    while waiting:
        waiting += (made := waiting.pop()).__subclasses__()
        if made.__module__.startswith("api."):
            assert shapes.setdefault(made.__name__, made) is made, made.__name__
    assert len(shapes) > 50
