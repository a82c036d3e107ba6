"""granian's command line, whose worker processes end with it, even if it was killed with -9."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import resource
from typing import Any

from granian import log
from granian.cli import entrypoint

from runner import die_with_parent, loading

#: Each connection takes one, and slow senders keep theirs; many systems begin with 1,024.
OPEN_FILES = 16_384


def allow_open_files() -> None:
    """Raise the limit of open files as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def load_application() -> None:
    """Load the application once, for all processes that are forked from this one.

    It takes seconds of a busy machine, and a web process that died is there again at once. Nothing
    of it begins before a process serves: no thread, and no connection.
    """
    if multiprocessing.get_start_method() == "fork":
        with loading.uncollected():
            importlib.import_module("config.asgi")


if __name__ == "__main__":
    die_with_parent.tie_forks()
    load_application()
    allow_open_files()
    handlers: dict[str, Any] = log.LOGGING_CONFIG["handlers"]  # type: ignore[assignment]
    handlers["console"] = {
        "class": "core.logs.handler.Handler",
        # The settings are not read here; `up` has put the `.env` file into the environment.
        "format": os.environ.get("LOG_FORMAT", "line").strip().lower(),
    }
    entrypoint()  # type: ignore[no-untyped-call]
