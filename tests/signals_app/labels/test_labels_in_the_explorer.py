"""Labels in the trace explorer: filters that find exactly the right traces, chips, notes."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.ids import session_key, span_id_from_bytes
from signals_app.labels import trace_labels
from signals_app.models import Classification, Scope, Signal, SignalVersion
from teams.models import Project
from tests.traces.arrivals import arrive, member, new_project, span_id_of, trace_id_of, turn
from traces.models import Agent
from traces.search import id_list_or_scan

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(params=[0, id_list_or_scan.MOST_LISTED], ids=["many rows", "few rows"])
def reader(
    client: Client,
    project: Project,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Client:
    """Every filter is asked in both ways: row by row, and by ids."""
    monkeypatch.setattr(id_list_or_scan, "MOST_LISTED", request.param)
    client.force_login(member(project, "viewer"))
    return client


def new_signal(
    project: Project, name: str, scope: str = "trace", agent: str = "support", number: int = 1
) -> SignalVersion:
    signal, _ = Signal.objects.get_or_create(
        project=project,
        agent=Agent.objects.get(project=project, name=agent),
        name=name,
        scope=scope,
    )
    labels = [
        {"name": "true", "sentiment": "negative", "meaning": ""},
        {"name": "false", "sentiment": "positive", "meaning": ""},
    ]
    return SignalVersion.objects.create(
        signal=signal, number=number, type="binary", prompt="?", labels=labels, sample_rate=1
    )


def judged(version: SignalVersion, trace: str, label: str | None, **more: Any) -> None:
    """A classification of the trace called `trace`, of its model call, or of session `trace`."""
    signal, now = version.signal, timezone.now()
    target = trace_id_of(trace)
    if signal.scope == Scope.SESSION:
        target = session_key(signal.agent_id, trace)
    is_span = signal.scope == Scope.SPAN
    fields: dict[str, Any] = {
        "project_id": signal.project_id,
        "id": Classification.objects.count() + 1,
        "signal_id": signal.pk,
        "version_id": version.pk,
        "agent_id": signal.agent_id,
        "scope": signal.scope,
        "target": target,
        "span_id": span_id_from_bytes(span_id_of(trace, "chat")) if is_span else 0,
        "target_time": now,
        "source": "live",
        "outcome": "labelled" if label else "failed",
        "label": label,
        "explanation": "It says so." if label else "",
        "reason": "" if label else "The judge answered with a label that does not exist.",
        "sample_rate": 1,
        "judge_model": "little-judge",
        "created_at": now,
        "counted_at": now,
    }
    Classification.objects.create(**fields | more)


def left_by(
    client: Client, project: Project, *labels: tuple[SignalVersion, str], **more: str
) -> str:
    """The inputs of the traces that `signal = label` filters leave, sorted."""
    query = urlencode(
        [("label", f"{v.signal.uuid}:{name}") for v, name in labels] + [*more.items()]
    )
    response = client.get(f"/p/{project.slug}/traces/?{query}")
    assert not response.context["form"].errors
    return "".join(sorted(row.trace.input_preview for row in response.context["rows"]))


def arrive_abc(project: Project) -> None:
    for name in "abc":
        arrive(project, *turn(name, said=name, session__id=f"s-{name}"))


@pytest.mark.parametrize("scope", ["span", "trace", "session"])
def test_one_label_finds_exactly_the_traces_that_bear_it(
    reader: Client, project: Project, scope: str
) -> None:
    arrive_abc(project)
    version = new_signal(project, "Frustration", scope)
    prefix = "s-" if scope == "session" else ""
    judged(version, f"{prefix}a", "true")
    judged(version, f"{prefix}b", "false")
    assert left_by(reader, project, (version, "true")) == "a"
    assert left_by(reader, project, (version, "false")) == "b"
    assert left_by(reader, project, (version, "")) == "c"


def test_labels_of_one_signal_are_alternatives(reader: Client, project: Project) -> None:
    arrive_abc(project)
    version = new_signal(project, "Frustration")
    judged(version, "a", "true")
    judged(version, "b", "false")
    assert left_by(reader, project, (version, "true"), (version, "false")) == "ab"
    assert left_by(reader, project, (version, "true"), (version, "")) == "ac"


def test_labels_of_different_signals_must_all_be_there(reader: Client, project: Project) -> None:
    arrive_abc(project)
    one, two = new_signal(project, "Frustration"), new_signal(project, "Outcome", "session")
    judged(one, "a", "true")
    judged(one, "b", "true")
    judged(two, "s-b", "false")
    judged(two, "s-c", "false")
    assert left_by(reader, project, (one, "true"), (two, "false")) == "b"
    assert left_by(reader, project, (one, "true"), (two, "")) == "a"


def test_a_label_filter_goes_together_with_the_others(reader: Client, project: Project) -> None:
    arrive_abc(project)
    version = new_signal(project, "Frustration")
    for name in "abc":
        judged(version, name, "true")
    assert left_by(reader, project, (version, "true"), session="s-b") == "b"


def test_no_label_leaves_out_agents_that_the_signal_does_not_judge(
    reader: Client, project: Project
) -> None:
    arrive_abc(project)
    arrive(project, *turn("x", agent="other", said="x"))
    version = new_signal(project, "Frustration")
    judged(version, "a", "true")
    judged(version, "b", None)  # a failure is no label
    assert left_by(reader, project, (version, "")) == "bc"


def test_the_label_of_the_newest_version_counts(reader: Client, project: Project) -> None:
    arrive_abc(project)
    first = new_signal(project, "Frustration")
    judged(first, "a", "true")
    judged(first, "b", "true")
    second = new_signal(project, "Frustration", number=2)
    judged(second, "a", "false")
    assert left_by(reader, project, (second, "true")) == "b"
    assert left_by(reader, project, (second, "false")) == "a"


def test_a_judgement_that_was_superseded_does_not_count(reader: Client, project: Project) -> None:
    arrive_abc(project)
    version = new_signal(project, "Frustration")
    judged(version, "a", "true", is_current=False)
    judged(version, "a", "false", revision=2)
    assert left_by(reader, project, (version, "true")) == ""
    assert left_by(reader, project, (version, "false")) == "a"


def test_another_projects_labels_change_nothing(reader: Client, project: Project) -> None:
    arrive_abc(project)
    theirs = new_project("Theirs")
    arrive(theirs, *turn("a"))
    version = new_signal(theirs, "Frustration")
    judged(version, "a", "true")
    query = urlencode({"label": f"{version.signal.uuid}:true"})
    response = reader.get(f"/p/{project.slug}/traces/?{query}")
    assert "Select a valid choice" in response.content.decode()
    assert len(response.context["rows"]) == 3


def test_a_select_that_was_left_alone_filters_nothing(reader: Client, project: Project) -> None:
    arrive_abc(project)
    version = new_signal(project, "Frustration")
    judged(version, "a", "true")
    empty = f"?q=&agent=&status=&session=&user=&label={version.signal.uuid}:true&label="
    response = reader.get(f"/p/{project.slug}/traces/{empty}")
    assert not response.context["form"].errors
    assert response.context["found"].count == 1
    assert [chip.url for chip in response.context["chips"]] == ["?"]
    assert not reader.get(f"/p/{project.slug}/traces/?label=").context["form"].errors


def test_each_label_filter_can_be_taken_away_alone(reader: Client, project: Project) -> None:
    arrive_abc(project)
    version = new_signal(project, "Frustration")
    values = [f"{version.signal.uuid}:true", f"{version.signal.uuid}:false"]
    query = urlencode([("label", value) for value in values] + [("user", "u")])
    chips = reader.get(f"/p/{project.slug}/traces/?{query}").context["chips"]
    assert [chip.text for chip in chips] == ["u", "Frustration = true", "Frustration = false"]
    left = urlencode([("label", values[1]), ("user", "u")])
    assert chips[1].url == f"?{left}"


def test_rows_show_labels_of_trace_spans_and_session(reader: Client, project: Project) -> None:
    arrive_abc(project)
    judged(new_signal(project, "Frustration"), "a", "false")
    judged(new_signal(project, "Laziness", "span"), "a", "true")
    judged(new_signal(project, "Outcome", "session"), "s-a", "true")
    rows = reader.get(f"/p/{project.slug}/traces/").context["rows"]
    shown = {row.trace.input_preview: [c.mark.title for c in row.chips] for row in rows}
    assert shown == {"a": ["Laziness", "Outcome", "Frustration"], "b": [], "c": []}


def test_many_labels_take_as_many_queries_as_few(reader: Client, project: Project) -> None:
    arrive_abc(project)
    version = new_signal(project, "Frustration")
    url = f"/p/{project.slug}/traces/"
    judged(version, "a", "true")
    reader.get(url)
    with CaptureQueriesContext(connection) as few:
        reader.get(url)
    judged(version, "b", "true")
    judged(version, "c", "true")
    for number in range(5):
        judged(new_signal(project, f"More {number}", "session"), "s-a", "true")
    with CaptureQueriesContext(connection) as many:
        reader.get(url)
    assert len(many) == len(few)


def test_a_trace_page_shows_labels_with_explanations_and_reasons(
    reader: Client, project: Project
) -> None:
    arrive_abc(project)
    hostile = "<b>because</b> \u202eof it"
    judged(new_signal(project, "Frustration"), "a", "true", explanation=hostile, cut_chars=1234)
    judged(new_signal(project, "Laziness", "span"), "a", None)
    page = reader.get(f"/p/{project.slug}/traces/{trace_id_of('a').hex}/").content.decode()
    assert "&lt;b&gt;because&lt;/b&gt; [U+202E]of it" in page
    assert "without 1,234 characters" in page
    assert "a label that does not exist" in page
    assert f"?span={span_id_of('a', 'chat').hex()}" in page
    other = reader.get(f"/p/{project.slug}/traces/{trace_id_of('b').hex}/").content.decode()
    assert "No signal has judged this trace" in other


def test_a_session_page_shows_its_own_labels_once_and_those_of_its_turns(
    reader: Client, project: Project
) -> None:
    arrive(project, *turn("a", session__id="s"))
    arrive(project, *turn("b", session__id="s"))
    outcome = new_signal(project, "Outcome", "session")
    judged(outcome, "s", "true")
    judged(new_signal(project, "Frustration"), "b", "false")
    key = session_key(outcome.signal.agent_id, "s")
    context = reader.get(f"/p/{project.slug}/sessions/{key.hex}/").context
    conversation = context["conversation"]
    assert [mark.title for mark in conversation.marks] == ["Outcome"]
    shown = {t.trace.trace_id: [c.mark.title for c in t.chips] for t in conversation.turns}
    assert shown == {trace_id_of("a"): [], trace_id_of("b"): ["Frustration"]}


def test_agents_show_how_many_signals_they_have(reader: Client, project: Project) -> None:
    arrive(project, *turn("a"), *turn("b", agent="other"))
    first = new_signal(project, "Frustration")
    new_signal(project, "Outcome")
    Signal.objects.filter(pk=new_signal(project, "Old").signal.pk).update(state="archived")
    rows = reader.get(f"/p/{project.slug}/agents/").context["rows"]
    shown = {row.agent.name: row.linked and row.linked.count for row in rows}
    assert shown == {"support": 2, "other": None}
    page = reader.get(f"/p/{project.slug}/agents/").content.decode()
    assert f"/p/{project.slug}/agents/{first.signal.agent.uuid}/signals/" in page


@pytest.mark.parametrize("page", ["traces", "sessions"])
def test_a_version_that_is_made_while_the_page_asks_is_shown(
    reader: Client, project: Project, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    """Its first label may be there when the labels are read, though it was not a moment ago."""
    arrive(project, *turn("a", session__id="chat"))
    first = new_signal(project, "Tone")
    current = trace_labels.current

    def ask_for_rows(project_id: int) -> Any:
        if first.signal.versions.count() == 1:
            judged(new_signal(project, "Tone", number=2), "a", "true")
        return current(project_id)

    monkeypatch.setattr(trace_labels, "current", ask_for_rows)
    response = reader.get(f"/p/{project.slug}/{page}/?range=30d")
    assert first.signal.versions.count() == 2
    assert [chip.mark.label for row in response.context["rows"] for chip in row.chips] == ["true"]


@pytest.mark.parametrize("page", ["traces", "sessions"])
def test_pages_do_not_read_the_prompts_of_all_versions(
    reader: Client, project: Project, page: str
) -> None:
    arrive(project, *turn("a", session__id="chat"))
    for number in (1, 2):
        version = new_signal(project, "Tone", scope="session", number=number)
    judged(version, "a", "true")
    with CaptureQueriesContext(connection) as asked:
        assert reader.get(f"/p/{project.slug}/{page}/?range=30d").status_code == 200
    assert not [query["sql"] for query in asked if '"prompt"' in query["sql"]]
