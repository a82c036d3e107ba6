"""How long judging is away when a process is killed, and whether anything is lost or doubled.

    python -m benchmarks.killed [--only postgres] [--every 0.5] [--quiet 0] [--port 8861]

Starts the whole program with `manage.py up` on a folder of its own (fsync on), sends a trace every
half second through the real door, tries again what was not accepted, as exporters do, and kills
one process of each kind after the other with SIGKILL. For each it measures from the kill until a
trace that was sent after it has its label. At the end every accepted trace must have one label.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import psycopg

from config import database
from runner.child_process import manage
from runner.postgres import paths
from runner.postgres import process as postgres

PATIENCE_S = 120.0
#: What is between two victims: the next one meets a program that works.
REST_S = 8.0
KEY_LINE = "key: "
PREPARE = """
from django.utils import timezone
from teams import keys
from tests.signals_app import conversations
project = conversations.project("killed")
conversations.signal(project)
print("key: " + keys.issue(project, "traffic", None, now=timezone.now())[1])
"""


class Traffic(threading.Thread):
    """Sends one trace after the other until it is told to end; `sent` has ids and when."""

    def __init__(self, url: str, key: str, every_s: float) -> None:
        super().__init__(daemon=True)
        self.url, self.key, self.every_s = url, key, every_s
        self.sent: list[tuple[str, float]] = []
        self.tried_again = 0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(self.every_s):
            trace_id = secrets.token_hex(16)
            began = time.monotonic()
            while not self._is_accepted(trace_id):
                self.tried_again += 1
                time.sleep(0.5)
            self.sent.append((trace_id, began))

    def _is_accepted(self, trace_id: str) -> bool:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        body = json.dumps(trace(trace_id)).encode()
        request = urllib.request.Request(f"{self.url}/v1/traces", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def trace(trace_id: str) -> dict[str, Any]:
    """Return an export of one trace: a model call that has ended."""
    now = time.time_ns()
    words = {
        "gen_ai.operation.name": "chat",
        "gen_ai.agent.name": "support",
        "gen_ai.request.model": "gpt",
        "gen_ai.input.messages": json.dumps([message("user", f"Where is order {trace_id}?")]),
        "gen_ai.output.messages": json.dumps([message("assistant", "It is on its way.")]),
    }
    span = {
        "traceId": trace_id,
        "spanId": secrets.token_hex(8),
        "name": "chat gpt",
        "kind": 3,
        "startTimeUnixNano": str(now - 10**9),
        "endTimeUnixNano": str(now),
        "attributes": [{"key": k, "value": {"stringValue": v}} for k, v in words.items()],
    }
    return {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}


def message(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


class Program:
    """`manage.py up`, its processes by what they are, and its database."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.environment = folder, environment
        self.log = (folder / "up.log").open("ab")
        self.start()

    def start(self) -> None:
        command = manage("up")
        self.process = subprocess.Popen(
            command, env=os.environ | self.environment, stdout=self.log, stderr=self.log
        )

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(40)

    def child(self, words: str) -> psutil.Process:
        for each in psutil.Process(self.process.pid).children():
            if words in " ".join(each.cmdline()):
                return each
        raise LookupError(words)

    def cluster(self, name: str) -> psutil.Process:
        for each in self.child("runner.clusters").children():
            if each.environ().get("Q_CLUSTER_NAME") == name:
                return each
        raise LookupError(name)

    def pool(self, name: str) -> list[psutil.Process]:
        children = self.cluster(name).children()[0].children()
        return sorted(children, key=lambda each: (each.create_time(), each.pid))

    def busiest(self, name: str) -> psutil.Process:
        return max(self.pool(name)[:-2], key=lambda each: sum(each.cpu_times()[:2]))

    @property
    def database_folder(self) -> Path:
        return paths.database_folder(self.folder)

    def postgres(self) -> psutil.Process:
        pid = postgres.running_pid(self.database_folder)
        assert pid, "the database runs"
        return psutil.Process(pid)

    def backend(self, words: str) -> psutil.Process:
        for each in self.postgres().children():
            if words in " ".join(each.cmdline()):
                return each
        raise LookupError(words)

    def connect(self) -> psycopg.Connection:
        given = database.settings("", self.folder)
        words = {"dbname": given["NAME"], "user": given["USER"], "host": given["HOST"]}
        return psycopg.connect(**words, autocommit=True, connect_timeout=5)


VICTIMS: dict[str, Callable[[Program], psutil.Process]] = {
    "the web server's parent": lambda up: up.child("runner.serve_web"),
    "a web process": lambda up: up.child("runner.serve_web").children()[0],
    "the watchdog": lambda up: up.child("runner.clusters"),
    "the judging cluster's nursery": lambda up: up.cluster("judge"),
    "the judging cluster's sentinel": lambda up: up.cluster("judge").children()[0],
    "the judging cluster's pusher": lambda up: up.pool("judge")[-1],
    "the judging cluster's monitor": lambda up: up.pool("judge")[-2],
    "a pump": lambda up: up.busiest("judge"),
    "the ticks' nursery": lambda up: up.cluster("signals"),
    "the ticks' sentinel": lambda up: up.cluster("signals").children()[0],
    "the ticks' pusher": lambda up: up.pool("signals")[-1],
    "the ticks' monitor": lambda up: up.pool("signals")[-2],
    "the worker that sweeps": lambda up: up.busiest("signals"),
    "a connection of postgres": lambda up: up.backend("[local]"),
    "the checkpointer of postgres": lambda up: up.backend("checkpointer"),
    "postgres": lambda up: up.postgres(),
    "up": lambda up: psutil.Process(up.process.pid),
}


