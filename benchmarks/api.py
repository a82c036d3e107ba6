"""How long the lists of REST take with 1,000,000 traces of thirty days, beside the pages' figures.

    python -m benchmarks.api [--sizes 1000000] [--times 40] [--keep FOLDER] [--only WORD]

The database, the traffic and the way of measuring are those of `benchmarks/pages.py`: Django's own
client, without the network; a request of the page and one of REST in turns. p50 and p95 in
milliseconds, and in brackets the processor time of a request on average, PostgreSQL's included.
"""

from __future__ import annotations

import argparse
from typing import Any

from benchmarks import pages
from benchmarks.pages import Measured

LEVEL = {"LOG_LEVEL": "ERROR", "API_CALLS_PER_MINUTE": "100000000"}


def main() -> None:
    args = pages.arguments("1000000", 40, __doc__)
    with pages.started(args.keep, LEVEL) as url:
        run(args, url)


def run(args: argparse.Namespace, url: str) -> None:
    found: dict[str, tuple[Measured, Measured]] = {}
    for size in (int(size) for size in args.sizes.split(",")):
        addresses = pages.fill(url, size)
        client, headers = pages.signed_in(), headers_of_key()
        for name, path in lists().items():
            if args.only not in name:
                continue
            page = pages.measure(client, addresses[name], args.times)
            rest = pages.measure(client, pages.always(path), args.times, headers)
            found[name] = page, rest
        print(table(size, found), flush=True)


def lists() -> dict[str, str]:
    """Return by the name of a page of `benchmarks.pages` the list of REST that shows the same."""
    from signals_app.models import Signal
    from teams.models import Project
    from traces.models import Agent

    project = Project.objects.get(name=pages.PROJECT)
    named = {signal.name: str(signal.uuid) for signal in Signal.objects.filter(project=project)}
    agents = [str(agent.uuid) for agent in Agent.objects.filter(project=project).order_by("pk")]
    root = "/api/v1"
    traces, sessions = f"{root}/traces", f"{root}/sessions"
    frustration, outcome = named["user_frustration trace"], named["task_outcome session"]
    sentiment, jailbreak = named["sentiment trace"], named["jailbreak_attempt span"]
    return {
        "signals table": f"{root}/signals",
        "signal page, 30 d": f"{root}/signals/{frustration}/labels?range=30d",
        "agents, 7 d": f"{root}/agents?range=7d",
        "agents, 30 d": f"{root}/agents?range=30d",
        "traces, 7 d": f"{traces}?range=7d",
        "traces, 30 d": f"{traces}?range=30d",
        "traces, errors": f"{traces}?range=7d&status=error",
        "traces, big agent": f"{traces}?range=7d&agent={agents[0]}",
        "traces, small agent": f"{traces}?range=7d&agent={agents[-1]}",
        "traces, label": f"{traces}?range=7d&label={frustration}:true",
        "traces, rare label": f"{traces}?range=30d&label={jailbreak}:true",
        "traces, two labels": f"{traces}?range=7d&label={frustration}:true"
        f"&label={sentiment}:negative",
        "traces, no label": f"{traces}?range=7d&label={sentiment}:",
        "traces, text": f"{traces}?range=7d&text=refund+luggage",
        "traces, service 30 d": f"{traces}?range=30d&service=voice&environment=development",
        "traces, metadata": f"{traces}?range=7d&metadata=build%3D77",
        "traces, facets": f"{traces}/facets?range=7d",
        "sessions, 7 d": f"{sessions}?range=7d",
        "sessions, 30 d": f"{sessions}?range=30d",
        "sessions, errors": f"{sessions}?range=7d&status=error",
        "sessions, label": f"{sessions}?range=7d&label={outcome}:failed",
        "trace page": f"{traces}/{page_trace()}",
    }


def page_trace() -> str:
    from tests.traces.arrivals import trace_id_of

    return trace_id_of("page").hex


def headers_of_key() -> dict[str, str]:
    from django.utils import timezone

    from teams import keys
    from teams.models import Project

    project = Project.objects.get(name=pages.PROJECT)
    _key, secret = keys.issue(project, "benchmark", None, now=timezone.now())
    return {"Authorization": f"Bearer {secret}"}


def table(size: int, found: dict[str, Any]) -> str:
    lines = [f"| {size:,} traces: p50 / p95 (processor), ms | page | REST |", "|---|---:|---:|"]
    lines += [f"| {name} | {page} | {rest} |" for name, (page, rest) in found.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
