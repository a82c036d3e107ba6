"""How long the lists, searches and pages of the admin site take over a million rows of each.

    python -m benchmarks.operators_lists [--rows 1000000] [--times 10] [--keep FOLDER] [--only WORD]
        [--explain MS]

Starts a database of its own, fills it with as many traces and labels as rows (as
`benchmarks/pages.py` does) and as many entries of the audit log, deliveries, firings, waiting
targets and people; a tenth as many projects, keys, runs and invitations. Median and slowest in
milliseconds of whole requests through Django's client. --explain shows the plan of each statement
that takes as long or longer.
"""

from __future__ import annotations

import argparse
import statistics
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from benchmarks import pages

#: Statement by table: one genuine row becomes many; {n} stands for how many.
MANY = {
    "teams_auditentry": {
        "at": "now() - g * interval '31 s'",
        "door": "(array['page','rest','admin','worker'])[g % 4 + 1]",
        "email": "'person' || g % 5000 || '@example.org'",
        "action": "(array['account.signed_in','signal.changed','key.made','run.started'])[g % 4+1]",
        "thing": "'thing ' || g % 20000",
    },
    "teams_user": {"email": "'person' || g || '@example.org'"},
    "alerts_firing": {"uuid": "gen_random_uuid()", "at": "now() - g * interval '1 min'"},
    "alerts_delivery": {
        "uuid": "gen_random_uuid()",
        "key": "'firing:' || g || ':email:1'",
        "state": "CASE WHEN g % 200 = 0 THEN 'failed' ELSE 'sent' END",
    },
    "judge_job": {"target": "gen_random_uuid()"},
}
TENTH = {
    "teams_team": {"uuid": "gen_random_uuid()", "name": "'Team ' || g"},
    "teams_project": {
        "uuid": "gen_random_uuid()", "name": "'Project ' || g", "slug": "'project-' || g",
    },
    "teams_membership": {"user_id": "(SELECT min(id) FROM teams_user) + g", "role": "'member'"},
    "teams_apikey": {
        "uuid": "gen_random_uuid()", "name": "'key ' || g", "digest": "sha256(g::text::bytea)",
    },
    "teams_invitation": {
        "uuid": "gen_random_uuid()", "email": "'guest' || g || '@example.org'",
        "digest": "sha256(g::text::bytea)",
    },
    "signals_app_run": {"uuid": "gen_random_uuid()"},
}  # fmt: skip

