"""How long each page takes with 10,000, 100,000 and 1,000,000 traces of thirty days.

    python -m benchmarks.pages [--sizes 10000,100000,1000000] [--times 20] [--keep FOLDER]
        [--only WORD]

Starts a database of its own, fills it with COPY (`benchmarks/pages_traffic.py`), and asks for
each page through Django's own client: middleware, session, access, view and template, without
the network. p50 and p95 in milliseconds, after one request that is not counted, and in brackets
the processor time of a request on average, ours and PostgreSQL's together: it tells a busy machine
from a slow page. --keep leaves the database where it is, and a further run goes on with what it
finds there.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import psycopg

from runner.postgres.server import EmbeddedDatabase

if TYPE_CHECKING:
    from django.test import Client

PROJECT = "pages"
AGENTS = 12


def main() -> None:
    args = arguments("10000,100000,1000000", 20, __doc__)
    with started(args.keep, {"LOG_LEVEL": "WARNING"}) as url:
        run(args, url)


@contextmanager
def started(keep: Path | None, given: dict[str, str]) -> Iterator[str]:
    """Start and migrate a database, with our settings; yields its address."""
    with data_folder(keep) as folder, EmbeddedDatabase(folder) as database:
        os.environ |= given | {
            "DATABASE_URL": database.url,
            "DATA_DIR": str(folder),
            "ENV_FILE": os.devnull,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DEMO": "false",
        }
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield database.url


def arguments(sizes: str, times: int, about: str | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=about.partition("\n")[0] if about else "")
    parser.add_argument("--sizes", default=sizes)
    parser.add_argument("--times", type=int, default=times, help="requests of each page")
    parser.add_argument("--keep", type=Path, help="a folder for the database")
    parser.add_argument("--only", default="", help="pages with this word in their name")
    return parser.parse_args()


@contextmanager
def data_folder(keep: Path | None) -> Iterator[Path]:
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        keep.chmod(0o711)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="signals-pages-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def run(args: argparse.Namespace, url: str) -> None:
    found: dict[str, dict[int, Measured]] = {}
    sizes = [int(size) for size in args.sizes.split(",")]
    for size in sizes:
        pages = fill(url, size)
        client = signed_in()
        for name, address in pages.items():
            if args.only in name:
                found.setdefault(name, {})[size] = measure(client, address, args.times)
        print(table(found, [each for each in sizes if each <= size]), flush=True)


def fill(url: str, size: int) -> dict[str, Callable[[int], str]]:
    """Bring the project to `size` traces; returns its pages."""
    from benchmarks.pages_traffic import Judged, Seed
    from signals_app.labels import count_changes
    from traces.models import Trace

    project, agents, signals = people_and_signals()
    judged = [
        Judged(
            signal.pk, signal.live_version.pk, signal.agent_id, signal.scope, tuple(shares), rate
        )
        for signal, shares, rate in signals
    ]
    missing = size - Trace.objects.of_project(project.pk).count()
    if missing > 0:
        started = time.perf_counter()
        seed = Seed(project.pk, [agent.pk for agent in agents], judged, datetime.now(UTC))
        seed.chance.seed(size)
        with psycopg.connect(url) as connection, without_indexes(connection):
            seed.add(connection, missing)
        count_changes.recount()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")
        print(f"{missing:,} traces made in {time.perf_counter() - started:.0f} s", flush=True)
    return pages_of(project, agents, [signal for signal, _shares, _rate in signals])


@contextmanager
def without_indexes(connection: psycopg.Connection) -> Iterator[None]:
    """Drop the indexes that hold no constraint, and make them again: COPY is four times faster."""
    rows = connection.execute(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
        " JOIN pg_class t ON t.oid = i.indrelid"
        " WHERE t.relname IN ('trace', 'agent_trace', 'session', 'classification')"
        " AND NOT i.indisunique"
    ).fetchall()
    for name, _definition in rows:
        connection.execute(f"DROP INDEX {name}".encode())
    yield
    for _name, definition in rows:
        connection.execute(definition.encode())


def people_and_signals() -> tuple[Any, list[Any], list[tuple[Any, list[tuple[str, int]], float]]]:
    """Return the project with its agents and four signals, made at the first call."""
    from django.utils import timezone

    from signals_app.definition import states, versions
    from signals_app.definition.starters import BY_KEY
    from signals_app.models import Signal
    from teams.models import Membership, Project, Team, User
    from tests.traces.arrivals import arrive, span, turn
    from traces.models import Agent

    project = Project.objects.filter(name=PROJECT).first()
    if project is None:
        team = Team.objects.create(name=PROJECT)
        project = Project.objects.create(team=team, name=PROJECT)
        user = User.objects.create_user(email="pages@example.com")
        Membership.objects.create(team=team, user=user, role="owner")
        now = timezone.now()
        for number in range(AGENTS):
            Agent.objects.create(
                project=project,
                identity=f"agent {number}",
                name=f"agent {number}",
                first_seen_at=now - timedelta(days=30),
                last_seen_at=now,
            )
        children = [span("page", f"step {n}", "root") for n in range(60)]
        arrive(project, *turn("page", agent="agent 0", session__id="page"), *children)
    agents = list(Agent.objects.filter(project=project).order_by("pk"))
    wanted = [
        ("user_frustration", "trace", 0, [("true", 15), ("false", 85)], 1.0),
        ("sentiment", "trace", 0, [("positive", 30), ("neutral", 60), ("negative", 10)], 0.25),
        ("jailbreak_attempt", "span", 0, [("true", 1), ("false", 199)], 0.1),
        ("task_outcome", "session", 1, [("completed", 70), ("failed", 30)], 0.5),
    ]
    signals = []
    for key, scope, place, shares, rate in wanted:
        template = BY_KEY[key]
        name = f"{key} {scope}"
        signal = Signal.objects.filter(project=project, name=name).first()
        if signal is None:
            signal = versions.create(
                project=project,
                agent=agents[place],
                name=name,
                scope=scope,
                type=template.type,
                prompt=template.prompt,
                labels=template.labels,
                sample_rate=rate,
                template=template.key,
            )
            states.activate(signal, None, timezone.now())
            signal.refresh_from_db()
        signals.append((signal, shares, rate))
    return project, agents, signals


def signed_in() -> Client:
    from django.test import Client

    from teams.models import User

    client = Client(SERVER_NAME="localhost", raise_request_exception=True)
    client.force_login(User.objects.get(email="pages@example.com"))
    return client


def pages_of(
    project: Any, agents: list[Any], signals: list[Any]
) -> dict[str, Callable[[int], str]]:
    """Name of the page → its address at the n-th request."""
    from tests.traces.arrivals import trace_id_of
    from traces.models import Session, Trace

    base = f"/p/{project.slug}"
    traces = f"{base}/traces/"
    frustration, sentiment, jailbreak, outcome = (str(signal.uuid) for signal in signals)
    some = list(
        Trace.objects.of_project(project.pk).newest_first().values_list("user_id", "session_id")
    [1000:1100])  # fmt: skip
    users = [user for user, _session in some]
    sessions = [session for _user, session in some if session]
    keys = list(Session.objects.of_project(project.pk).values_list("key", flat=True)[:50])
    fixed = {
        "signals table": f"{base}/signals/",
        "signal page, 24 h": f"{base}/signals/{frustration}/?range=24h",
        "signal page, 30 d": f"{base}/signals/{frustration}/?range=30d",
        "agents, 24 h": f"{base}/agents/?range=24h",
        "agents, 7 d": f"{base}/agents/?range=7d",
        "agents, 30 d": f"{base}/agents/?range=30d",
        "big agent, 7 d": f"{base}/agents/{agents[0].uuid}/?range=7d",
        "big agent, 30 d": f"{base}/agents/{agents[0].uuid}/?range=30d",
        "new signal": f"{base}/signals/new/",
        "traces, 7 d": traces,
        "traces, 30 d": f"{traces}?range=30d",
        "traces, page 2": f"{traces}?range=30d&older=" + cursor(project),
        "traces, errors": f"{traces}?status=error",
        "traces, big agent": f"{traces}?agent={agents[0].uuid}",
        "traces, small agent": f"{traces}?agent={agents[-1].uuid}",
        "traces, label": f"{traces}?label={frustration}:true",
        "traces, rare label": f"{traces}?range=30d&label={jailbreak}:true",
        "traces, two labels": f"{traces}?label={frustration}:true&label={sentiment}:negative",
        "traces, session label": f"{traces}?label={outcome}:failed",
        "traces, no label": f"{traces}?label={sentiment}:",
        "traces, no label 30 d": f"{traces}?range=30d&label={sentiment}:",
        "traces, text": f"{traces}?q=refund+luggage",
        "traces, rare text": f"{traces}?q=zebra",
        "traces, facets": f"{traces}?more=1",
        "traces, facets 30 d": f"{traces}?range=30d&more=1",
        "traces, service": f"{traces}?service=voice&environment=development",
        "traces, service 30 d": f"{traces}?range=30d&service=voice&environment=development",
        "traces, kind and size": f"{traces}?kind=tool&min_s=20&min_tokens=9000",
        "traces, kind and size 30 d": f"{traces}?range=30d&kind=tool&min_s=20&min_tokens=9000",
        "traces, metadata": f"{traces}?meta=build%3D77",
        "traces, metadata 30 d": f"{traces}?range=30d&meta=build%3D77",
        "traces, common metadata": f"{traces}?meta=plan%3Dpro",
        "trace page, timeline": f"{traces}{trace_id_of('page').hex}/?view=timeline",
        "trace page": f"{traces}{trace_id_of('page').hex}/",
    }
    sessions_page = f"{base}/sessions/"
    fixed |= {
        "sessions, 7 d": sessions_page,
        "sessions, 30 d": f"{sessions_page}?range=30d",
        "sessions, page 2": f"{sessions_page}?range=30d&older=" + session_cursor(project),
        "sessions, big agent 30 d": f"{sessions_page}?range=30d&agent={agents[0].uuid}",
        "sessions, small agent": f"{sessions_page}?agent={agents[-1].uuid}",
        "sessions, errors": f"{sessions_page}?status=error",
        "sessions, errors 30 d": f"{sessions_page}?range=30d&status=error",
        "sessions, still going": f"{sessions_page}?range=30d&status=open",
        "sessions, text": f"{sessions_page}?q=refund+luggage",
        "sessions, rare text": f"{sessions_page}?range=30d&q=zebra",
        "sessions, label": f"{sessions_page}?label={outcome}:failed",
        "sessions, label 30 d": f"{sessions_page}?range=30d&label={outcome}:failed",
        "sessions, no label 30 d": f"{sessions_page}?range=30d&label={outcome}:",
    }
    found = {name: always(address) for name, address in fixed.items()}
    found["traces, user"] = lambda n: f"{traces}?range=30d&user={users[n % len(users)]}"
    found["traces, session"] = lambda n: f"{traces}?session={sessions[n % len(sessions)]}"
    found["sessions, user"] = lambda n: f"{sessions_page}?range=30d&user={users[n % len(users)]}"
    found["sessions, id"] = lambda n: (
        f"{sessions_page}?range=30d&session={sessions[n % len(sessions)]}"
    )
    found["session page"] = lambda n: f"{base}/sessions/{keys[n % len(keys)].hex}/"
    return found


def always(address: str) -> Callable[[int], str]:
    return lambda _number: address


def cursor(project: Any) -> str:
    from core.paging import Cursor
    from traces.models import Trace

    row = Trace.objects.of_project(project.pk).newest_first().only("start_time", "trace_id")[5000]
    return str(Cursor(row.start_time, row.trace_id))


def session_cursor(project: Any) -> str:
    from core.paging import Cursor
    from traces.models import Session

    row = Session.objects.of_project(project.pk).order_by("-start_time", "key")[1000]
    return str(Cursor(row.start_time, row.key))


@dataclass(frozen=True)
class Measured:
    took_ms: list[float]  # of each request, in order of size
    cpu_ms: float  # of a request, on average

    def __str__(self) -> str:
        p95 = self.took_ms[min(len(self.took_ms) - 1, round(0.95 * len(self.took_ms)))]
        return f"{statistics.median(self.took_ms):.0f} / {p95:.0f} ({self.cpu_ms:.0f})"


def measure(
    client: Client,
    address: Callable[[int], str],
    times: int,
    headers: dict[str, str] | None = None,
) -> Measured:
    took = []
    client.get(address(0), headers=headers)
    cpu_s = processor_s()
    for number in range(1, times + 1):
        started = time.perf_counter()
        response = client.get(address(number), headers=headers)
        took.append((time.perf_counter() - started) * 1000)
        assert response.status_code == 200, (address(number), response.status_code)
    return Measured(sorted(took), (processor_s() - cpu_s) / times * 1000)


def processor_s() -> float:
    """Return the processor time of this process and its connection's, without parallel workers."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = psutil.Process(cursor.fetchone()[0]).cpu_times()
    return time.process_time() + backend.user + backend.system


def table(found: dict[str, dict[int, Measured]], sizes: list[int]) -> str:
    heads = " | ".join(f"{size:,}" for size in sizes)
    lines = [f"| p50 / p95 (processor), ms | {heads} |", "|---|" + "---:|" * len(sizes)]
    for name, by_size in found.items():
        cells = " | ".join(str(by_size[size]) if size in by_size else "" for size in sizes)
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
