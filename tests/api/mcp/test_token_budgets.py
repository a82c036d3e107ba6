"""What tools cost the model that uses them, counted by real tokenizers."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from api.mcp import registry, token_budget
from api.mcp.token_budget import estimate
from teams.models import Project
from tests.api.mcp.calling import caller_of, say
from tests.api.mcp.hostile import KINDS, WORST
from tests.api.mcp.tokenizer import tokens
from tests.signals_app.labelled import label, new_signal
from tests.traces.arrivals import arrive, trace_id_of, turn
from traces.models import Agent, Session

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

TOOLS_LIST, PAGE, MOST = 6_000, 2_000, 8_000


def test_the_estimate_is_not_below_what_tokenizers_count() -> None:
    counted = tokens(list(KINDS.values()))
    short = {
        kind: (estimate(text), n)
        for (kind, text), n in zip(KINDS.items(), counted, strict=True)
        if estimate(text) < 0.95 * n  # MOST is as much below what an answer may cost
    }
    assert not short
    assert token_budget.MOST <= 0.95 * MOST


def test_the_estimate_of_ordinary_text_is_not_far_off() -> None:
    (counted,) = tokens([KINDS["english"]])
    assert estimate(KINDS["english"]) < 1.6 * counted


def test_the_list_of_tools_stays_within_its_budget() -> None:
    listed = [
        tool.listed().model_dump(by_alias=True, exclude_none=True, mode="json")
        for tool in registry.TOOLS.values()
    ]
    (counted,) = tokens([json.dumps({"tools": listed}, ensure_ascii=False)])
    assert counted <= TOOLS_LIST


@pytest.fixture(params=WORST)
def flooded(request: pytest.FixtureRequest, project: Project) -> dict[str, Any]:
    """A project whose every text is as long and as dear as it may be."""
    text = KINDS[request.param].replace("\x00", "") * 8
    now = timezone.now()
    for n in range(25):
        said = {"said": f"{n} {text[:12_000]}", "answer": f"{n} {text[::-1][:12_000]}"}
        spans = turn(f"t{n}", agent=f"a{text[:300]}", at=now - timedelta(minutes=90 - n),
                     session__id=f"s{n % 12}{text[:150]}", **said)  # fmt: skip
        arrive(project, *spans)
    agent = Agent.objects.get(project=project)
    names = [{"name": f"{i}{text[:50]}"[:50].strip(), "sentiment": "positive",
              "meaning": text[:290]} for i in range(10)]  # fmt: skip
    for each in names:
        each["name"] = "".join(c for c in each["name"] if c.isprintable()).strip()
    signals = [
        new_signal(
            agent,
            scope="trace",
            name=f"{n}{text[:90]}".strip(),
            type="string",
            labels=names,
            prompt=text[:19_000],
        )
        for n in range(12)
    ]
    for n in range(25):
        words: dict[str, Any] = {"explanation": text[:3000], "target": trace_id_of(f"t{n}")}
        label(signals[0], str(names[n % 10]["name"]), **words)
    caller = caller_of(project)
    for signal in signals[:11]:
        say(caller, "create_alert", signal=str(signal.uuid), name=text[:90])
    say(caller, "test_signal", signal=str(signals[0].uuid))
    return {
        "caller": caller,
        "agent": str(agent.uuid),
        "signal": str(signals[0].uuid),
        "label": names[0]["name"],
        "trace": trace_id_of("t1").hex,
        "session": Session.objects.filter(project_id=project.pk).first().key.hex,  # type: ignore[union-attr]
    }


def test_no_page_costs_more_than_its_budget_and_no_answer_more_than_any_may(
    flooded: dict[str, Any],
) -> None:
    caller, signal = flooded["caller"], {"signal": flooded["signal"]}
    pages: dict[str, dict[str, Any]] = {
        "whoami": {}, "list_agents": {}, "list_templates": {}, "list_signals": {},
        "list_traces": {}, "list_sessions": {}, "list_alerts": {}, "get_firings": {},
        "get_trace": {"trace": flooded["trace"]}, "get_session": {"session": flooded["session"]},
        "list_labels": signal, "test_signal": signal, "preview_run": signal,
        "export_flagged": {**signal, "label": flooded["label"]},
        "why_no_label": {**signal, "target": f"trace:{flooded['trace']}"},
    }  # fmt: skip
    said = {name: say(caller, name, **given) for name, given in pages.items()}
    counted = dict(zip(said, tokens(list(said.values())), strict=True))
    assert {name: n for name, n in counted.items() if n > PAGE} == {}
    assert min(counted["get_trace"], counted["get_session"]) > PAGE / 3, "room is wasted"
    for name in said:
        if name.startswith("list_") and name != "list_templates":
            assert "\n- " in said[name], f"{name} shows no row, and its cursor would not go on"
    large: dict[str, dict[str, Any]] = {
        "list_agents": {"limit": 50}, "list_signals": {"limit": 50}, "list_alerts": {"limit": 50},
        "list_traces": {"limit": 50}, "list_sessions": {"limit": 50},
        "list_labels": {**signal, "limit": 50}, "get_signal": signal,
        "get_distribution": {**signal, "step": "hour", "range": "3d"},
        "get_trace": {"trace": flooded["trace"], "max_tokens": 7400},
        "get_session": {"session": flooded["session"], "max_tokens": 7400},
        "list_templates": {"key": "task_outcome"},
    }  # fmt: skip
    said = {name: say(caller, name, **given) for name, given in large.items()}
    counted = dict(zip(said, tokens(list(said.values())), strict=True))
    assert {name: n for name, n in counted.items() if n > MOST} == {}


def test_a_page_that_is_full_names_the_call_that_goes_on_and_that_call_goes_on(
    project: Project,
) -> None:
    for n in range(23):
        arrive(project, *turn(f"t{n}", at=timezone.now() - timedelta(minutes=n + 1)))
    caller, seen, given = caller_of(project), [], {"range": "1d"}
    while True:
        said = say(caller, "list_traces", **given)
        seen += [line[2:34] for line in said.splitlines() if line.startswith("- ")]
        if "More: " not in said:
            break
        given["cursor"] = said.partition('cursor="')[2].partition('"')[0]
    assert len(seen) == len(set(seen)) == 23
