"""The further filters of the traces list: each finds exactly the right traces."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from teams.models import Project
from tests.traces.arrivals import arrive, span, turn
from traces.models import Agent, Trace
from traces.models.querysets import TraceQuerySet
from traces.search import id_list_or_scan
from traces.search.facets import Facet, count

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def traffic(project: Project) -> Project:
    """Three traces: a plain one, a big one of another shop, and one without a model call."""
    web = {"service.name": "web", "deployment.environment.name": "production"}
    app = {"service.name": "app", "deployment.environment.name": "staging"}
    arrive(project, *turn("1", said="plain", resource=web, metadata=json.dumps({"plan": "pro"})))
    big: dict[str, Any] = {
        "llm__model_name": "big-model",
        "llm__provider": "acme",
        "llm__token_count__prompt": 5000,
        "llm__token_count__completion": 500,
        "llm__cost__total": 0.25,
        "openinference__span__kind": "LLM",
    }
    noted = json.dumps({"plan": "pro=max", "seats": 7, "trial": True})
    agent: dict[str, Any] = {"openinference__span__kind": "AGENT", "input__value": "big"}
    root = span("2", took_ms=9000, resource=app, agent__name="support", metadata=noted, **agent)
    find: dict[str, Any] = {"openinference__span__kind": "TOOL", "tool__name": "find"}
    read: dict[str, Any] = {"openinference__span__kind": "RETRIEVER"}
    arrive(project, root, span("2", "chat", "root", resource=app, **big))
    arrive(project, span("2", "find", "root", **find), span("2", "read", "root", **read))
    quick: dict[str, Any] = {"openinference__span__kind": "CHAIN", "input__value": "quick"}
    arrive(project, span("3", took_ms=100, resource=web, agent__name="batch", **quick))
    return project


def names_on(client: Client, project: Project, query: str) -> list[str]:
    response = client.get(f"/p/{project.slug}/traces/{query}")
    assert response.status_code == 200
    return sorted(row.trace.input_preview for row in response.context["rows"])


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("?model=big-model", ["big"]),
        ("?model=BIG-model", []),
        ("?provider=acme", ["big"]),
        ("?service=web", ["plain", "quick"]),
        ("?environment=staging", ["big"]),
        ("?environment=production&service=app", []),
        ("?kind=llm", ["big", "plain"]),
        ("?kind=tool", ["big"]),
        ("?kind=retriever", ["big"]),
        ("?kind=chain", ["quick"]),
        ("?min_s=9", ["big"]),
        ("?max_s=0.1", ["quick"]),
        ("?min_s=0.5&max_s=2", ["plain"]),
        ("?min_tokens=5500", ["big"]),
        ("?min_tokens=5501", []),
        ("?max_tokens=120", ["plain"]),
        ("?min_usd=0.25", ["big"]),
        ("?max_usd=0.2", []),
        ("?meta=plan%3Dpro", ["plain"]),
        ("?meta=plan%3Dpro%3Dmax", ["big"]),
        ("?meta=seats%3D7", ["big"]),
        ("?meta=trial%3Dtrue", ["big"]),
        ("?meta=plan%3D", []),
        ("?meta=seats%3D7&meta=plan%3Dpro", []),
        ("?meta=seats%3D7&meta=&kind=tool&min_s=1&model=big-model", ["big"]),
        ("?max_s=0", []),
    ],
)
def test_a_filter_leaves_exactly_what_it_says(
    reader: Client, traffic: Project, query: str, left: list[str]
) -> None:
    assert names_on(reader, traffic, query) == left


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?meta=plan", "Write key=value"),
        ("?meta=%3Dpro", "Write key=value"),
        ("?meta=a%3D%00", "Null characters are not allowed"),
        ("?meta=a%3D" + "x" * 600, "at most 500 characters"),
        ("?" + "&".join(f"meta=a%3D{n}" for n in range(6)), "At most 5 pairs"),
        ("?kind=odd", "Select a valid choice"),
        ("?min_s=soon", "Enter a number"),
        ("?min_s=nan", "Enter a number"),
        ("?min_s=1e300", "less than or equal"),
        ("?min_tokens=-1", "greater than or equal"),
        ("?min_usd=3&max_usd=2", "below the least"),
    ],
)
def test_bad_input_is_left_out_and_told(
    reader: Client, traffic: Project, query: str, sentence: str
) -> None:
    response = reader.get(f"/p/{traffic.slug}/traces/{query}")
    assert response.status_code == 200
    assert sentence in response.content.decode()


def test_each_filter_stands_as_a_chip_that_takes_it_away(reader: Client, traffic: Project) -> None:
    page = reader.get(f"/p/{traffic.slug}/traces/?meta=a%3D1&meta=b%3D2&min_s=3&more=1")
    left = {chip.text: chip.url for chip in page.context["chips"]}
    assert set(left) == {"a=1", "b=2", "3.0"}
    assert left["a=1"] == "?meta=b%3D2&min_s=3"
    assert left["3.0"] == "?meta=a%3D1&meta=b%3D2"


def test_zero_is_a_limit_like_any_other(reader: Client, traffic: Project) -> None:
    page = reader.get(f"/p/{traffic.slug}/traces/?max_usd=0")
    assert [chip.text for chip in page.context["chips"]] == ["0.0"]
    assert "No trace matches" in page.content.decode()


def facet(client: Client, project: Project, name: str, query: str) -> Facet:
    response = client.get(f"/p/{project.slug}/traces/{query}")
    found: Facet
    (found,) = [each for each in response.context["found"].facets.each if each.name == name]
    return found


def counts(found: Facet) -> dict[str, int | None]:
    return {value.text: value.count for value in found.values}


def test_facets_count_what_the_other_filters_leave(reader: Client, traffic: Project) -> None:
    assert counts(facet(reader, traffic, "service", "?more=1")) == {"web": 2, "app": 1}
    assert counts(facet(reader, traffic, "service", "?kind=llm")) == {"web": 1, "app": 1}
    assert counts(facet(reader, traffic, "service", "?service=app")) == {"web": 2, "app": 1}
    assert counts(facet(reader, traffic, "environment", "?service=app")) == {"staging": 1}


def test_a_choice_that_no_trace_bears_stays_in_the_select(reader: Client, traffic: Project) -> None:
    assert counts(facet(reader, traffic, "service", "?service=gone&q=nothing")) == {"gone": None}


def test_facets_are_counted_only_where_they_show(reader: Client, traffic: Project) -> None:
    response = reader.get(f"/p/{traffic.slug}/traces/")
    assert response.context["found"].facets is None
    assert "more=1" in response.content.decode()


def test_the_count_of_a_facet_leaves_its_own_choice_out() -> None:
    groups = [(("m", "p", "s", "e"), 3), (("n", "p", "s", None), 2), (("n", "q", "s", "e"), 1)]
    chosen = {"model": "n", "provider": "p"}
    assert count("model", chosen, groups) == {"m": 3, "n": 2}
    assert count("provider", chosen, groups) == {"p": 2, "q": 1}
    assert count("environment", chosen, groups) == {}


def test_further_filters_cost_one_statement_whatever_the_rows(
    reader: Client, traffic: Project
) -> None:
    def asked(query: str) -> int:
        with CaptureQueriesContext(connection) as caught:
            assert reader.get(f"/p/{traffic.slug}/traces/{query}").status_code == 200
        return len([each for each in caught if "SAVEPOINT" not in each["sql"]])

    asked("")
    few = asked("?more=1&min_s=0.5&kind=llm")
    arrive(traffic, *(each for n in range(30) for each in turn(f"more {n}")))
    assert asked("?more=1&min_s=0.5&kind=llm") == few


def slow_traces(settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Make every list of traces sleep, as a huge table would."""
    setattr(settings, name, 50)

    def sleeping(self: TraceQuerySet, start: Any, end: Any) -> Any:
        return self.extra(where=["pg_sleep(0.2) IS NOT NULL"])

    monkeypatch.setattr(TraceQuerySet, "between", sleeping)