LISTS = {
    "people": ("teams_user", "person77@example.org"),
    "teams": ("teams_team", "Team 777"),
    "memberships": ("teams_membership", "person77@example.org"),
    "invitations": ("teams_invitation", "guest77@"),
    "projects": ("teams_project", "Project 777"),
    "keys": ("teams_apikey", "key 777"),
    "audit log": ("teams_auditentry", "person77@example.org"),
    "signals": ("signals_app_signal", "frustration"),
    "runs": ("signals_app_run", "frustration"),
    "alerts": ("alerts_alert", "Alert"),
    "firings": ("alerts_firing", "Alert"),
    "deliveries": ("alerts_delivery", "firing:777:email:1"),
    "agents": ("traces_agent", "agent 3"),
    "judges": ("signals_app_judgeendpoint", "gpt"),
}
#: Others of note, by list and what stands behind the question mark.
MORE = {
    "audit log, nobody": ("teams_auditentry", "q=nobody@example.org"),
    "audit log, a thing": ("teams_auditentry", "q=thing+777"),
    "audit log, an action": ("teams_auditentry", "q=key.made"),
    "audit log, a door": ("teams_auditentry", "door__exact=admin"),
    "audit log, last page": ("teams_auditentry", "p=200"),
    "people, nobody": ("teams_user", "q=nobody-at-all"),
    "memberships, nobody": ("teams_membership", "q=nobody-at-all"),
    "deliveries, failed": ("alerts_delivery", "state__exact=failed"),
    "deliveries, waiting": ("alerts_delivery", "state__exact=waiting"),
    "firings, nothing": ("alerts_firing", "q=nothing-of-the-kind"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--keep", type=Path, help="a folder for the database")
    parser.add_argument("--only", default="", help="pages with this word in their name")
    parser.add_argument("--explain", type=float, help="milliseconds from which on plans are shown")
    args = parser.parse_args()
    with pages.started(args.keep, {"LOG_LEVEL": "WARNING", "ALLOWED_HOSTS": "*"}) as url:
        run(args, url)


def run(args: argparse.Namespace, url: str) -> None:
    from django.urls import reverse

    pages.fill(url, args.rows)
    fill(url, args.rows)
    client = signed_in()
    addresses = {"index": reverse("admin:index")}
    for name, (model, words) in LISTS.items():
        address = reverse(f"admin:{model}_changelist")
        addresses |= {name: address, f"{name}, searched": f"{address}?q={words.replace(' ', '+')}"}
    for name, (model, query) in MORE.items():
        addresses[name] = f"{reverse(f'admin:{model}_changelist')}?{query}"
    addresses |= {"failed": reverse("admin:failed"), "what runs": reverse("admin:what_runs")}
    print("| median / slowest, ms | |\n|---|---:|")
    for name, address in addresses.items():
        if args.only in name:
            took = pages.measure(client, pages.always(address), args.times).took_ms
            print(f"| {name} | {statistics.median(took):.0f} / {took[-1]:.0f} |", flush=True)
            if args.explain is not None:
                explain(client, address, args.explain)


def fill(url: str, rows: int) -> None:
    """Make many of each; once, where the database was kept."""
    from teams.models import AuditEntry

    if AuditEntry.objects.count() >= rows:
        return
    one_of_each()
    with psycopg.connect(url, autocommit=True) as connection:
        for table, changed in {**MANY, **TENTH}.items():
            multiply(connection, table, changed, rows if table in MANY else rows // 10)
        connection.execute(
            "UPDATE classification SET outcome = 'failed', label = NULL WHERE id % 500 = 0"
        )
        connection.execute("VACUUM (ANALYZE)")


def one_of_each() -> None:
    from django.utils import timezone

    from signals_app.models import Signal
    from signals_app.queue import insertion
    from signals_app.runs import runs
    from teams import keys
    from teams.people import invitations
    from tests.alerts.watched import alert_of, delivery_of, firing_of
    from tests.signals_app.waiting import job_of

    signal, now = Signal.objects.select_related("project__team")[0], timezone.now()
    keys.issue(signal.project, "first", None, now=now)
    delivery_of(firing_of(alert_of(signal)))
    invitations.invite(signal.project.team, "member", by=None, now=now)
    runs.start(signal, now - timedelta(minutes=1), now, 1, None, now)
    insertion.insert([job_of(signal, uuid4(), now)], now)


def multiply(connection: Any, table: str, changed: dict[str, str], rows: int) -> None:
    columns = [
        name
        for (name,) in connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
            " AND NOT attisdropped AND attidentity = '' AND attgenerated = ''",
            [table],
        )
    ]
    values = ", ".join(changed.get(name, f'o."{name}"') for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    statement = (
        f"INSERT INTO {table} ({names}) SELECT {values}"
        f" FROM (SELECT * FROM {table} LIMIT 1) o, generate_series(1, {rows}) g"
    )
    connection.execute(statement)


def signed_in() -> Any:
    from django.test import Client

    from teams.models import User

    client = Client(SERVER_NAME="localhost")
    user = User.objects.filter(is_superuser=True).first()
    client.force_login(user or User.objects.create_superuser("root@example.org"))
    return client


def explain(client: Any, address: str, from_ms: float) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        client.get(address)
    for query in asked.captured_queries:
        if float(query["time"]) * 1000 >= from_ms:
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {query['sql']}".replace("%", "%%"))
                plan = "\n".join(row[0] for row in cursor.fetchall())
            print(f"\n{query['time']} s: {query['sql'][:600]}\n{plan}\n", flush=True)


if __name__ == "__main__":
    main()
