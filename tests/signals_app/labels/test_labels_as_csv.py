"""The labels of a signal as a CSV file, under the filters of the page."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from signals_app.labels import label_csv
from signals_app.models import Signal
from teams.models import Project, User
from tests.signals_app.labelled import label, new_agent, new_signal
from tests.traces.arrivals import arrive, member, new_project, trace_id_of, turn
from traces.models import Agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(project: Project) -> User:
    return member(project, "viewer")


@pytest.fixture
def reader(client: Client, person: User) -> Client:
    client.force_login(person)
    return client


def url_of(signal: Signal, query: str = "") -> str:
    return f"/p/{signal.project.slug}/signals/{signal.uuid}/labels.csv{query}"


def text_of(client: Client, signal: Signal, query: str = "") -> str:
    response: Any = client.get(url_of(signal, query))
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode()


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_each_judged_target_is_a_row(reader: Client, project: Project) -> None:
    arrive(project, *turn("a", said="My bag is lost"))
    signal = new_signal(Agent.objects.get())
    label(signal, "true", target=trace_id_of("a"), explanation='Says "lost", twice.')
    label(signal, None, reason="Too long.", at=timezone.now() - timedelta(hours=1))
    first, second = rows_of(text_of(reader, signal))
    assert (first["label"], first["outcome"]) == ("true", "labelled")
    assert (first["explanation"], first["title"]) == ('Says "lost", twice.', "My bag is lost")
    address = f"http://testserver/p/{project.slug}/traces/{trace_id_of('a').hex}/"
    assert first["url"] == address
    assert (second["label"], second["outcome"], second["reason"]) == ("", "failed", "Too long.")


def test_the_filters_of_the_page_hold(reader: Client, signal: Signal) -> None:
    label(signal, "true", 3)
    label(signal, "false", 2, source="run")
    label(signal, None)
    label(signal, "true", 4, at=timezone.now() - timedelta(days=20))
    for query, count in {
        "": 6,
        "?label=true": 3,
        "?source=run": 2,
        "?outcome=failed": 1,
        "?range=30d": 10,
        "?label=true&range=30d": 7,
    }.items():
        assert len(rows_of(text_of(reader, signal, query))) == count, query


def test_bad_filters_are_left_out_as_on_the_page(reader: Client, signal: Signal) -> None:
    label(signal, "true", 3)
    assert len(rows_of(text_of(reader, signal, "?label=perhaps&range=9y&older=x"))) == 3


def test_all_pages_come_without_gap_or_repeat(
    reader: Client, signal: Signal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(label_csv, "BATCH", 4)
    label(signal, "true", 11)
    label(signal, "false", 5, counted_at=timezone.now() - timedelta(hours=1))
    times = [row["counted_at"] for row in rows_of(text_of(reader, signal))]
    assert len(times) == 16
    assert times == sorted(times, reverse=True)


def test_the_order_of_the_page_holds(
    reader: Client, signal: Signal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(label_csv, "BATCH", 4)
    label(signal, "true", 11)
    label(signal, "false", 5, counted_at=timezone.now() - timedelta(hours=1))
    newest_first = rows_of(text_of(reader, signal))
    assert rows_of(text_of(reader, signal, "?sort=oldest")) == newest_first[::-1]
    page = reader.get(f"/p/{signal.project.slug}/signals/{signal.uuid}/?sort=oldest")
    assert "labels.csv?sort=oldest" in page.content.decode()


def test_a_row_costs_no_query(
    reader: Client, signal: Signal, monkeypatch: pytest.MonkeyPatch
) -> None:
    label(signal, "true", 2)
    text_of(reader, signal)
    with CaptureQueriesContext(connection) as few:
        text_of(reader, signal)
    label(signal, "true", 40)
    with CaptureQueriesContext(connection) as many:
        text_of(reader, signal)
    assert len(many) == len(few)
    monkeypatch.setattr(label_csv, "BATCH", 21)
    with CaptureQueriesContext(connection) as two_batches:
        text_of(reader, signal)
    assert len(two_batches) == len(many) + 3  # rows, names and versions once more


def test_words_of_strangers_are_no_formula(reader: Client, signal: Signal) -> None:
    label(signal, "true", explanation="=1+1", reason="@SUM(A1)")
    (row,) = rows_of(text_of(reader, signal))
    assert (row["explanation"], row["reason"]) == ("'=1+1", "'@SUM(A1)")


@pytest.mark.parametrize(
    ("name", "start"),
    [
        pytest.param("User frustration", "user-frustration-labels-", id="plain"),
        pytest.param('a"; filename="evil.exe\r\nX: y', "a-filenameevilexe", id="header"),
        pytest.param("../../etc/passwd", "etcpasswd-labels-", id="path"),
        pytest.param("挫折", "signal-labels-", id="no letters of ours"),
    ],
)
def test_the_file_is_named_safely(reader: Client, project: Project, name: str, start: str) -> None:
    signal = new_signal(new_agent(project, name[:20]), name=name)
    given = reader.get(url_of(signal))["Content-Disposition"]
    assert given.startswith(f'attachment; filename="{start}')
    assert given.count('"') == 2
    assert given.endswith('.csv"')


def test_under_asgi_the_file_is_streamed(person: User, signal: Signal) -> None:
    label(signal, "true", 3)
    client = AsyncClient()
    client.force_login(person)

    async def read() -> list[bytes]:
        response: Any = await client.get(url_of(signal))
        assert response.is_async
        return [part async for part in response.streaming_content]

    parts = async_to_sync(read)()
    assert len(parts) == 2  # the header, and one batch
    assert len(rows_of(b"".join(parts).decode())) == 3


def test_a_stranger_finds_nothing_and_nobody_writes(
    reader: Client, project: Project, signal: Signal
) -> None:
    theirs = new_signal(new_agent(new_project("Theirs")))
    assert reader.get(url_of(theirs)).status_code == 404
    assert reader.get(f"/p/{project.slug}/signals/{theirs.uuid}/labels.csv").status_code == 404
    assert reader.get(f"/p/{project.slug}/signals/{uuid4()}/labels.csv").status_code == 404
    assert reader.post(url_of(signal)).status_code == 405


def test_the_page_links_to_the_file_with_its_filters(reader: Client, signal: Signal) -> None:
    label(signal, "true", 60)
    page = reader.get(f"/p/{signal.project.slug}/signals/{signal.uuid}/?label=true&range=30d")
    assert f'href="{url_of(signal)}?label=true&amp;range=30d"' in page.content.decode()


def test_the_filter_form_keeps_every_value_of_a_repeated_parameter(
    reader: Client, signal: Signal
) -> None:
    page = reader.get(f"/p/{signal.project.slug}/signals/{signal.uuid}/?x=1&x=2&label=true")
    form = page.content.decode().partition('id="labels"')[2]
    assert form.count('type="hidden" name="x"') == 2
