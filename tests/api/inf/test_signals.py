"""`signals` of the vendor's command line: the same signals as on the pages, in its words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from api.inf import words
from api.inf.routers import verification
from signals_app.definition import states
from signals_app.models import Run, Signal, SignalVersion, Trial
from signals_app.runs import runs
from teams.models import Project
from tests.api.inf.calling import Caller, writing
from tests.signals_app.labelled import label, new_agent, new_signal
from tests.traces.arrivals import arrive, new_project, turn
from traces.models import Agent

pytestmark = pytest.mark.django_db

NOW = timezone.now()
STRING: dict[str, Any] = {
    "scope": "trace",
    "classifierType": "string",
    "prompt": "How did it end?",
    "labels": ["good", "bad"],
    "labelSentiments": {"good": "positive", "bad": "negative"},
    "sampleRatePercent": 25,
    "templateKey": None,
}
BINARY: dict[str, Any] = STRING | {
    "classifierType": "binary",
    "labels": [],
    "labelSentiments": {"true": "negative", "false": "positive"},
}


@pytest.fixture
def caller(project: Project) -> Caller:
    return writing(project)


def stored(row: dict[str, Any]) -> Signal:
    return Signal.objects.select_related("live_version").get(uuid=row["id"])


def live(signal: Signal) -> SignalVersion:
    signal.refresh_from_db()
    assert signal.live_version is not None
    return signal.live_version


def full(signal: Signal, **changes: Any) -> dict[str, Any]:
    """What the client sends for an edit: all it was shown, with what its flags say."""
    version = live(signal)
    shown = {
        "id": str(signal.uuid),
        "scope": signal.scope,
        "classifierType": version.type,
        "prompt": version.prompt,
        "labels": words.label_names_of(version),
        "labelSentiments": words.sentiments_of(version),
        "sampleRatePercent": words.percent_of(version.sample_rate),
    }
    return shown | changes


def test_a_signal_is_made_as_a_draft(agent: Agent, caller: Caller) -> None:
    made = caller.tells("signals.create", agentId=str(agent.uuid), name="Ends", **STRING)
    signal = stored(made["signal"])
    assert (signal.state, signal.agent, made["signal"]["state"]) == ("draft", agent, "draft")
    version = live(signal)
    assert (version.sample_rate, version.label_names) == (0.25, ["good", "bad"])
    assert version.sentiment_of("bad") == "negative"
    assert made["currentVersion"]["sampleRatePercent"] == 25


def test_a_binary_signal_names_no_labels(agent: Agent, caller: Caller) -> None:
    made = caller.tells("signals.create", agentId=str(agent.uuid), name="Ends", **BINARY)
    assert made["currentVersion"]["labels"] == []
    assert made["currentVersion"]["labelSentiments"] == BINARY["labelSentiments"]
    assert sorted(live(stored(made["signal"])).label_names) == ["false", "true"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sampleRatePercent": 0}, "sampleRatePercent: A signal must have a rate above 0 %"),
        ({"sampleRatePercent": 101}, "sampleRatePercent: A whole number from 0 to 100."),
        ({"sampleRatePercent": 2.5}, "sampleRatePercent: A whole number from 0 to 100."),
        ({"labels": ["good"]}, "labelSentiments: It must cover exactly good."),
        ({"labels": ["a", "b"], "labelSentiments": {"a": "no", "b": "positive"}}, "labels: "),
        ({"classifierType": "regex"}, "classifierType: Choose binary or string."),
        ({"scope": "day"}, "scope: Choose span, trace or session."),
        ({"prompt": " "}, "prompt: This is needed."),
        ({"name": ""}, "name: This is needed."),
        ({"agentId": "nobody"}, "No agent is known"),
        ({"templateKey": "nothing"}, "template: Choose one of"),
    ],
)
def test_a_signal_that_cannot_be_is_refused_by_field(
    agent: Agent, caller: Caller, changes: dict[str, Any], said: str
) -> None:
    given = {"agentId": str(agent.uuid), "name": "Ends"} | STRING | changes
    assert caller.is_refused("signals.create", **given)[1].startswith(said)
    assert not Signal.objects.exists()


def test_lists_show_a_signal_with_its_labels_of_a_week(signal: Signal, caller: Caller) -> None:
    label(signal, "true", 3)
    label(signal, None, 2)
    (row,) = caller.asks("signals.list", agentIdentityValue="support")
    assert row["id"] == str(signal.uuid)
    assert (row["state"], row["recentLabelCount"], row["scope"]) == ("active", 3, signal.scope)
    assert row["agentIdentityValue"] == "support"
    (same,) = caller.asks("signals.listByProject")
    assert same == row


def test_archived_signals_are_listed_only_when_asked_for(signal: Signal, caller: Caller) -> None:
    states.archive(signal, None, NOW)
    asked = {"agentIdentityValue": "support"}
    assert caller.asks("signals.list", **asked) == []
    (row,) = caller.asks("signals.list", **asked, includeArchived=True)
    assert row["archivedAt"] is not None
    assert row["state"] == "disabled"


def test_a_list_takes_as_many_queries_for_three_signals_as_for_one(
    agent: Agent, caller: Caller, django_assert_max_num_queries: Any
) -> None:
    for name in ("a", "b", "c"):
        new_signal(agent, name=name)
    with django_assert_max_num_queries(16):
        assert len(caller.asks("signals.listByProject")) == 3


def test_an_edit_makes_a_version_and_keeps_what_the_client_does_not_know(
    agent: Agent, caller: Caller
) -> None:
    labels = [
        {"name": "good", "sentiment": "positive", "meaning": "it helped"},
        {"name": "bad", "sentiment": "negative", "meaning": "it did not"},
    ]
    signal = new_signal(
        agent, type="string", labels=labels, sample_rate=0.005, judge_model="judge-2"
    )
    sentiments = {"good": "positive", "worse": "negative"}
    changes = {"labels": ["good", "worse"], "labelSentiments": sentiments, "prompt": "Anew?"}
    caller.tells("signals.edit", **full(signal, **changes))
    version = live(signal)
    assert (version.number, version.prompt, version.judge_model) == (2, "Anew?", "judge-2")
    assert version.sample_rate == 0.005
    assert [each["meaning"] for each in version.labels] == ["it helped", ""]


def test_an_edit_that_changes_nothing_makes_no_version(signal: Signal, caller: Caller) -> None:
    caller.tells("signals.edit", **full(signal))
    assert signal.versions.count() == 1


def test_an_edit_of_the_rate_is_in_whole_percents(signal: Signal, caller: Caller) -> None:
    caller.tells("signals.edit", **full(signal, sampleRatePercent=33))
    assert live(signal).sample_rate == 0.33
    assert caller.is_refused("signals.edit", **full(signal, sampleRatePercent=0))[0] == (
        "BAD_REQUEST"
    )


def test_the_scope_of_a_signal_does_not_change(signal: Signal, caller: Caller) -> None:
    code, message = caller.is_refused("signals.edit", **full(signal, scope="session"))
    assert (code, message[:6]) == ("BAD_REQUEST", "scope:")
    assert signal.versions.count() == 1


def test_the_states_have_the_clients_names(signal: Signal, caller: Caller) -> None:
    one = {"id": str(signal.uuid)}
    assert caller.tells("signals.disable", **one)["state"] == "disabled"
    assert stored(one).state == "paused"
    assert caller.tells("signals.activate", **one)["state"] == "active"
    assert caller.tells("signals.archive", **one)["archivedAt"]
    assert stored(one).state == "archived"
    assert caller.is_refused("signals.activate", **one) == (
        "CONFLICT",
        "An archived signal cannot be activated. Restore it first.",
    )


@pytest.mark.parametrize(
    ("name", "field", "asks"),
    [
        *((f"signals.{verb}", "id", False) for verb in ("edit", "activate", "disable", "archive")),
        *((f"signals.{verb}", "id", True) for verb in ("getById", "listLabels", "listManualRuns")),
        ("signals.distribution", "id", True),
        ("signals.createManualRun", "signalId", False),
        ("signals.previewBackfill", "signalId", True),
        ("signalAlerts.create", "signalId", False),
        ("signalAlerts.listBySignal", "signalId", True),
        ("signalAlerts.backtest", "signalId", True),
    ],
)
def test_a_signal_of_another_project_is_not_found(
    caller: Caller, name: str, field: str, asks: bool
) -> None:
    theirs = new_signal(new_agent(new_project("Theirs")))
    fields: dict[str, Any] = {field: str(theirs.uuid)}
    code, message = caller.is_refused(name, asks=asks, **fields)
    assert code == "NOT_FOUND"
    assert message.startswith("There is no such signal")


def test_labels_are_listed_in_snake_case(signal: Signal, caller: Caller) -> None:
    label(signal, "true", 2)
    (failed,) = label(signal, None)
    found = caller.asks("signals.listLabels", id=str(signal.uuid), classifierType="binary")
    assert found["total"] == 3
    by_id = {row["signal_label_id"]: row for row in found["rows"]}
    assert by_id[str(failed.pk[1])]["status"] == "failed"
    assert sum(row["bool_label"] is True for row in found["rows"]) == 2
    assert {row["string_label"] for row in found["rows"]} == {None}
    assert by_id[str(failed.pk[1])]["target_id"] == failed.target.hex


def test_labels_are_filtered_sorted_and_paged(signal: Signal, caller: Caller) -> None:
    label(signal, "true", 3, at=NOW - timedelta(hours=2))
    label(signal, "false", 2)
    one = {"id": str(signal.uuid), "classifierType": "binary"}
    assert caller.asks("signals.listLabels", **one, boolLabel=False)["total"] == 2
    assert caller.asks("signals.listLabels", **one, stringLabels=["true"])["total"] == 3
    since = (NOW - timedelta(hours=1)).isoformat()
    assert caller.asks("signals.listLabels", **one, fromTime=since)["total"] == 2
    pages = [
        caller.asks(
            "signals.listLabels", **one, limit=2, offset=n, sortBy="completed_at", sortDir="asc"
        )["rows"]
        for n in (0, 2, 4)
    ]
    times = [row["completed_at"] for page in pages for row in page]
    assert (len(times), times) == (5, sorted(times))
    assert caller.is_refused("signals.listLabels", asks=True, **one, limit=201)[0] == "BAD_REQUEST"
    assert "sortBy" in caller.is_refused("signals.listLabels", asks=True, **one, sortBy="x")[1]


def test_the_distribution_has_a_row_for_each_label_of_a_bucket(
    signal: Signal, caller: Caller
) -> None:
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    label(signal, "true", 3, at=noon + timedelta(minutes=30))
    label(signal, "false", 1, at=noon + timedelta(hours=3))
    asked = {"id": str(signal.uuid), "from": "2026-11-20T00:00:00Z", "to": "2026-11-21T00:00:00Z"}
    assert caller.asks("signals.distribution", **asked, bucket="hour") == [
        {"bucket": "2026-11-20T12:00:00.000Z", "label": "true", "count": 3},
        {"bucket": "2026-11-20T15:00:00.000Z", "label": "false", "count": 1},
    ]
    by_day = caller.asks("signals.distributionFromTrends", **asked, bucket="day")
    assert [(row["label"], row["count"]) for row in by_day] == [("false", 1), ("true", 3)]
    assert caller.is_refused("signals.distribution", asks=True, **asked, bucket="week")[0] == (
        "UNPROCESSABLE_CONTENT"
    )


def test_a_run_is_previewed_started_and_listed(project: Project, caller: Caller) -> None:
    for name in ("a", "b"):
        arrive(project, *turn(name))
    signal = new_signal(Agent.objects.get())
    day = {"from": (NOW - timedelta(days=1)).isoformat(), "to": (NOW + timedelta(1)).isoformat()}
    asked = {"signalId": str(signal.uuid), "sampleRatePercent": 100} | day
    assert caller.asks("signals.previewBackfill", **asked)["toJudgeCount"] == 2
    made = caller.tells("signals.createManualRun", **asked)
    run = Run.objects.get()
    assert (made["id"], made["status"]) == (str(run.uuid), "pending")
    runs.feed(timezone.now())
    (listed,) = caller.asks("signals.listManualRuns", id=str(signal.uuid))
    assert (listed["status"], listed["matchedSpanCount"]) == ("running", 2)
    runs.cancel(run, timezone.now())
    (listed,) = caller.asks("signals.listManualRuns", id=str(signal.uuid))
    assert (listed["status"], listed["errorMessage"]) == ("failed", "The run was cancelled.")


@pytest.mark.parametrize("name", ["signals.createManualRun", "signals.previewBackfill"])
def test_a_run_of_nothing_is_refused(signal: Signal, caller: Caller, name: str) -> None:
    asks = name.endswith("Backfill")
    asked = {"signalId": str(signal.uuid), "from": "2026-11-02", "to": "2026-11-01"}
    _, message = caller.is_refused(name, asks=asks, **asked, sampleRatePercent=100)
    assert message == "to: The end must come after the beginning."
    assert "above 0 %" in caller.is_refused(name, asks=asks, **asked, sampleRatePercent=0)[1]


def verified(signal: Signal, **changes: Any) -> dict[str, Any]:
    """What the client sends to verify a signal: neither its scope nor its id."""
    version = live(signal)
    return {
        "agentIdentityValue": signal.agent.identity,
        "classifierType": version.type,
        "prompt": version.prompt,
        "labels": words.label_names_of(version),
        "sampleSize": 20,
        "from": (NOW - timedelta(days=1)).isoformat(),
        "to": (NOW + timedelta(hours=1)).isoformat(),
    } | changes


def test_a_verification_that_takes_too_long_says_what_is_missing(
    project: Project, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "PATIENCE_S", 0.2)
    arrive(project, *turn("a"))
    signal = new_signal(Agent.objects.get())
    found = caller.tells("signals.runVerification", **verified(signal))
    trial = Trial.objects.get()
    assert (trial.signal, trial.scope) == (signal, signal.scope)
    assert (found["sampledCount"], found["judgedCount"], found["missingCount"]) == (1, 0, 1)
    assert found["message"].startswith("1 of 1 targets are not judged yet.")
    assert str(trial.uuid) in found["url"]


def test_a_verification_of_a_question_that_no_signal_asks_looks_at_model_calls(
    project: Project, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "PATIENCE_S", 0.0)
    arrive(project, *turn("a"))
    signal = new_signal(Agent.objects.get())
    caller.tells("signals.runVerification", **verified(signal, prompt="Another?"))
    assert (Trial.objects.get().scope, Trial.objects.get().signal) == ("span", None)


def test_a_verification_without_targets_is_refused(signal: Signal, caller: Caller) -> None:
    code, message = caller.is_refused("signals.runVerification", **verified(signal))
    assert code == "CONFLICT"
    assert "Widen it." in message
    too_many = verified(signal, sampleSize=101)
    assert "1 to 100" in caller.is_refused("signals.runVerification", **too_many)[1]
