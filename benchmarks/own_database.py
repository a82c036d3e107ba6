"""A database for one benchmark: started, migrated, measured in a process of its own, gone."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from runner.child_process import manage
from runner.postgres.server import EmbeddedDatabase


def run(code: str) -> None:
    """Runs lines of Python with our settings, fsync on. Raises CalledProcessError."""
    with tempfile.TemporaryDirectory(prefix="signals-bench-") as folder:
        Path(folder).chmod(0o711)
        with EmbeddedDatabase(Path(folder)) as database:
            given = os.environ | {
                "DATABASE_URL": database.url,
                "DATA_DIR": folder,
                "ENV_FILE": os.devnull,
                "DEMO": "false",
            }
            subprocess.run(manage("migrate", "-v0"), env=given, check=True)
            subprocess.run(manage("shell", "-v0", "-c", code), env=given, check=True)
