"""Every command of `signals` and of uploads, run by the genuine client, with worker and judge.

Each is run for people and with `--json`, and what it prints is compared with the database. A group
has one test, which fails when the client has a command that the test does not run.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from signals_app.models import Classification, Run, Signal, SignalVersion, Trial
from teams.models import Project
from tests.api.inf.genuine import Inf, refusals_of
from tests.api.inf.test_imports import flat_line
from tests.signals_app.labelled import new_signal
from tests.traces.arrivals import arrive, turn
from traces.models import Agent, Span, Trace

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

STRING = [
    {"name": "good", "sentiment": "positive", "meaning": "it helped"},
    {"name": "bad", "sentiment": "negative", "meaning": "it did not"},
]


def day_around(moment: datetime) -> tuple[str, ...]:
    day = timedelta(days=1)
    start, end = moment - day, moment + day
    return ("--from", f"{start:%Y-%m-%dT%H:%M:%SZ}", "--to", f"{end:%Y-%m-%dT%H:%M:%SZ}")


def live(signal: Signal) -> SignalVersion:
    signal.refresh_from_db()
    assert signal.live_version is not None
    return signal.live_version


def test_signals(inf_at_work: Inf, ours: Project) -> None:
    inf, agent = inf_at_work, Agent.objects.get(project=ours)
    made = inf.json(
        *("signals", "create", "--agent-id", str(agent.uuid), "--name", "Ends", "--scope", "trace"),
        *("--classifier", "string", "--sample-rate", "25", "--prompt", "How did it end?"),
        *("--label", "good,bad", "--sentiment", "good=positive,bad=negative"),
    )
    signal = Signal.objects.get(uuid=made["signal"]["id"])
    assert (signal.state, live(signal).sample_rate) == ("draft", 0.25)
    SignalVersion.objects.update(labels=STRING)
    one = str(signal.uuid)
    binary = inf.human(
        *("signals", "create", "--agent-id", str(agent.uuid), "--name", "Angry", "--scope", "span"),
        *("--classifier", "binary", "--sample-rate", "1", "--prompt", "Angry?"),
    )
    angry = Signal.objects.get(name="Angry")
    assert str(angry.uuid) in binary
    zero = ("--sample-rate", "0")
    assert "a rate above 0 %" in inf.fails("signals", "edit", one, *zero)
    for words in (
        ("signals", "list", "--agent", agent.identity),
        ("signals", "by-agent", "--agent-identity-value", agent.identity),
        ("signals", "list-by-project"),
    ):
        text, data = inf.both(*words)
        assert {row["id"] for row in data} == {one, str(angry.uuid)}
        assert one in text
    edits_of(inf, signal)
    states_of(inf, signal)
    verified(inf, signal)
    runs_of(inf, signal)
    labels_of(inf, signal)
    inf.human("signals", "archive", str(angry.uuid))
    angry.refresh_from_db()
    assert angry.state == "archived"
    assert "archived already" in inf.fails("signals", "archive", str(angry.uuid))
    alerts = {command for command in inf.commands("signals") if "alerts" in command}
    assert inf.not_run("signals") - alerts == set()


def edits_of(inf: Inf, signal: Signal) -> None:
    one = str(signal.uuid)
    text, data = inf.both("signals", "get", one)
    assert (data["currentVersion"]["prompt"], "Ends" in text) == ("How did it end?", True)
    inf.human("signals", "edit", one, "--sample-rate", "50")
    inf.json("signals", "edit", one, "--prompt", "How?")
    version = live(signal)
    assert (version.number, version.sample_rate, version.prompt) == (3, 0.5, "How?")
    assert version.labels == STRING
    assert "does not change" in inf.fails("signals", "edit", one, "--scope", "session")
    update = (
        *("signals", "update", "--id", one, "--scope", "trace", "--classifier-type", "string"),
        *("--labels", '["good","bad"]', "--prompt", "How did it end?"),
        *("--label-sentiments", '{"good":"positive","bad":"negative"}'),
    )
    inf.human(*update, "--sample-rate-percent", "100")
    assert inf.json(*update, "--sample-rate-percent", "100")["currentVersion"]["version"] == 4
    assert live(signal).sample_rate == 1


def states_of(inf: Inf, signal: Signal) -> None:
    one = str(signal.uuid)
    for words, state in (("activate", "active"), ("disable", "paused"), ("activate", "active")):
        inf.human("signals", words, one)
        signal.refresh_from_db()
        assert signal.state == state
    assert inf.json("signals", "get", one)["signal"]["state"] == "active"


def verified(inf: Inf, signal: Signal) -> None:
    agent, version = signal.agent, live(signal)
    window = day_around(timezone.now())
    found = inf.json("signals", "verify", str(signal.uuid), *window, "--sample-size", "3")
    trial = Trial.objects.get(uuid=found["trialId"])
    assert (trial.signal, trial.version, trial.state) == (signal, version, "done")
    assert (found["sampledCount"], found["judgedCount"], found["missingCount"]) == (3, 3, 0)
    assert found["distribution"] == [{"label": "good", "count": 3}, {"label": "bad", "count": 0}]
    assert {row["stringLabel"] for row in found["results"]} == {"good"}
    assert str(trial.uuid) not in inf.human("signals", "verify", str(signal.uuid), *window)
    generated = (
        *("signals", "run-verification", "--agent-identity-value", agent.identity, *window),
        *("--classifier-type", "binary", "--labels", "[]", "--prompt", "Angry?"),
    )
    assert inf.json(*generated, "--sample-size", "2")["judgedCount"] == 2
    assert "sampledCount" in inf.human(*generated)


def runs_of(inf: Inf, signal: Signal) -> None:
    one, window = str(signal.uuid), day_around(timezone.now())
    preview = ("signals", "preview-backfill", "--signal-id", one, *window)
    text, data = inf.both(*preview, "--sample-rate-percent", "100")
    assert (data["matchedCount"], data["sampledCount"]) == (5, 5)
    made = inf.json("signals", "run", "create", one, *window, "--sample-rate", "100")
    run = Run.objects.get(uuid=made["id"])
    poll = ("signals", "run", "poll", made["id"], "--signal-id", one, "--interval", "1")
    assert "completed" in inf.human(*poll)
    assert inf.json(*poll)["status"] == "completed"
    run.refresh_from_db()
    assert (run.state, run.matched) == ("done", 5)
    judged = Classification.objects.filter(project_id=signal.project_id, is_current=True)
    assert judged.count() == 5
    inf.human("signals", "run", "create", one, *window, "--sample-rate", "100")
    again = ("signals", "backfill", "--signal-id", one, *window, "--sample-rate-percent", "50")
    inf.both(*again)
    for words in (("signals", "run", "list", one), ("signals", "manual-runs", "--id", one)):
        text, data = inf.both(*words)
        assert {row["id"] for row in data} == {str(each.uuid) for each in Run.objects.all()}
        assert made["id"] in text


def labels_of(inf: Inf, signal: Signal) -> None:
    one, window = str(signal.uuid), day_around(timezone.now())
    text, data = inf.both("signals", "labels", "list", one, "--classifier", "string")
    judged = Classification.objects.filter(project_id=signal.project_id, is_current=True)
    assert {row["target_id"] for row in data["rows"]} == {row.target.hex for row in judged}
    assert {row["string_label"] for row in data["rows"]} == {"good"}
    assert (data["total"], "Total: 5" in text) == (5, True)
    bad = ("--string-label", "bad")
    assert inf.json("signals", "labels", "list", one, "--classifier", "string", *bad)["rows"] == []
    for words in ("distribution", "distribution-trends"):
        text, data = inf.both("signals", words, one, *window, "--bucket", "hour")
        assert sum(row["count"] for row in data) == judged.count()
        assert "good" in text


def test_uploads(inf_at_work: Inf, ours: Project) -> None:
    inf = inf_at_work
    before = Trace.objects.of_project(ours.pk).count()
    file = inf.folder / "old.jsonl"
    file.write_text("\n".join([*(flat_line(n) for n in range(40)), "no span"]) + "\n", "utf-8")
    said = inf.run("trace", "upload", str(file), "--name", "history")
    assert said.code == 0, said.out + said.err
    assert Trace.objects.of_project(ours.pk).count() == before + 40
    started = Span.objects.filter(project_id=ours.pk).order_by("start_time")[0].start_time
    assert started < datetime.now(UTC) - timedelta(days=1)
    said = inf.run("--json", "trace", "upload", str(file), "--no-wait")
    assert said.code == 0, said.out + said.err
    text, data = inf.both("trace", "imports-list")
    assert (data["total"], data["imports"][1]["name"]) == (2, "history")
    done = data["imports"][1]
    assert (done["status"], done["spanCount"], done["failedLines"]) == ("processed", 40, 1)
    text, data = inf.both("trace", "imports-status", "--trace-import-id", done["id"])
    assert data["errors"][0]["line"] == 41
    begin = ("trace", "imports-initiate", "--file-size", "5", "--name", "x", "--source", "otlp")
    inf.human(*begin)
    begun = ("--trace-import-id", inf.json(*begin)["traceImportId"])
    assert "Only 0 of 5 bytes" in inf.fails("trace", "imports-complete", *begun, "--parts", "[]")
    text, data = inf.both("trace", "imports-abort", *begun)
    assert (data["status"], "canceled" in text) == ("canceled", True)
    of_langfuse = ("--base-url", "http://x", "--public-key", "a", "--secret-key", "b")
    started_by = ("--filters", "{}", "--name", "x")
    refusals_of(
        inf,
        {
            ("trace", "imports-langfuse-discover", *of_langfuse): "Langfuse",
            ("trace", "imports-langfuse-start", *of_langfuse, *started_by): "Langfuse",
        },
    )
    assert {command for command in inf.not_run("trace") if "import" in command[-1]} == set()


def test_a_verification_of_a_hundred_targets_is_answered_in_time(
    inf_at_work: Inf, ours: Project
) -> None:
    arrive(ours, *(span for number in range(95) for span in turn(f"more {number}")))
    signal = new_signal(Agent.objects.get(project=ours))
    begun = time.monotonic()
    window = day_around(timezone.now())
    words = ("signals", "verify", str(signal.uuid), *window, "--sample-size", "100")
    found = inf_at_work.json(*words)
    assert (found["judgedCount"], found["missingCount"], found["message"]) == (100, 0, None)
    assert time.monotonic() - begun < 300
