"""How many labels a second the worker makes, against what the judge's latency allows.

    python -m benchmarks.judge [--targets 6000] [--latency 0.5] [--concurrency 64] [--pumps 2]
        [--chars 4000] [--kill 0]

Starts a database of its own (fsync on), a model server that answers after a fixed time, and
the real worker; fills the queue through the real doors beforehand. --kill N kills that many
processes of the worker with SIGKILL on the way. At the end it proves that every target was
labelled exactly once and that the counts agree.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import psycopg

from runner.child_process import Child, manage
from runner.postgres.server import EmbeddedDatabase

PROJECT = "bench"
PATIENCE_S = 120.0
SENTENCE = "the agent looks up a booking and tells the customer what happens with the refund"


def main() -> None:
    args = arguments()
    with tempfile.TemporaryDirectory(prefix="signals-bench-") as folder:
        Path(folder).chmod(0o711)
        with EmbeddedDatabase(Path(folder)) as database:
            run(args, database.url, folder)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--targets", type=int, default=6000)
    parser.add_argument("--latency", type=float, default=0.5, help="seconds a call")
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--pumps", type=int, default=2)
    parser.add_argument("--chars", type=int, default=4000, help="text of one trace")
    parser.add_argument("--kill", type=int, default=0, help="processes to kill on the way")
    # Only for the child process that fills the database.
    parser.add_argument("--fill", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def run(args: argparse.Namespace, database_url: str, folder: str) -> None:
    model = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.fake_model", "--latency", str(args.latency)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert model.stdout
    given = {
        "DATABASE_URL": database_url,
        "DATA_DIR": folder,
        "ENV_FILE": os.devnull,
        "DEMO": "false",
        "JUDGE_BASE_URL": f"http://127.0.0.1:{model.stdout.readline().strip()}/v1",
        "JUDGE_CONCURRENCY": str(args.concurrency),
        "JUDGE_PUMPS": str(args.pumps),
        "LOG_LEVEL": "WARNING",
    }
    try:
        fill(args, given)
        worker = Child("worker", manage("worker"), environment=given)
        worker.start()
        try:
            with psycopg.connect(database_url, autocommit=True) as connection:
                measure(args, connection, worker.pid, model.pid)
                check(args, connection)
        finally:
            worker.stop(patience_s=15)
    finally:
        model.kill()


def fill(args: argparse.Namespace, given: dict[str, str]) -> None:
    """Migrate, then queue the targets: in processes of their own, with the settings given."""
    environment = os.environ | given
    subprocess.run(manage("migrate", "-v0"), env=environment, check=True)
    code = (
        f"from benchmarks.judge import queue_targets; queue_targets({args.targets}, {args.chars})"
    )
    subprocess.run(manage("shell", "-v0", "-c", code), env=environment, check=True)


def queue_targets(targets: int, chars: int) -> None:
    """Traces of one model call each, settled and queued by the code that always does it."""
    from django.db import connection
    from django.utils import timezone

    from signals_app.queue import queueing
    from tests.signals_app import conversations
    from traces.ingest import writer

    chance = random.Random(1)
    project = conversations.project(PROJECT)
    conversations.signal(project)
    early = datetime.now(UTC) - timedelta(hours=1)
    connection.ensure_connection()
    for start in range(0, targets, 500):
        spans = [
            conversations.span(
                secrets.token_bytes(16),
                text(chance, chars // 2),
                text(chance, chars // 2),
                at=early,
            )
            for _ in range(min(500, targets - start))
        ]
        writer.write(connection.connection, project.pk, spans, early)
    while queueing.settle_and_queue(timezone.now()):
        pass


def text(chance: random.Random, chars: int) -> str:
    words = SENTENCE.split()
    return " ".join(chance.choice(words) for _ in range(chars // 6))


def measure(
    args: argparse.Namespace, connection: psycopg.Connection, worker_pid: int, model_pid: int
) -> None:
    ideal = args.concurrency / args.latency
    kills = [args.targets * (n + 1) // (args.kill + 1) for n in range(args.kill)]
    started = first = time.perf_counter()
    history: list[tuple[float, int]] = []
    last_change, done = time.perf_counter(), 0
    while done < args.targets:
        time.sleep(0.25)
        now, before = time.perf_counter(), done
        done = labelled(connection)
        if done and not before:
            first = now
        if done != before:
            last_change = now
        if now - last_change > PATIENCE_S:
            sys.exit(f"stuck at {done} of {args.targets} labels")
        history.append((now, done))
        if kills and done >= kills[0]:
            kills.pop(0)
            kill_one(worker_pid)
    took = time.perf_counter() - first
    steady = rate_between(history, args.targets * 0.1, args.targets * 0.9)
    print(f"{args.targets} targets, {args.latency:g} s a call, {args.concurrency} at a time")
    print(f"first labels after  {first - started:6.1f} s (start of the worker included)")
    print(
        f"labels a second     {steady:6.1f} from 10 % to 90 % = {steady / ideal:.0%} of {ideal:g}"
    )
    print(f"                    {args.targets / took:6.1f} from the first to the last label")
    print(f"a call took         {mean_call_ms(connection):6.1f} ms as the pump saw it")
    for name, pid in (("worker", worker_pid), ("model server", model_pid)):
        print(f"CPU of the {name}: {cpu_s(pid) / took:.2f} cores")


def rate_between(history: list[tuple[float, int]], low: float, high: float) -> float:
    inside = [(at, done) for at, done in history if low <= done <= high]
    (begin, some), (end, most) = inside[0], inside[-1]
    return (most - some) / (end - begin) if end > begin else 0.0


def labelled(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT count(*) FROM classification").fetchone()
    return int(row[0]) if row else 0


def mean_call_ms(connection: psycopg.Connection) -> float:
    row = connection.execute("SELECT avg(latency_ms) FROM classification").fetchone()
    return float(row[0]) if row else 0.0


def cpu_s(pid: int) -> float:
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    return float(sum(p.cpu_times().user + p.cpu_times().system for p in family))


def kill_one(worker_pid: int) -> None:
    """Kill any process of the worker but the outermost, which another one has to watch."""
    family = psutil.Process(worker_pid).children(recursive=True)
    chosen = random.choice(family)
    print(f"kill -9 {chosen.pid} ({' '.join(chosen.cmdline()[-2:])})")
    chosen.kill()


def check(args: argparse.Namespace, connection: psycopg.Connection) -> None:
    """Exactly once: as many labels as targets, no target twice, and counts that agree."""

    def one(query: str) -> int:
        row = connection.execute(query).fetchone()
        return int(row[0]) if row and row[0] is not None else 0

    labels = one("SELECT count(*) FROM classification WHERE outcome = 'labelled'")
    targets = one("SELECT count(DISTINCT target) FROM classification")
    counted = one("SELECT sum(n) FROM label_count WHERE grain = 'm' AND outcome = 'labelled'")
    waiting = one("SELECT count(*) FROM judge_job")
    good = labels == targets == counted == args.targets and not waiting
    print(f"{labels} labels, {targets} targets, {counted} counted, {waiting} waiting: ", end="")
    print("exactly once" if good else "WRONG")
    if not good:
        sys.exit(1)


if __name__ == "__main__":
    main()
