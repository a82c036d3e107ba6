"""Waiting for work that the server does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from signals_cli.commanding import Call, not_done
from signals_cli.errors import Failed, Refusal, Unreachable

#: How often in a row nobody may answer: a server that restarts is back by then.
MOST_SILENCES = 5


def wait_for(
    call: Call,
    path: str,
    title: str,
    done_and_total: Callable[[Any], tuple[float, float | None]],
    *,
    timeout_s: float,
    interval_s: float,
) -> Any:
    """Ask until the thing no longer runs, and return it.

    Raises Failed with the exit code for what is not done when the time is over.
    """
    deadline = time.monotonic() + timeout_s
    silences = 0
    with call.screen.progress(title) as advance:
        while True:
            try:
                thing = call.rest.get(path)
                silences = 0
            except Failed as error:
                silences += 1
                if not _may_pass(error) or silences > MOST_SILENCES:
                    raise
            else:
                advance(*done_and_total(thing))
                if not is_running(thing):
                    return thing
            left = deadline - time.monotonic()
            if left <= 0:
                raise not_done(f"Not done after {timeout_s:g} s; it goes on. Raise --timeout.")
            time.sleep(min(interval_s, left))


def is_running(thing: Any) -> bool:
    return bool(thing.get("is_running", thing.get("state") in ("running", "waiting", "queued")))


def _may_pass(error: Failed) -> bool:
    return isinstance(error, Unreachable) or (isinstance(error, Refusal) and error.status >= 500)
