"""Every command of the groups that are served, run by the genuine client against a live server.

Each is run for people and with `--json`, and what it prints is compared with the database. A group
has one test, which fails when the client has a command that the test does not run.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from alerts.models import Alert
from api.inf.router import NOT_SERVED
from signals_app.models import Classification, Run, Signal, SignalVersion, Trial
from teams import keys
from teams.models import ApiKey, Project
from tests.alerts.watched import alert_of, firing_of
from tests.api.inf.genuine import Inf
from tests.api.inf.test_imports import flat_line
from tests.fake_judge import FakeJudge
from tests.server import WebServer, Worker
from tests.signals_app.labelled import label, new_signal
from tests.traces.arrivals import arrive, new_project, span_id_of, trace_id_of, turn
from traces.models import Agent, Span, Trace

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

FROM, TO = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
STRING = [
    {"name": "good", "sentiment": "positive", "meaning": "it helped"},
    {"name": "bad", "sentiment": "negative", "meaning": "it did not"},
]


@pytest.fixture
def ours() -> Project:
    """Five runs of one agent an hour ago, in one session."""
    project = new_project("Ours")
    for number in range(5):
        at = timezone.now() - timedelta(hours=1, minutes=number)
        arrive(project, *turn(f"t{number}", at=at, session__id="chat", user__id="ada"))
    return project


@pytest.fixture
def inf(web_server: WebServer, ours: Project, tmp_path: Path) -> Inf:
    return client_of(web_server, ours, tmp_path)


@pytest.fixture
def judged(database_url: str) -> Iterator[dict[str, str]]:
    """The environment of a server whose judge is a fake one."""
    with FakeJudge() as judge:
        yield {"JUDGE_BASE_URL": judge.url, "JUDGE_API_KEY": "key", "JUDGE_MODEL": "model-1"}


@pytest.fixture
def inf_at_work(
    database_url: str, judged: dict[str, str], ours: Project, tmp_path: Path
) -> Iterator[Inf]:
    """The client of a server with a worker and a judge."""
    with WebServer(database_url, environment=judged) as server, Worker(database_url, judged):
        yield client_of(server, ours, tmp_path)


def client_of(server: WebServer, project: Project, folder: Path) -> Inf:
    secret = keys.issue(project, "terminal", None, now=timezone.now())[1]
    return Inf(server.url, secret, folder, str(project.uuid), str(project.team.uuid))


def day_around(moment: datetime) -> tuple[str, ...]:
    day = timedelta(days=1)
    start, end = moment - day, moment + day
    return ("--from", f"{start:%Y-%m-%dT%H:%M:%SZ}", "--to", f"{end:%Y-%m-%dT%H:%M:%SZ}")


def live(signal: Signal) -> SignalVersion:
    signal.refresh_from_db()
    assert signal.live_version is not None
    return signal.live_version


def refusals_of(inf: Inf, commands: dict[tuple[str, ...], str]) -> None:
    """Run commands that are not served: each says so with a sentence."""
    for words, said in commands.items():
        outcome = inf.run("--json", *words)
        assert outcome.code == 1, outcome.out
        message = json.loads(outcome.err.strip().splitlines()[-1])["error"]
        assert said in message, words
        assert message[-1] in "./", message


def test_auth(inf: Inf, ours: Project) -> None:
    secret, key = inf.environment["INF_API_KEY"], ApiKey.objects.get(project=ours)
    text = inf.human("auth", "status")
    assert (key.name in text, "API Key" in text) == (True, True)
    as_json = inf.run("--json", "auth", "status").out  # it prints its heading here, too
    assert json.loads(as_json[as_json.index("{") :])["name"] == key.name
    text, data = inf.both("auth", "whoami")
    assert str(key.uuid) in text
    assert str(key.uuid) in json.dumps(data)
    assert "Signing in by device is not served" in inf.run("auth", "login").err
    inf.keep()
    said = inf.run("auth", "set-key", secret)
    assert (said.code, str(ours.uuid) in said.out) == (0, True)
    kept = json.loads((inf.folder / "inf" / "config.json").read_text("utf-8"))
    assert kept["activeProjectId"] == str(ours.uuid)
    assert "could not be validated" in inf.run("auth", "set-key", "wrong").err
    assert inf.run("auth", "logout").code == 0
    assert inf.not_run("auth") == set()


def test_projects(inf: Inf, ours: Project) -> None:
    text, data = inf.both("project", "list")
    assert [(row["id"], row["name"]) for row in data] == [(str(ours.uuid), ours.name)]
    assert str(ours.uuid) in text
    text, data = inf.both("project", "get")
    assert (data["id"], data["teamId"]) == (str(ours.uuid), str(ours.team.uuid))
    text, data = inf.both("project", "auth-context")
    assert data["permissions"] == ["read", "write"]
    secret = inf.environment["INF_API_KEY"]
    inf.keep(sessionToken=secret, activeTeamId="x")
    assert ours.name in inf.human("project", "switch", str(ours.uuid))
    text, data = inf.both("project", "current")
    assert (data["id"], ours.name in text) == (str(ours.uuid), True)
    text, data = inf.both("project", "all")
    assert [row["id"] for row in data] == [str(ours.uuid)]
    people = "are made, renamed and deleted by people"
    refusals_of(
        inf,
        {
            ("project", "create", "--name", "x"): people,
            ("project", "update", "--name", "x"): people,
            ("project", "delete"): people,
            ("project", "unarchive"): people,
        },
    )
    needs = {
        "chat-conversation": ("--conversation-id", "x", "--task-id", "x"),
        "chat-conversations": ("--task-id", "x"),
        "inference": ("--inference-id", "x"),
        "inference-content": ("--inference-id", "x"),
        "task-time-series": ("--task-id", "x"),
    }
    rest = {
        (*command, *needs.get(command[-1], ())): NOT_SERVED[:21]
        for command in inf.not_run("project")
    }
    assert len(rest) > 20
    refusals_of(inf, rest)
    assert inf.not_run("project") == set()


def test_api_keys(inf: Inf, ours: Project) -> None:
    key = ApiKey.objects.get(project=ours)
    secret = inf.environment["INF_API_KEY"]
    text, data = inf.both("api-key", "project-default")
    assert data["id"] == str(key.uuid)
    assert "requires signing in" in inf.fails("api-key", "list")  # says the client itself
    inf.keep(sessionToken=secret, activeTeamId=str(ours.team.uuid), activeProjectId=str(ours.uuid))
    text, data = inf.both("api-key", "list")
    assert [(row["id"], row["name"]) for row in data] == [(str(key.uuid), "terminal")]
    assert (key.name in text, secret in text + json.dumps(data)) == (True, False)
    text, data = inf.both("api-key", "show")
    assert data["id"] == str(key.uuid)
    made = "API keys are made and revoked on the project's settings page"
    refusals_of(
        inf,
        {
            ("api-key", "create", "x", "--project", str(ours.uuid)): made,
            ("api-key", "revoke", str(key.uuid)): made,
            ("api-key", "delete", "--api-key-id", str(key.uuid)): made,
        },
    )
    assert inf.not_run("api-key") == set()


def test_agents(inf: Inf, ours: Project) -> None:
    agent = Agent.objects.get(project=ours)
    one = ("--id", str(agent.uuid))
    text, data = inf.both("agent", "list")
    assert [row["id"] for row in data] == [str(agent.uuid)]
    assert data[0]["stats"]["executionCount"] == 5
    assert str(agent.uuid) in text
    text, data = inf.both("agent", "get", *one)
    assert (data["identityValue"], agent.identity in text) == (agent.identity, True)
    text, data = inf.both("agent", "stats", *one)
    assert (data["executionCount"], data["inputTokens"]) == (5, 500)
    text, data = inf.both("agent", "overview", *one)
    assert data["summary"]["executionCount"] == 5
    text, data = inf.both("agent", "timeseries", *one, "--granularity", "1d")
    assert sum(row["executionCount"] for row in data) == 5
    text, data = inf.both("agent", "index-cards", "--limit", "1")
    assert data["items"][0]["id"] == str(agent.uuid)
    text, data = inf.both("agent", "index-initial-data")
    assert data["page"]["items"][0]["executionCount"] == 5
    text, data = inf.both("agent", "summary-cards")
    assert sum(point["executionCount"] for point in data[0]["executionSeries"]) == 5
    wanted = ("--identity-values", f'["{agent.identity}"]')
    text, data = inf.both("agent", "index-execution-series", *wanted)
    assert sum(point["executionCount"] for point in data["series"][0]["points"]) == 5
    assert inf.not_run("agent") == set()


def test_alerts(inf: Inf, ours: Project) -> None:
    signal = new_signal(Agent.objects.get(project=ours))
    label(signal, "true", 5)
    alert = alert_of(signal)
    firing = firing_of(alert)
    of_signal = ("--signal-id", str(signal.uuid))
    rule = ("--metric", "true_rate", "--operator", "gte", "--threshold", "30", "--window", "1h")
    for words in (
        ("signals", "alerts", "list", *of_signal),
        ("signals", "alerts", "list-by-team"),
        ("signals", "alerts", "list-by-project"),
        ("signal-alert", "by-signal", *of_signal),
        ("signal-alert", "by-project"),
        ("signal-alert", "list"),
    ):
        text, data = inf.both(*words)
        assert [(row["id"], row["threshold"]) for row in data] == [(str(alert.uuid), 20)]
        assert (alert.name in text, str(alert.uuid) in text) == (True, True)
    for named, by_flag in (
        (("signals", "alerts"), False),
        (("signal-alert",), True),
    ):
        one = (("--id", str(alert.uuid)) if by_flag else (str(alert.uuid),)) + of_signal
        about = (("--alert-id", str(alert.uuid)) if by_flag else (str(alert.uuid),)) + of_signal
        text, data = inf.both(*named, "get", *one)
        assert (data["name"], alert.name in text) == (alert.name, True)
        text, data = inf.both(*named, "events", *about)
        assert [row["id"] for row in data] == [str(firing.uuid)]
        assert str(firing.uuid) in text
        text, data = inf.both(*named, "state", *about)
        assert (data["recentFiringCount"], data["enabled"]) == (1, True)
        text, data = inf.both(*named, "backtest", *of_signal, *rule)
        assert (data["threshold"], data["firingCount"]) == (30, 0)
        made = inf.json(*named, "create", *of_signal, "--name", f"By {named[0]}", *rule)
        stored = Alert.objects.get(uuid=made["id"])
        assert (stored.name, stored.threshold, stored.state) == (f"By {named[0]}", 30, "on")
        inf.human(*named, "create", *of_signal, "--name", f"Again by {named[0]}", *rule)
        edit = "update" if by_flag else "edit"
        changed = ("--name", f"Renamed by {named[0]}", "--enabled", "false")
        inf.human(*named, edit, *one, *changed, *rule)
        alert.refresh_from_db()
        assert (alert.name, alert.state, alert.threshold) == (changed[1], "paused", 30)
        back = inf.json(*named, edit, *one, "--name", alert.name, "--enabled", "true", *rule)
        assert back["enabled"] is True
        gone = ("--id", made["id"]) if by_flag else (made["id"],)
        inf.human(*named, "archive", *gone, *of_signal)
        stored.refresh_from_db()
        assert stored.state == "archived"
        assert "archived already" in inf.fails(*named, "archive", *gone, *of_signal)
    assert inf.not_run("signals", "alerts") == set()
    assert inf.not_run("signal-alert") == set()


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


def test_traces_and_spans(inf: Inf, ours: Project) -> None:
    arrive(ours, *turn("late", agent="billing", said="Refund me", error="broken"))
    known = list(Trace.objects.of_project(ours.pk).newest_first())
    text, data = inf.both("trace", "list")
    assert [row["traceId"] for row in data["traces"]] == [row.hex_id for row in known]
    assert (data["totalCount"], all(row.hex_id in text for row in known)) == (6, True)
    first = inf.json("trace", "list", "--limit", "4")
    rest = inf.json("trace", "list", "--limit", "4", "--cursor", first["nextCursor"])
    assert len(rest["traces"]) == 2
    filters = {
        ("--status", "error"): 1,
        ("--agent", "billing"): 1,
        ("--model", "little-model"): 6,
        ("--session", "chat"): 5,
        ("--user", "ada"): 5,
        ("--kind", "TOOL"): 0,
        ("--filter", "duration_ms>500"): 6,
        ("--filter", "total_tokens<100"): 0,
    }
    for words, n in filters.items():
        assert len(inf.json("trace", "list", *words)["traces"]) == n, words
    assert "newest to the oldest" in inf.fails("trace", "list", "--sort", "total_cost")
    assert "does not filter" in inf.fails("trace", "list", "--filter", "span_name~x")
    details_of(inf, ours)
    lists_of(inf, ours)
    export_of(inf, ours)
    spans_of(inf, ours)
    uploads = {("trace", "upload"), *(("trace", f"imports-{verb}") for verb in IMPORTS)}
    assert inf.not_run("trace") == uploads
    assert inf.not_run("span") == set()


def details_of(inf: Inf, ours: Project) -> None:
    one = trace_id_of("late").hex
    by_flag = ("--trace-id", one)
    spans = {span.hex_id for span in Span.objects.filter(trace_id=trace_id_of("late"))}
    for view in ("summary", "tree", "timeline", "thread", "spans"):
        assert inf.human("trace", "get", one, "--view", view).strip()
    data = inf.json("trace", "get", one)
    assert {row["spanId"] for row in data["spans"]} == spans
    assert "Refund me" in inf.human("trace", "get", one, "--view", "thread")
    for verb in ("get-spans", "get-tree", "get-detail"):
        text, data = inf.both("trace", verb, *by_flag)
        assert {row["spanId"] for row in data["spans"]} == spans
    wanted = ("--span-ids", json.dumps(sorted(spans)))
    text, data = inf.both("trace", "get-bodies", *by_flag, *wanted)
    assert {row["spanId"] for row in data} == spans
    assert "Refund me" in text
    assert "no such trace" in inf.fails("trace", "get", "0" * 31 + "1")


def lists_of(inf: Inf, ours: Project) -> None:
    text, data = inf.both("trace", "facets")
    assert data["categorical"]["llm_model_name"] == [{"value": "little-model", "count": 6}]
    assert "little-model" in text
    text, data = inf.both("trace", "search", "--query", "refund")
    assert [row["traceId"] for row in data["traces"]] == [trace_id_of("late").hex]
    agent = ("--agent-identity", "support")
    text, data = inf.both("trace", "sessions", *agent)
    assert [(row["sessionId"], row["traceCount"]) for row in data["sessions"]] == [("chat", 5)]
    for verb in ("session-traces", "session-tree"):
        text, data = inf.both("trace", verb, *agent, "--session-id", "chat")
        assert len(data["traces"]) == 5


def export_of(inf: Inf, ours: Project) -> None:
    target = inf.folder / "errors.jsonl.gz"
    words = ("trace", "export", "create", "--range", "7d", "--status-code", "ERROR", "--download")
    inf.human(*words, "-o", str(target))
    lines = [json.loads(line) for line in gzip.decompress(target.read_bytes()).splitlines()]
    assert {line["trace_id"] for line in lines} == {trace_id_of("late").hex}
    made = inf.json("trace", "export", "create", "--range", "7d")
    job = made["jobId"]
    lists: list[tuple[str, ...]] = [("trace", "export", "list"), ("trace", "exports-list")]
    for listing in lists:
        text, data = inf.both(*listing)
        assert job in {row["id"] for row in data}
        assert job in text
    for status in (("export", "status", job), ("exports-status", "--job-id", job)):
        text, data = inf.both("trace", *status)
        assert (data["status"], data["traceCount"]) == ("ready", 6)
    whole = inf.folder / "all.jsonl.gz"
    inf.human("trace", "export", "download", job, "-o", str(whole))
    lines = gzip.decompress(whole.read_bytes()).splitlines()
    assert len(lines) == Span.objects.filter(project_id=ours.pk).count()
    text, data = inf.both("trace", "exports-download", "--job-id", job)
    assert data["presignedUrl"].partition(":1")[0] in text
    wanted = ("--filter", json.dumps({"from": FROM, "to": TO}))
    text, data = inf.both("trace", "exports-create", *wanted)
    assert data["jobId"]


def spans_of(inf: Inf, ours: Project) -> None:
    known = {span.hex_id for span in Span.objects.filter(project_id=ours.pk)}
    text, data = inf.both("span", "list", "--limit", "50")
    assert {row["spanId"] for row in data["spans"]} == known
    assert all(span_id in text for span_id in known)
    assert len(inf.json("span", "list", "--kind", "LLM")["spans"]) == 6
    assert len(inf.json("span", "list", "--trace-id", trace_id_of("late").hex)["spans"]) == 2
    text, data = inf.both("span", "facets")
    assert "little-model" in text
    one = span_id_of("late", "chat").hex()
    text, data = inf.both("span", "get", trace_id_of("late").hex, one)
    assert (data["spanId"], data["llmModelName"]) == (one, "little-model")
    assert data["spanAttributes"]["llm.model_name"] == "little-model"
    assert "little-model" in text


IMPORTS = ("initiate", "complete", "abort", "list", "status", "langfuse-discover", "langfuse-start")


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


def test_a_reading_key_may_look_and_not_write(
    inf: Inf, ours: Project, web_server: WebServer
) -> None:
    signal = new_signal(Agent.objects.get(project=ours))
    issued = keys.issue(ours, "eyes", None, now=timezone.now(), rights="read")
    inf.environment["INF_API_KEY"] = issued[1]
    assert inf.json("signals", "list-by-project")[0]["id"] == str(signal.uuid)
    assert inf.fails("signals", "disable", str(signal.uuid)) == keys.READ_ONLY_KEY
    signal.refresh_from_db()
    assert signal.state == "active"


def test_groups_that_are_not_served_say_so(inf: Inf) -> None:
    for words in (("dataset", "list"), ("models", "list"), ("deployment", "list")):
        assert NOT_SERVED[:21] in inf.fails(*words)
