"""What the web server loads before it forks begins nothing that a fork would not survive."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.server import OWN_ENVIRONMENT

LOOK = """
import os, threading
from runner import serve_web
serve_web.load_application()
from django.db import connections
files = [os.readlink(f"/proc/self/fd/{each}") for each in os.listdir("/proc/self/fd")
         if os.path.exists(f"/proc/self/fd/{each}")]
print(threading.active_count(), connections["default"].connection,
      sum("socket:" in each for each in files))
"""


def test_nothing_runs_and_nothing_is_connected_before_a_process_serves() -> None:
    given = os.environ | OWN_ENVIRONMENT | {"DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}
    command = [sys.executable, "-W", "ignore", "-c", LOOK]
    done = subprocess.run(command, env=given, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "None", "0"]
