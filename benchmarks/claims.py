"""What a claim costs where many judges of projects exist and most cannot be asked.

    python -m benchmarks.claims [--projects 200] [--versions 10] [--jobs 300000]

Starts a database of its own, makes that many projects, each a team with a judge of its own and
that many signals, and fills the queue. Then it measures `jobs.claim`, with nothing avoided, with
half of the judges at rest, and with all but one.
"""

from __future__ import annotations

import argparse

from benchmarks import own_database

CODE = """
import statistics, time
from django.db import connection, transaction
from django.utils import timezone
from signals_app.models import JudgeEndpoint
from signals_app.queue import jobs
from signals_app.queue.jobs import Avoided
from teams.models import Project, Team
from signals_app.models import Signal, SignalVersion
from tests.signals_app import conversations

endpoints = []
the_team = Team.objects.create(name="one") if {one_team} else None
for n in range({projects}):
    project = conversations.project(f"p{{n}}", team=the_team)
    endpoints.append(JudgeEndpoint.objects.create(
        project=project, name="own", base_url="http://127.0.0.1:1/v1", model="m", concurrency=4,
        is_default=True))
    first = conversations.signal(project)
    template = SignalVersion.objects.get(signal=first)
    made = Signal.objects.bulk_create([
        Signal(project=project, agent=first.agent, name=f"s{{k}}", scope="trace", state="draft")
        for k in range({versions} - 1)])
    SignalVersion.objects.bulk_create([
        SignalVersion(**{{
            f.attname: getattr(template, f.attname) for f in SignalVersion._meta.fields
            if f.attname not in ("id", "uuid", "signal_id")}}, signal=signal)
        for signal in made])
with connection.cursor() as cursor:
    cursor.execute('''
        INSERT INTO judge_job (project_id, team_id, signal_id, version_id, agent_id, scope, target,
            span_id, revision, target_time, sample_rate, source, priority, created_at,
            available_at, attempts, last_error)
        SELECT s.project_id, p.team_id, s.id, v.id, s.agent_id, 'trace', gen_random_uuid(), 0, 1,
            now(), 1, 'live', 1, now(), now() - n * interval '10 ms', 0, ''
        FROM (SELECT v.*, row_number() OVER (ORDER BY v.id) - 1 AS place
              FROM signals_app_signalversion v) v
        JOIN signals_app_signal s ON s.id = v.signal_id
        JOIN teams_project p ON p.id = s.project_id
        CROSS JOIN generate_series(1, {jobs} / (SELECT count(*) FROM signals_app_signalversion)) n
    ''')
    cursor.execute("VACUUM ANALYZE")
    cursor.execute("SELECT count(*), count(DISTINCT version_id) FROM judge_job")
    print("jobs, versions:", cursor.fetchone())

def measured(words, avoided):
    took, found = [], 0
    for _ in range(7):
        with transaction.atomic():
            began = time.perf_counter()
            found = len(jobs.claim(32, timezone.now(), avoided))
            took.append((time.perf_counter() - began) * 1000)
            transaction.set_rollback(True)
    median, longest = statistics.median(took), max(took)
    print(f"{{words:26}} {{median:8.1f}} ms, longest {{longest:8.1f}} ms, {{found}}", flush=True)

pks = [each.pk for each in endpoints]
measured("nothing avoided", [])
measured("half avoided", [Avoided(pk) for pk in pks[::2]])
measured("all but the last avoided", [Avoided(pk) for pk in pks[:-1]])
measured("all avoided", [Avoided(pk) for pk in pks])
measured("an agent of each avoided", [Avoided(pk, agent_id=1) for pk in pks])
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--projects", type=int, default=200, help="each with a judge of its own")
    parser.add_argument("--versions", type=int, default=10, help="of each project")
    parser.add_argument("--jobs", type=int, default=300_000)
    parser.add_argument("--one-team", action="store_true", help="all projects in one team")
    own_database.run(CODE.format(**vars(parser.parse_args())))


if __name__ == "__main__":
    main()
