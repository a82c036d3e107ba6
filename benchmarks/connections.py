"""What a connection to the database costs a page: a pool beside a new connection each time.

    python -m benchmarks.connections [--times 400]

Starts a database and two web servers on it, one with our settings and one without the pool, and
asks both in turns, over loopback and one kept connection each, for the plainest page there is:
the one that sends a signed-in person on to a project (session, person, project: three queries).
`/healthz` stands beside it, where nobody is signed in and nothing is asked of the database.
p50 and p95 in milliseconds.
"""

from __future__ import annotations

import argparse
import http.client
import os
import statistics
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from runner import web_server
from runner.child_process import Child, manage
from runner.postgres.server import EmbeddedDatabase

PORTS = {"pool": 8811, "no pool": 8812}

#: Signs a person in and prints the cookie of the session.
SIGN_IN = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from teams.models import Membership, Project, Team, User
user = User.objects.create_user("ada@example.org")
team = Team.objects.create(name="team")
Membership.objects.create(team=team, user=user, role="owner")
Project.objects.create(team=team, name="Project")
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
print(session.session_key)
"""

#: A module for granian that is our application without the pool.
WITHOUT_POOL = """
from config import database
database.pooled = lambda given, size: given
from config.asgi import application
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--times", type=int, default=400, help="requests to each server")
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory(prefix="signals-bench-") as folder, ExitStack() as stack:
        Path(folder).chmod(0o711)
        database = stack.enter_context(EmbeddedDatabase(Path(folder)))
        given = {
            "DATABASE_URL": database.url,
            "DATA_DIR": folder,
            "ENV_FILE": os.devnull,
            "DEMO": "false",
            "PYTHONPATH": f"{folder}:{Path(__file__).parent.parent}",
        }
        environment = os.environ | given
        subprocess.run(manage("migrate", "-v0"), env=environment, check=True)
        words = manage("shell", "-v0", "-c", SIGN_IN)
        done = subprocess.run(words, env=environment, check=True, capture_output=True, text=True)
        (Path(folder) / "without_pool.py").write_text(WITHOUT_POOL, encoding="utf-8")
        for name, port in PORTS.items():
            start(stack, name, port, given)
        measure(done.stdout.strip(), times)


def start(stack: ExitStack, name: str, port: int, given: dict[str, str]) -> None:
    """Start the server `name` on `port` with the settings `given`, and stop it with `stack`."""
    words = web_server.web_command("127.0.0.1", port, workers=1)
    if name == "no pool":
        words[words.index("config.asgi:application")] = "without_pool:application"
    server = Child(name, words, environment=given)
    server.start()
    stack.callback(server.stop, patience_s=10)
    while not web_server.answers("127.0.0.1", port):
        time.sleep(0.1)


def measure(session_key: str, times: int) -> None:
    """Ask both servers in turns for both pages, `times` each, and print what it took."""
    cookie = {"cookie": f"sessionid={session_key}"}
    clients = {name: http.client.HTTPConnection("127.0.0.1", port) for name, port in PORTS.items()}
    took: dict[tuple[str, str], list[float]] = {}
    for _ in range(times):
        for path, headers, status in (("/", cookie, 302), ("/healthz", {}, 200)):
            for name, client in clients.items():
                began = time.perf_counter()
                client.request("GET", path, headers=headers)
                answer = client.getresponse()
                answer.read()
                ms = (time.perf_counter() - began) * 1000
                took.setdefault((path, name), []).append(ms)
                assert answer.status == status, answer.status
    for client in clients.values():
        client.close()
    for (path, name), values in took.items():
        p95 = statistics.quantiles(values, n=20)[-1]
        print(f"{path:9} {name:8} p50 {statistics.median(values):5.2f} ms   p95 {p95:5.2f} ms")


if __name__ == "__main__":
    main()