def seconds_away(up: Program, traffic: Traffic, name: str) -> float:
    """Kill, and return how long it took until something sent afterwards had its label."""
    VICTIMS[name](up).kill()
    began = time.monotonic()
    if name == "up":
        up.process.wait()
        up.start()
    while time.monotonic() < began + PATIENCE_S:
        fresh = [bytes.fromhex(each) for each, at in list(traffic.sent) if at > began]
        if fresh and labelled(up, fresh):
            return time.monotonic() - began
        time.sleep(0.1)
    return float("inf")


def labelled(up: Program, traces: list[bytes]) -> int:
    query = "SELECT count(*) FROM classification WHERE target = ANY(%s::uuid[])"
    try:
        with up.connect() as connection:
            row = connection.execute(query, [[each.hex() for each in traces]]).fetchone()
    except psycopg.OperationalError:
        return 0
    return int(row[0]) if row else 0


def check(up: Program, traffic: Traffic) -> bool:
    """Say whether every accepted trace is stored once and labelled once."""
    ids = [each for each, _at in traffic.sent]
    ends_at = time.monotonic() + PATIENCE_S
    while labelled(up, [bytes.fromhex(each) for each in ids]) < len(ids):
        if time.monotonic() > ends_at:
            break
        time.sleep(0.5)
    with up.connect() as connection:

        def one(query: str) -> int:
            row = connection.execute(query).fetchone()
            return int(row[0] or 0) if row else 0

        stored = one("SELECT count(*) FROM span")
        labels = one("SELECT count(*) FROM classification WHERE outcome = 'labelled'")
        targets = one("SELECT count(DISTINCT target) FROM classification")
        counted = one("SELECT sum(n) FROM label_count WHERE grain = 'm' AND outcome = 'labelled'")
    print(
        f"{len(ids)} traces accepted ({traffic.tried_again} tries were not), {stored} spans, "
        f"{labels} labels of {targets} targets, {counted} counted"
    )
    return len(ids) == stored == labels == targets == counted


def prepare(environment: dict[str, str]) -> str:
    """Make a project with a signal, and return its key."""
    made = subprocess.run(
        manage("shell", "-v0", "-c", PREPARE),
        env=os.environ | environment,
        check=True,
        capture_output=True,
        text=True,
    )
    lines = made.stdout.splitlines()
    return next(line.removeprefix(KEY_LINE) for line in lines if line.startswith(KEY_LINE))


def wait_for(is_true: Callable[[], Any], what: str) -> None:
    ends_at = time.monotonic() + PATIENCE_S
    while not is_true():
        if time.monotonic() > ends_at:
            sys.exit(f"not within {PATIENCE_S:g} s: {what}")
        time.sleep(0.2)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=5):
            return True
    except OSError:
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--only", default="", help="victims with these words in their names")
    parser.add_argument("--every", type=float, default=0.5, help="seconds between two traces")
    parser.add_argument("--quiet", default="0", help="TRACE_QUIET_S")
    parser.add_argument("--latency", default="0.5", help="seconds that the judge takes")
    parser.add_argument("--port", type=int, default=8861)
    parser.add_argument("--keep-log", help="where the program's log goes at the end")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="signals-bench-") as folder:
        Path(folder).chmod(0o711)
        run(args, Path(folder))


def run(args: argparse.Namespace, folder: Path) -> None:
    model = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.fake_model", "--latency", args.latency],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert model.stdout
    environment = {
        "DATA_DIR": str(folder),
        "PORT": str(args.port),
        "ENV_FILE": os.devnull,
        "DEMO": "false",
        "JUDGE_BASE_URL": f"http://127.0.0.1:{model.stdout.readline().strip()}/v1",
        "TRACE_QUIET_S": args.quiet,
    }
    url = f"http://127.0.0.1:{args.port}"
    up = Program(folder, environment)
    try:
        wait_for(lambda: answers(url), "the program is up")
        traffic = Traffic(url, prepare(environment), args.every)
        traffic.start()
        wait_for(lambda: labelled(up, [bytes.fromhex(t) for t, _ in traffic.sent]), "first label")
        took: dict[str, float] = {}
        for name in VICTIMS:
            if args.only in name:
                time.sleep(REST_S)
                took[name] = seconds_away(up, traffic, name)
                print(f"{name:34} {took[name]:6.1f} s", flush=True)
        traffic.over.set()
        traffic.join()
        is_good = check(up, traffic)
        print(f"the longest: {max(took.values()):.1f} s; ", end="")
        print("nothing lost, nothing doubled" if is_good else "WRONG")
    finally:
        up.stop()
        model.kill()
        if args.keep_log:
            Path(args.keep_log).write_bytes((folder / "up.log").read_bytes())
    if not is_good:
        sys.exit(1)


if __name__ == "__main__":
    main()