def test_a_search_that_takes_too_long_is_stopped_and_says_so(
    reader: Client, traffic: Project, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_traces(settings, monkeypatch, "SEARCH_PATIENCE_MS")
    page = reader.get(f"/p/{traffic.slug}/traces/").content.decode()
    assert "This search took too long and was stopped" in page
    assert "No trace matches" not in page


@pytest.mark.slow
def test_counts_that_take_too_long_are_left_out(
    reader: Client, traffic: Project, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_traces(settings, monkeypatch, "COUNT_PATIENCE_MS")
    response = reader.get(f"/p/{traffic.slug}/traces/?service=web")
    assert len(response.context["rows"]) == 2
    assert "Counting values took too long" in response.content.decode()
    assert Trace.objects.count() == 3  # the connection goes on without the limit


@pytest.mark.slow
def test_a_page_that_holds_all_needs_no_counting(
    reader: Client, traffic: Project, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_traces(settings, monkeypatch, "COUNT_PATIENCE_MS")
    page = reader.get(f"/p/{traffic.slug}/traces/?more=1").context["found"]
    assert (page.count, page.is_counted) == (3, True)
    found = next(facet for facet in page.facets.each if facet.name == "service")
    assert (counts(found), page.facets.of) == ({"web": 2, "app": 1}, 3)


@pytest.mark.parametrize("most", [0, 2_500])
def test_few_and_many_find_the_same(
    reader: Client, traffic: Project, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(id_list_or_scan, "MOST_LISTED", most)
    agent = Agent.objects.get(project=traffic, name="batch")
    assert names_on(reader, traffic, f"?agent={agent.uuid}") == ["quick"]
    assert names_on(reader, traffic, "?q=big") == ["big"]
    assert names_on(reader, traffic, "?meta=seats%3D7&meta=trial%3Dtrue") == ["big"]
