"""How long backup, restore, erasure and retention take, on a database of their own.

    .venv/bin/python -m benchmarks.keeping [TRACES]

Stores that many traces (30,000) of three spans by the real writer, each with a label, one in ten of
one user; then backs up, reads the backup, erases the user, and lets texts, then traces go.
"""

from __future__ import annotations

import sys

from benchmarks import own_database

CODE = """
import hashlib, resource, time
from datetime import timedelta
from pathlib import Path
import tempfile
from django.db import connection, transaction
from django.utils import timezone
from runner.backups import making, restoring
from signals_app.definition import versions
from signals_app.definition.starters import BY_KEY
from signals_app.labels import count_changes
from signals_app.models import Classification
from teams.models import Project, Team
from traces import settling
from traces.erasing import erasures, subjects
from traces.ingest import writer
from traces.models import Agent, Trace
from traces.records import SpanRecord
from traces.retaining import retaining
from traces.retaining.periods import Kept

TRACES = {traces}
WORDS = " ".join(hashlib.sha256(str(n).encode()).hexdigest() for n in range(40))
now = timezone.now()
project = Project.objects.create(team=Team.objects.create(name="bench"), name="bench")

def spans(number):
    trace = hashlib.md5(f"{{number}}".encode()).digest()
    at = int((now - timedelta(days=number % 60, hours=1)).timestamp()) * 10**9
    user = "ada" if number % 10 == 0 else f"user {{number}}"
    for place, name in enumerate(("root", "chat", "tool")):
        yield SpanRecord(
            trace, bytes(7) + bytes([place + 1]), bytes(7) + b"\\x01" if place else None, name, 1,
            at, at + 10**9, 0, "",
            {{"gen_ai.agent.name": "bench", "user.id": user, "session.id": f"s {{number // 5}}",
             "input.value": WORDS[number % 500:], "gen_ai.operation.name": "chat"}},
            [], [], {{}}, "b", "1",
        )

connection.ensure_connection()
for start in range(0, TRACES, 500):
    batch = [span for number in range(start, start + 500) for span in spans(number)]
    writer.write(connection.connection, project.pk, batch, now - timedelta(hours=1))
while True:
    with transaction.atomic():
        if not settling.claim_traces(now, 1000):
            break
made = BY_KEY["user_frustration"]
signal = versions.create(
    project=project, agent=Agent.objects.get(), name=made.name, scope="trace", type=made.type,
    prompt=made.prompt, labels=made.labels, sample_rate=1.0, template=made.key,
)
Classification.objects.bulk_create([
    Classification(
        project_id=project.pk, id=n, signal_id=signal.pk, version_id=signal.live_version.pk,
        agent_id=signal.agent_id, scope="trace", target=trace, target_time=at, source="live",
        outcome="labelled", label="true", explanation=WORDS[:200], sample_rate=1.0,
        created_at=at, counted_at=at,
    )
    for n, (trace, at) in enumerate(Trace.objects.values_list("trace_id", "start_time"), 1)
], batch_size=5000)
count_changes.recount()
with connection.cursor() as cursor:
    cursor.execute("SELECT pg_database_size(current_database())")
    size = cursor.fetchone()[0]
print(f"{{TRACES:,}} traces, {{3 * TRACES:,}} spans, {{TRACES:,}} labels: {{size / 1e6:,.0f}} MB")

def timed(title, work):
    began = time.monotonic()
    done = work()
    print(f"{{title:<34}}{{time.monotonic() - began:8.1f}} s  {{done}}", flush=True)

def until_done(go_on):
    longest = rounds = 0
    while True:
        began = time.monotonic()
        is_done = go_on()
        longest, rounds = max(longest, time.monotonic() - began), rounds + 1
        if is_done:
            return f"{{rounds}} tasks, the longest {{longest:.1f}} s"

def erase():
    erasures.begin(project, subjects.read("user", "ada"), None, now)
    return until_done(lambda: erasures.go_on(now))

def let_go(kept, days):
    retaining.save(project, {{kept: days}}, now)
    return until_done(lambda: retaining.go_on(now))

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "a.backup"
    words = "correct horse battery"
    timed("backup", lambda: f"{{making.make(path, words, now).bytes / 1e6:,.0f}} MB")
    timed("the backup read to its end", lambda: f"{{restoring.check(path, words).rows:,}} rows")
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(f"memory of this process {{memory:,.0f}} MB")
timed("erase a user of a tenth of it", erase)
timed("texts older than 30 days go", lambda: let_go(Kept.TEXTS, 30))
timed("explanations older than 30 days", lambda: let_go(Kept.EXPLANATIONS, 30))
timed("labels older than 45 days go", lambda: let_go(Kept.LABELS, 45))
timed("traces older than 30 days go", lambda: let_go(Kept.TRACES, 30))
"""


def main() -> None:
    """Measure with as many traces as the command line says."""
    traces = int(sys.argv[1]) if len(sys.argv) > 1 else 30_000
    own_database.run(CODE.format(traces=traces))


if __name__ == "__main__":
    main()
