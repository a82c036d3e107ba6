"""One session: the whole conversation over its traces."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from teams.models import Project
from tests.html import html_of
from tests.traces.arrivals import arrive, new_project, trace_id_of, turn
from traces import conversations
from traces.figures.sessions import MOST_TURNS
from traces.models import Session
from traces.store import bounded_reading

pytestmark = pytest.mark.django_db


def address(project: Project) -> str:
    return f"/p/{project.slug}/sessions/{Session.objects.get(project_id=project.pk).key.hex}/"


def arrive_turns(project: Project, count: int, first: int = 0) -> None:
    begin = timezone.now() - timedelta(hours=5)
    for number in range(first, first + count):
        at = begin + timedelta(seconds=number)
        said = {"said": f"question {number}", "answer": f"answer {number}"}
        arrive(project, *turn(str(number), at=at, session__id="chat/7", user__id="ann", **said))


def test_the_turns_stand_in_the_order_in_which_they_happened(
    reader: Client, project: Project
) -> None:
    arrive_turns(project, 3)
    response = reader.get(address(project))
    page = html_of(response)
    places = [page.index(f"{word} {n}") for n in range(3) for word in ("question", "answer")]
    assert places == sorted(places)
    assert [t.number for t in response.context["conversation"].turns] == [1, 2, 3]
    assert f"/traces/{trace_id_of('1').hex}/" in page
    assert "chat/7" in page
    assert "ann" in page


def test_a_list_of_traces_leads_to_the_session(reader: Client, project: Project) -> None:
    arrive_turns(project, 1)
    assert address(project) in html_of(reader.get(f"/p/{project.slug}/traces/"))
    trace = html_of(reader.get(f"/p/{project.slug}/traces/{trace_id_of('0').hex}/"))
    assert address(project) in trace


@pytest.mark.slow
def test_a_long_session_has_pages_and_its_turns_keep_their_numbers(
    reader: Client, project: Project
) -> None:
    arrive_turns(project, 2 * MOST_TURNS + 2)
    newest = reader.get(address(project))
    shown: list[list[int]] = []
    response = newest
    while True:
        conversation = response.context["conversation"]
        shown.append([turn.number for turn in conversation.turns])
        first = shown[-1][0]
        assert f"question {first - 1}<" in html_of(response)
        if not conversation.page.older:
            break
        assert "Earlier turns" in html_of(response)
        response = reader.get(address(project), {"older": conversation.page.older})
    assert shown == [list(range(103, 203)), list(range(3, 103)), [1, 2]]
    later = response.context["conversation"].page.newer
    back = reader.get(address(project), {"newer": later}).context["conversation"]
    assert [turn.number for turn in back.turns] == shown[1]
    assert "Turns 103 to 202 of 202" in html_of(newest)
    assert "Later turns" not in html_of(newest)


def test_a_page_of_large_turns_shows_fewer_and_leads_to_the_others(
    reader: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive_turns(project, 10)
    size = sum(
        size.bytes for size in bounded_reading.sizes(project.pk, [trace_id_of("3")]).values()
    )
    monkeypatch.setattr(conversations, "MOST_BYTES", 4 * size)
    response = reader.get(address(project))
    assert "Turns 7 to 10 of 10" in html_of(response)
    assert "Later turns" not in html_of(response)
    shown = []
    while True:
        conversation = response.context["conversation"]
        shown.append([turn.number for turn in conversation.turns])
        assert all(turn.drawn.bubbles for turn in conversation.turns)
        if not conversation.page.older:
            break
        response = reader.get(address(project), {"older": conversation.page.older})
    assert shown == [[7, 8, 9, 10], [3, 4, 5, 6], [1, 2]]
    response = reader.get(address(project), {"newer": conversation.page.newer})
    assert [turn.number for turn in response.context["conversation"].turns] == [3, 4, 5, 6]
    later = response.context["conversation"].page.newer
    response = reader.get(address(project), {"newer": later})
    assert [turn.number for turn in response.context["conversation"].turns] == [7, 8, 9, 10]
    assert not response.context["conversation"].page.newer


def test_a_turn_larger_than_a_page_is_shown_alone(
    reader: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive_turns(project, 3)
    monkeypatch.setattr(conversations, "MOST_BYTES", 1)
    conversation = reader.get(address(project)).context["conversation"]
    assert [turn.number for turn in conversation.turns] == [3]
    assert conversation.page.older


def test_a_page_of_turns_that_does_not_exist_is_the_newest(
    reader: Client, project: Project
) -> None:
    arrive_turns(project, 2)
    for strange in ("x", "1-2", "9" * 5_000, "0-" + "0" * 32 + "x"):
        page = reader.get(address(project), {"older": strange})
        assert page.status_code == 200
        assert "That page does not exist" in html_of(page)
        assert len(page.context["conversation"].turns) == 2
    nothing = reader.get(address(project), {"older": "0-" + "0" * 32})
    assert (nothing.status_code, nothing.context["conversation"].turns) == (200, [])


def test_strangers_and_unknown_sessions_get_404(reader: Client, project: Project) -> None:
    theirs = new_project("Theirs")
    arrive_turns(theirs, 1)
    assert reader.get(address(theirs)).status_code == 404
    key = Session.objects.get(project_id=theirs.pk).key.hex
    assert reader.get(f"/p/{project.slug}/sessions/{key}/").status_code == 404
    assert reader.get(f"/p/{project.slug}/sessions/{uuid4().hex}/").status_code == 404


def test_only_reading_is_allowed(reader: Client, project: Project) -> None:
    arrive_turns(project, 1)
    assert reader.post(address(project)).status_code == 405


@pytest.mark.slow
def test_more_turns_take_no_more_queries(reader: Client, project: Project) -> None:
    arrive_turns(project, 2)
    reader.get(address(project))
    with CaptureQueriesContext(connection) as few:
        reader.get(address(project))
    arrive_turns(project, 10, first=2)
    with CaptureQueriesContext(connection) as many:
        reader.get(address(project))
    assert len(many) == len(few)


def test_hostile_text_stays_text(reader: Client, project: Project) -> None:
    said = "<script>alert(1)</script>\u202e"
    arrive(project, *turn("x", said=said, session__id="<b>s</b>", user__id="<i>u</i>"))
    page = reader.get(address(project)).content.decode()
    for live in ("<script>alert", "<b>s", "<i>u", "\u202e"):
        assert live not in page
