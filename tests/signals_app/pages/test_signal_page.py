"""A signal's page: its figures, its table of judged targets, and why there is nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.ids import session_key, span_id_hex
from core.paging import PAGE_SIZE
from core.time_range.windows import floor
from signals_app.definition import versions
from signals_app.judging.model_server import endpoints
from signals_app.models import Classification, Signal
from teams.models import Project
from tests.html import html_of
from tests.signals_app.labelled import label, new_agent, new_signal
from tests.traces.arrivals import arrive, member, new_project, trace_id_of, turn
from traces.models import Agent

pytestmark = pytest.mark.django_db


def url_of(signal: Signal, query: str = "") -> str:
    return f"/p/{signal.project.slug}/signals/{signal.uuid}/{query}"


def opened(client: Client, signal: Signal, query: str = "") -> Any:
    response = client.get(url_of(signal, query))
    assert response.status_code == 200
    return response


def rows_of(response: Any) -> list[Classification]:
    return [target.row for target in response.context["rows"]]


def test_the_tiles_count_labels_and_leave_the_rest_out(reader: Client, signal: Signal) -> None:
    label(signal, "true", 10)
    label(signal, "false", 30)
    label(signal, None, 5, outcome="failed", reason="The judge answered 500.")
    response = opened(reader, signal)
    assert response.context["labelled"] == 40
    assert response.context["unlabelled"] == 5
    page = html_of(response)
    assert "75.0 % of 40" in page
    assert "5 failed" in page
    assert "The judge answered 500." in page


@pytest.mark.parametrize(("labels", "said"), [(29, "of 29 labels, few<"), (30, "of 30 labels<")])
def test_shares_of_fewer_than_thirty_labels_say_so(
    reader: Client, signal: Signal, labels: int, said: str
) -> None:
    label(signal, "true", labels)
    assert said in html_of(reader.get(url_of(signal)))


def test_the_chart_has_a_series_for_each_label_and_a_bucket_for_each_step(
    reader: Client, signal: Signal
) -> None:
    label(signal, "true", 3)
    figure = opened(reader, signal, "?range=24h").context["over_time"]
    assert [series["name"] for series in figure["data"]] == ["true", "false"]
    assert sum(figure["data"][0]["y"]) == 3
    assert len(figure["data"][0]["x"]) == 48


def test_a_range_leaves_out_what_was_before(reader: Client, signal: Signal) -> None:
    label(signal, "true", 2, at=timezone.now() - timedelta(hours=3))
    assert opened(reader, signal, "?range=1h").context["labelled"] == 0
    assert opened(reader, signal, "?range=6h").context["labelled"] == 2
    assert len(rows_of(opened(reader, signal, "?range=1h"))) == 0


def test_a_bad_range_falls_back_and_says_why(reader: Client, signal: Signal) -> None:
    label(signal, "true")
    response = opened(reader, signal, "?range=custom&since=yesterday")
    assert response.context["labelled"] == 1
    assert "Enter a valid date/time." in html_of(response)


def test_the_table_filters_by_label_outcome_and_source(reader: Client, signal: Signal) -> None:
    label(signal, "true")
    label(signal, "false", source="run")
    label(signal, None, reason="Too long.")
    assert [r.label for r in rows_of(opened(reader, signal, "?label=true"))] == ["true"]
    assert [r.label for r in rows_of(opened(reader, signal, "?source=run"))] == ["false"]
    assert [r.reason for r in rows_of(opened(reader, signal, "?outcome=failed"))] == ["Too long."]
    assert len(rows_of(opened(reader, signal, "?label=perhaps"))) == 3


def test_only_the_newest_revision_is_listed(reader: Client, signal: Signal) -> None:
    target = uuid4()
    label(signal, "false", target=target, is_current=False)
    label(signal, "true", target=target, revision=2)
    assert [row.label for row in rows_of(opened(reader, signal))] == ["true"]


@pytest.mark.parametrize("at_once", [False, True], ids=["a second apart", "at one moment"])
def test_pages_meet_without_gap_or_repeat(reader: Client, signal: Signal, at_once: bool) -> None:
    moment = timezone.now() - timedelta(hours=1)
    changes: dict[str, Any] = {"counted_at": moment} if at_once else {}
    made = label(signal, "true", PAGE_SIZE * 2 + 3, **changes)
    seen: list[int] = []
    response = opened(reader, signal)
    while older := response.context["page"].older:
        seen += [row.id for row in rows_of(response)]
        response = opened(reader, signal, f"?older={older}")
    seen += [row.id for row in rows_of(response)]
    assert sorted(seen) == [row.id for row in made]
    newer = response.context["page"].newer
    back = rows_of(opened(reader, signal, f"?newer={newer}"))
    assert [row.id for row in back] == seen[PAGE_SIZE : 2 * PAGE_SIZE]


@pytest.mark.parametrize("at_once", [False, True], ids=["a second apart", "at one moment"])
def test_oldest_first_is_the_same_table_turned_round(
    reader: Client, signal: Signal, at_once: bool
) -> None:
    moment = timezone.now() - timedelta(hours=1)
    changes: dict[str, Any] = {"counted_at": moment} if at_once else {}
    label(signal, "true", PAGE_SIZE * 2 + 3, **changes)
    label(signal, "false", 2)
    newest_first: list[int] = []
    response = opened(reader, signal, "?label=true")
    while older := response.context["page"].older:
        newest_first += [row.id for row in rows_of(response)]
        response = opened(reader, signal, f"?label=true&older={older}")
    newest_first += [row.id for row in rows_of(response)]
    seen: list[int] = []
    response = opened(reader, signal, "?label=true&sort=oldest")
    while newer := response.context["page"].newer:
        seen += [row.id for row in rows_of(response)]
        response = opened(reader, signal, f"?label=true&sort=oldest&newer={newer}")
    seen += [row.id for row in rows_of(response)]
    assert seen == newest_first[::-1]
    older = response.context["page"].older
    back = rows_of(opened(reader, signal, f"?label=true&sort=oldest&older={older}"))
    assert [row.id for row in back] == seen[PAGE_SIZE : 2 * PAGE_SIZE]


def test_the_head_of_the_column_turns_the_order_round(reader: Client, signal: Signal) -> None:
    label(signal, "true", PAGE_SIZE + 1)
    page = html_of(opened(reader, signal, "?range=24h&label=true"))
    assert 'aria-sort="descending"' in page
    assert 'href="?range=24h&amp;label=true&amp;sort=oldest#labels">When' in page
    assert "newest first" in page
    newer = opened(reader, signal, "?sort=oldest").context["page"].newer
    page = html_of(opened(reader, signal, f"?label=true&sort=oldest&newer={newer}"))
    assert 'aria-sort="ascending"' in page
    assert 'href="?label=true#labels">When' in page
    assert '<input type="hidden" name="sort" value="oldest">' in page  # the filters keep it
    assert "oldest first" in page


def test_an_order_that_does_not_exist_is_newest_first_and_told(
    reader: Client, signal: Signal
) -> None:
    label(signal, "true", 3)
    response = opened(reader, signal, "?sort=label")
    ids = [row.id for row in rows_of(response)]
    assert len(ids) == 3
    assert ids == [row.id for row in rows_of(opened(reader, signal))]
    assert "“label” is no order; these are newest first." in html_of(response)


def test_a_page_past_either_end_says_which(reader: Client, signal: Signal) -> None:
    label(signal, "true")
    far, long_ago = "9999999999999999-1", "1-1"
    page = html_of(opened(reader, signal, f"?sort=oldest&newer={far}"))
    assert "There is nothing newer in this range." in page
    page = html_of(opened(reader, signal, f"?older={long_ago}"))
    assert "There is nothing older in this range." in page


def test_a_broken_cursor_shows_the_first_page_and_says_so(reader: Client, signal: Signal) -> None:
    label(signal, "true")
    response = opened(reader, signal, "?older=1-x")
    assert len(rows_of(response)) == 1
    assert "That page does not exist" in html_of(response)


def test_a_row_opens_the_trace_that_was_judged(
    reader: Client, project: Project, signal: Signal
) -> None:
    arrive(project, *turn("a", said="My bag is lost"))
    label(signal, "true", target=trace_id_of("a"), explanation="Says so twice.")
    page = html_of(opened(reader, signal))
    assert f'href="/p/{project.slug}/traces/{trace_id_of("a").hex}/"' in page
    assert "My bag is lost" in page
    assert "Says so twice." in page


def test_a_row_of_a_span_opens_the_trace_at_the_span(
    reader: Client, project: Project, agent: Agent
) -> None:
    signal = new_signal(agent, scope="span", name="Per call")
    label(signal, "true", target=trace_id_of("a"))
    page = html_of(opened(reader, signal))
    assert f"/traces/{trace_id_of('a').hex}/?span={span_id_hex(7)}" in page


def test_a_row_of_a_session_opens_the_session(reader: Client, project: Project) -> None:
    arrive(project, *turn("a", session__id="chat-1"))
    agent = Agent.objects.get()
    key = session_key(agent.pk, "chat-1")
    signal = new_signal(agent, "task_outcome")
    label(signal, "completed", target=key)
    page = html_of(opened(reader, signal))
    assert f"/sessions/{key.hex}/" in page
    assert "chat-1" in page


def test_words_of_the_traffic_are_escaped(reader: Client, project: Project, agent: Agent) -> None:
    evil = "</script><script>alert(1)</script>"
    labels = [
        {"name": evil[:60], "sentiment": "positive", "meaning": evil},
        {"name": "<b>x</b>", "sentiment": "negative", "meaning": ""},
    ]
    signal = new_signal(agent, type="string", labels=labels, name=evil, prompt=evil)
    arrive(project, *turn("a", said=evil))
    label(signal, evil[:60], target=trace_id_of("a"), explanation=evil)
    assert "<script>alert" not in html_of(opened(reader, signal))


def test_labels_of_an_older_version_stay_in_the_figures(reader: Client, agent: Agent) -> None:
    signal = new_signal(agent, "sentiment")
    label(signal, "neutral", 4)
    renamed = [
        {"name": "good", "sentiment": "positive", "meaning": ""},
        {"name": "bad", "sentiment": "negative", "meaning": ""},
    ]
    versions.add(signal, type="string", prompt="p", labels=renamed, sample_rate=1)
    label(signal, "good", 6)
    response = opened(reader, signal)
    found = {segment.name: segment.n for segment in response.context["segments"]}
    assert found == {"good": 6, "bad": 0, "neutral": 4}
    assert len(rows_of(response)) == 10


def test_a_draft_says_that_it_must_be_activated(reader: Client, agent: Agent) -> None:
    page = html_of(opened(reader, new_signal(agent, active=False)))
    assert "This signal is a draft." in page


def test_a_signal_that_its_judge_stopped_says_why(reader: Client, signal: Signal) -> None:
    Signal.objects.update(state="paused", paused_reason="401: the key is refused.")
    assert "401: the key is refused." in html_of(opened(reader, signal))


def test_a_judge_in_trouble_is_named(reader: Client, signal: Signal, settings: Any) -> None:
    settings.JUDGE_BASE_URL, settings.JUDGE_MODEL = "http://127.0.0.1:9/v1", "model-1"
    assert "in trouble" not in html_of(opened(reader, signal))
    endpoints.note_error("model-1", "500: the GPU is on fire", timezone.now())
    assert "500: the GPU is on fire" in html_of(opened(reader, signal))


def test_the_offline_judge_is_named(reader: Client, signal: Signal, settings: Any) -> None:
    settings.JUDGE_BASE_URL = settings.JUDGE_API_KEY = ""
    assert "The offline judge is answering." in html_of(opened(reader, signal))
    settings.JUDGE_API_KEY = "key"
    assert "The offline judge is answering." not in html_of(opened(reader, signal))


def test_a_stranger_finds_nothing(client: Client, signal: Signal) -> None:
    client.force_login(member(new_project("Theirs")))
    assert client.get(url_of(signal)).status_code == 404


def test_a_signal_of_another_project_is_not_there(reader: Client, project: Project) -> None:
    theirs = new_signal(new_agent(new_project("Theirs")))
    assert reader.get(f"/p/{project.slug}/signals/{theirs.uuid}/").status_code == 404


def test_it_is_only_read(reader: Client, signal: Signal) -> None:
    assert reader.post(url_of(signal)).status_code == 405


def test_more_labels_cost_no_more_queries(reader: Client, project: Project, signal: Signal) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            opened(reader, signal)
        return len(captured)

    label(signal, "true")
    label(signal, None)
    queries()  # the first page that is opened is remembered
    before = queries()
    label(signal, "false", 40)
    assert queries() == before
    assert before <= 36


def bars_of(response: Any) -> dict[str, Any]:
    return {bar["name"]: bar for bar in response.context["over_time"]["data"]}


def test_the_chart_over_time_shows_counts_or_shares(reader: Client, signal: Signal) -> None:
    at = floor(timezone.now() - timedelta(days=2), timedelta(hours=3)) + timedelta(hours=1)
    label(signal, "true", 10, at=at)
    label(signal, "false", 30, at=at)
    label(signal, "false", 5, at=at - timedelta(days=1))
    counted = bars_of(opened(reader, signal))
    assert sorted(counted["false"]["y"])[-2:] == [5, 30]
    shared = bars_of(opened(reader, signal, "?bars=share"))
    by_bucket = zip(*(shared["false"][key] for key in ("y", "customdata")), strict=True)
    known = [(value, said) for value, said in by_bucket if value is not None]
    assert known == [(100, "100 %, 5 of 5"), (75, "75.0 %, 30 of 40")]
    pale = zip(shared["false"]["y"], shared["false"]["marker"]["opacity"], strict=True)
    assert [shade for value, shade in pale if value is not None] == [0.55, 1]


def test_an_unknown_kind_of_bars_shows_counts(reader: Client, signal: Signal) -> None:
    label(signal, "true", 3)
    assert sum(bars_of(opened(reader, signal, "?bars=pies"))["true"]["y"]) == 3


def test_a_range_that_is_over_promises_no_label(reader: Client, signal: Signal) -> None:
    page = opened(reader, signal, "?range=custom&since=2026-01-01&until=2026-01-02")
    words = html_of(page)
    assert "This range ends before the signal was made" in words
    assert "A run over past traffic judges what came in then." in words
    assert "by itself" not in words.partition('id="history"')[0]


def test_figures_lead_to_the_rows_behind_them(reader: Client, signal: Signal) -> None:
    label(signal, "true", 2)
    label(signal, None, 3, reason="It broke.")
    words = html_of(opened(reader, signal))
    assert '<a href="?outcome=failed#labels">3 failed</a>' in words
    assert '<a href="?label=true#labels">true</a>' in words


def test_a_session_is_called_by_what_was_asked_first(
    reader: Client, project: Project, agent: Agent
) -> None:
    now = timezone.now()
    for minutes, said in ((9, "Where is my bag?"), (5, "Still waiting")):
        at = now - timedelta(minutes=minutes)
        arrive(project, *turn(f"t{minutes}", at=at, said=said, session__id="chat-7"))
    signal = new_signal(Agent.objects.get(name="support"), "task_outcome", name="Outcome")
    label(signal, "completed", target=session_key(signal.agent_id, "chat-7"))
    label(signal, "failed")
    rows = {row.row.label: row for row in opened(reader, signal).context["rows"]}
    assert (rows["completed"].title, rows["completed"].id_in_words) == (
        "Where is my bag?",
        "chat-7",
    )
    assert (rows["failed"].title, rows["failed"].id_in_words) == ("no longer stored", "")
