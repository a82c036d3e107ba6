"""How many spans a second come in over HTTP and are durable, on this machine.

    python -m benchmarks.ingest [--spans 70000] [--spans-per-request 500] [--connections 4]
        [--gzip] [--workers 2] [--url http://127.0.0.1:8799 --key sk-signals-…]

Makes its requests beforehand, starts a server and an embedded database of its own (fsync
on), sends over the loopback, counts what is stored, and compares with plain COPY of the
same rows into a table of the same kind. With --url it only sends.
"""

from __future__ import annotations

import argparse
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg

from benchmarks import sending, traffic
from runner import web_server
from runner.child_process import Child, manage
from runner.postgres import paths
from runner.postgres.process import running_pid
from runner.postgres.server import EmbeddedDatabase

ISSUE_KEY = (
    "from teams.models import *; t = Team.objects.create(name='bench'); "
    "p = Project.objects.create(team=t, name='bench'); "
    "print('KEY', ApiKey.objects.issue(p, 'bench')[1])"
)
BATCH = 500


class Watch(threading.Thread):
    """The largest memory of any web process, and the CPU seconds of all, while it runs."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.process = psutil.Process(pid)
        self.over = threading.Event()
        self.peak_bytes = 0
        self.cpu_at_start = self.cpu_s()

    def run(self) -> None:
        while not self.over.wait(0.2):
            sizes = [p.memory_info().rss for p in self._all()]
            self.peak_bytes = max([self.peak_bytes, *sizes])

    def cpu_s(self) -> float:
        """Return the processor time of the processes there are, and of children that have ended."""
        ended = self.process.cpu_times()
        now = sum(p.cpu_times().user + p.cpu_times().system for p in self._all())
        return now + ended.children_user + ended.children_system

    def _all(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]


@dataclass(slots=True)
class Copied:
    rows_per_s: float
    rows: int


LOOPBACK = ("127.0.0.1", "localhost", "::1")


def main() -> None:
    args = arguments()
    if args.url:
        parts = urlsplit(args.url)
        if parts.hostname not in LOOPBACK:
            raise SystemExit("The load goes to this machine only: name 127.0.0.1 in --url.")
        target = traffic.Target(parts.hostname or "127.0.0.1", parts.port or 80, args.key)
        report_sent(args, load(args, target))
        return
    with tempfile.TemporaryDirectory(prefix="signals-bench-") as folder:
        Path(folder).chmod(0o711)
        with EmbeddedDatabase(Path(folder)) as database:
            run_here(args, database.url, folder)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--spans", type=int, default=70_000)
    parser.add_argument("--spans-per-request", type=int, default=500)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--workers", type=int, default=2, help="web processes")
    parser.add_argument("--gzip", action="store_true")
    parser.add_argument("--url", default="", help="a server that runs already")
    parser.add_argument("--key", default="", help="an API key of that server")
    return parser.parse_args()


def run_here(args: argparse.Namespace, database_url: str, folder: str) -> None:
    given = {"DATABASE_URL": database_url, "DATA_DIR": folder, "ENV_FILE": os.devnull}
    key = prepare(given)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    target = traffic.Target("127.0.0.1", port, key)
    server = Child(
        "web", web_server.web_command("127.0.0.1", port, args.workers), environment=given
    )
    server.start()
    try:
        wait_for(port)
        with psycopg.connect(database_url, autocommit=True) as connection:
            measure(args, target, server.pid, Path(folder), connection)
    finally:
        server.stop(patience_s=10)


def prepare(given: dict[str, str]) -> str:
    """Migrate, make a project, and return its key."""
    environment = os.environ | given
    subprocess.run(manage("migrate", "-v0"), env=environment, check=True)
    done = subprocess.run(
        manage("shell", "-v0", "-c", ISSUE_KEY),
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout.rpartition("KEY ")[2].strip()


def wait_for(port: int) -> None:
    started = time.perf_counter()
    while not web_server.answers("127.0.0.1", port, "/v1/traces"):
        if time.perf_counter() - started > 60:
            sys.exit("the server does not answer")
        time.sleep(0.05)
    print(f"web ready after {time.perf_counter() - started:.1f} s")


def measure(
    args: argparse.Namespace,
    target: traffic.Target,
    pid: int,
    folder: Path,
    connection: psycopg.Connection,
) -> None:
    warm = traffic.requests(target, 2_000, args.spans_per_request, args.gzip)
    sending.send_all(target.host, target.port, warm, args.connections)
    before = stored(connection)
    watch, database = Watch(pid), Watch(running_pid(paths.database_folder(folder)) or pid)
    watch.start()
    probe = VisibleProbe(target, connection)
    probe.start()
    sent = load(args, target)
    probe.over.set()
    probe.join()
    watch.over.set()
    cpu_s = watch.cpu_s() - watch.cpu_at_start
    database_cpu_s = database.cpu_s() - database.cpu_at_start
    kept = stored(connection) - before - probe.sent
    report_sent(args, sent)
    print(f"durable by SQL: {kept:,} of {args.spans:,} spans")
    print(f"CPU a span: web {cpu_s / args.spans * 1e6:.0f} µs, PostgreSQL "
          f"{database_cpu_s / args.spans * 1e6:.0f} µs; largest web process "
          f"{watch.peak_bytes / 1e6:.0f} MB")  # fmt: skip
    print(f"answered to visible while under load: {probe.worst_s * 1000:.1f} ms at worst")
    print(f"disk {disk_bytes(connection) / stored(connection):,.0f} B a span, indexes included")
    copied = plain_copy(connection)
    rate = args.spans / sent.seconds
    print(f"plain COPY of the same rows, {BATCH} a commit: {copied.rows_per_s:,.0f} rows/s; "
          f"HTTP reaches {rate / copied.rows_per_s:.0%} of it")  # fmt: skip


def load(args: argparse.Namespace, target: traffic.Target) -> sending.Sent:
    ready = traffic.requests(target, args.spans, args.spans_per_request, args.gzip)
    size = sum(map(len, ready)) / args.spans
    print(f"{len(ready):,} requests ready, {size:,.0f} B a span on the wire")
    return sending.send_all(target.host, target.port, ready, args.connections)


def report_sent(args: argparse.Namespace, sent: sending.Sent) -> None:
    p50, p95, p99 = (sent.percentile_ms(share) for share in (0.5, 0.95, 0.99))
    print(f"{args.spans / sent.seconds:,.0f} spans/s accepted in {sent.seconds:.1f} s, "
          f"{args.spans_per_request} a request over {args.connections} connections")  # fmt: skip
    print(f"a request: p50 {p50:.1f}  p95 {p95:.1f}  p99 {p99:.1f} ms; "
          f"answers {dict(sent.statuses)}")  # fmt: skip


class VisibleProbe(threading.Thread):
    """Sends a trace of one span now and then, and asks for it as soon as it is accepted."""

    def __init__(self, target: traffic.Target, connection: psycopg.Connection) -> None:
        super().__init__(daemon=True)
        self.target, self.connection = target, connection
        self.over = threading.Event()
        self.sent = 0
        self.worst_s = 0.0

    def run(self) -> None:
        chance = random.Random()
        while not self.over.wait(0.3):
            before = stored(self.connection, "trace")
            body = traffic.export(chance, 1)
            request = self.target.request(body, False)
            done = sending.send_all(self.target.host, self.target.port, [request], 1)
            accepted = time.perf_counter()
            self.sent += 1
            while stored(self.connection, "trace") <= before:
                time.sleep(0.001)
            self.worst_s = max(self.worst_s, time.perf_counter() - accepted)
            assert done.statuses[200] == 1


def stored(connection: psycopg.Connection, table: str = "span") -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0


def disk_bytes(connection: psycopg.Connection) -> int:
    row = connection.execute(
        "SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits "
        "WHERE inhparent = 'span'::regclass"
    ).fetchone()
    return int(row[0]) if row else 0


def plain_copy(connection: psycopg.Connection) -> Copied:
    """COPY of stored rows into a table with the same columns and indexes."""
    connection.execute("CREATE TABLE copied (LIKE span INCLUDING ALL)")
    batches = []
    for number in range(60):
        ask = f"COPY (SELECT * FROM span OFFSET {number * BATCH} LIMIT {BATCH}) TO STDOUT BINARY"
        with connection.cursor() as cursor, cursor.copy(ask) as copy:
            batches.append(b"".join(bytes(piece) for piece in copy))
    started = time.perf_counter()
    for batch in batches:
        with connection.cursor() as cursor, cursor.copy("COPY copied FROM STDIN BINARY") as copy:
            copy.write(batch)
    seconds = time.perf_counter() - started
    rows = stored(connection, "copied")
    connection.execute("DROP TABLE copied")
    return Copied(rows / seconds, rows)


if __name__ == "__main__":
    main()
