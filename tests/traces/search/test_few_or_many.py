"""Traces that rows of other tables name: the same are found whichever way is taken."""

from __future__ import annotations

import pytest
from django.db.models import OuterRef, Q

from teams.models import Project
from tests.traces.arrivals import arrive, new_project, span, trace_id_of
from traces.models import Agent, AgentTrace, Trace
from traces.search import id_list_or_scan
from traces.search.id_list_or_scan import Named, named_by

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch) -> Project:
    """Three traces are many here: "busy" took part in 1, 2 and 3, "idle" in 3 and 4."""
    monkeypatch.setattr(id_list_or_scan, "MOST_LISTED", 2)
    project = new_project()
    for name in "123":
        arrive(project, span(name, agent__name="busy"))
    for name in "34":
        arrive(project, span(name, "call", agent__name="idle"))
    return project


def of_agent(project: Project, name: str) -> Named:
    agent = Agent.objects.get(project=project, name=name)
    runs = AgentTrace.objects.of_project(project.pk).of_agent(agent.pk)
    return Named(runs, "trace_id", runs.of_trace(OuterRef("trace_id")).values("trace_id"))


def asked_row_by_row(project: Project, condition: Q) -> bool:
    return '"agent_trace"' in str(Trace.objects.of_project(project.pk).filter(condition).query)


def names_of(project: Project, condition: Q) -> str:
    names = {trace_id_of(name): name for name in "1234"}
    ids = Trace.objects.of_project(project.pk).filter(condition).ids()
    return "".join(sorted(names[each] for each in ids))


def test_few_are_looked_up_and_many_are_asked_for_row_by_row(project: Project) -> None:
    few, many = named_by(of_agent(project, "idle")), named_by(of_agent(project, "busy"))
    assert (names_of(project, few), asked_row_by_row(project, few)) == ("34", False)
    assert (names_of(project, many), asked_row_by_row(project, many)) == ("123", True)


@pytest.mark.parametrize("names", [("busy", "idle"), ("idle", "busy")], ids=" then ".join)
def test_where_one_names_few_the_other_is_asked_about_these_alone(
    project: Project, names: tuple[str, str]
) -> None:
    both = named_by(*(of_agent(project, name) for name in names))
    assert (names_of(project, both), asked_row_by_row(project, both)) == ("3", False)


def test_where_all_name_many_each_is_asked_for_row_by_row(project: Project) -> None:
    both = named_by(of_agent(project, "busy"), of_agent(project, "busy"))
    assert (names_of(project, both), asked_row_by_row(project, both)) == ("123", True)


def test_nothing_is_named_by_no_rows_and_everything_by_no_table(project: Project) -> None:
    nobody = of_agent(project, "busy")
    nobody = Named(nobody.rows.none(), "trace_id", nobody.of_one.none())
    assert names_of(project, named_by(nobody, of_agent(project, "busy"))) == ""
    assert names_of(project, named_by()) == "1234"
