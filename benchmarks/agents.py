"""How long pages take in a project whose traffic has named 100,000 agents.

    python -m benchmarks.agents [--agents 100000] [--times 30]

Starts a database of its own, fills it with COPY (`benchmarks/pages_traffic.py`) with three traces
for each agent, and asks for each page that lists or offers agents through Django's own client. p50
and p95 in milliseconds, and the size of the page.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.pages import measure, signed_in, without_indexes
from benchmarks.pages_traffic import Seed
from runner.postgres.server import EmbeddedDatabase


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--agents", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=30, help="requests of each page")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="signals-agents-") as folder:
        Path(folder).chmod(0o711)
        with EmbeddedDatabase(Path(folder)) as database:
            os.environ |= {
                "DATABASE_URL": database.url,
                "DATA_DIR": folder,
                "ENV_FILE": os.devnull,
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "LOG_LEVEL": "WARNING",
                "DEMO": "false",
            }
            import django

            django.setup()
            run(database.url, args.agents, args.times)


def run(url: str, agents: int, times: int) -> None:
    """Fill the database and print what each page takes."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    started = time.perf_counter()
    pages = fill(url, agents)
    print(f"{agents:,} agents made in {time.perf_counter() - started:.0f} s", flush=True)
    client = signed_in()
    print("| page | p50 / p95 (processor), ms | kB |\n|---|---:|---:|")
    for name, address in pages.items():
        size = len(client.get(address).content)
        took = measure(client, lambda _number, address=address: address, times)  # type: ignore[misc]
        print(f"| {name} | {took} | {size // 1000} |", flush=True)


def fill(url: str, count: int) -> dict[str, str]:
    """Make the agents and their traffic; return the pages by name."""
    from benchmarks.pages import people_and_signals
    from traces.models import Agent, Session, Trace

    project, agents, _signals = people_and_signals()
    now = datetime.now(UTC)
    more = [
        Agent(
            project=project,
            identity=f"run {number}",
            name=f"run {number}",
            said_name=f"run {number}",
            first_seen_at=now - timedelta(days=30),
            last_seen_at=now - timedelta(seconds=number),
        )
        for number in range(count - len(agents))
    ]
    agents += Agent.objects.bulk_create(more, batch_size=5_000)
    seed = Seed(project.pk, [agent.pk for agent in agents], [], now)
    seed.shares = None
    with psycopg.connect(url) as connection, without_indexes(connection):
        seed.add(connection, 3 * count)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
    return pages_of(project, agents[count // 2], Trace, Session)


def pages_of(project: Any, agent: Any, traces: Any, sessions: Any) -> dict[str, str]:
    """Return the pages that list or offer agents, by name."""
    base = f"/p/{project.slug}"
    trace = traces.objects.of_project(project.pk).newest_first().first()
    session = sessions.objects.of_project(project.pk).first()
    return {
        "agents": f"{base}/agents/",
        "agents, 30 d": f"{base}/agents/?range=30d",
        "agents, by name": f"{base}/agents/?q=run+77",
        "one agent": f"{base}/agents/{agent.uuid}/",
        "merge an agent": f"{base}/agents/{agent.uuid}/merge/",
        "traces": f"{base}/traces/",
        "traces of an agent": f"{base}/traces/?agent={agent.uuid}",
        "trace": f"{base}/traces/{trace.hex_id}/",
        "sessions": f"{base}/sessions/",
        "sessions of an agent": f"{base}/sessions/?agent={agent.uuid}",
        "sessions, by id": f"{base}/sessions/?session={session.session_id}",
        "signals": f"{base}/signals/",
        "new signal": f"{base}/signals/new/",
        "new signal of an agent": f"{base}/signals/new/?agent={agent.uuid}",
        "alerts": f"{base}/alerts/",
    }


if __name__ == "__main__":
    main()
