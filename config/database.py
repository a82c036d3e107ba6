"""Where the database is: DATABASE_URL, or the socket of the embedded server."""

from __future__ import annotations

from pathlib import Path
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from psycopg_pool import ConnectionPool

from runner.postgres import paths

COMMON: dict[str, Any] = {
    "ENGINE": "django.db.backends.postgresql",
    "CONN_MAX_AGE": 60,
    "CONN_HEALTH_CHECKS": True,
}

#: A network that swallows everything is noticed in less than half a minute, not in a quarter of an
#: hour: libpq's own words, which those of DATABASE_URL replace. A Unix socket heeds none of them.
ANSWERS_IN_TIME = {
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}

#: How long a page waits for a connection, while others have all of them or the server is away.
POOL_WAIT_S = 5.0

#: What our own statements meet is raised here and logged without values. The server's line would
#: quote them ("invalid input syntax for …"); above errors it logs what is about the server.
QUIET = "log"

_discarding = Lock()


def settings(url: str, data_dir: Path) -> dict[str, Any]:
    """Return Django's database settings; raise ImproperlyConfigured for any other scheme."""
    if not url:
        socket_folder = str(paths.socket_folder(data_dir))
        quiet = {"OPTIONS": {"options": f"-c log_min_messages={QUIET}"}}
        return COMMON | quiet | {"NAME": "signals", "USER": "postgres", "HOST": socket_folder}
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must start with postgresql://")
    query = dict(parse_qsl(parts.query))
    return COMMON | {
        "NAME": unquote(parts.path.lstrip("/")) or "signals",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", None) or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": ANSWERS_IN_TIME | query,
    }


def pooled(given: dict[str, Any], size: int) -> dict[str, Any]:
    """Return the settings `given` with a pool of at most `size` connections for the process.

    Only for a process that never forks, since a pool does not survive that. Under ASGI each
    request has a thread of its own, whose connection nobody could use again otherwise.
    """
    pool = {
        "name": "pages",
        "min_size": 1,
        "max_size": size,
        "timeout": POOL_WAIT_S,
        # Else a pool tries ever less often, and pages wait although the server is back.
        "reconnect_timeout": 0,
        "reconnect_failed": _discard_in_thread,
    }
    options = given.get("OPTIONS", {}) | {"pool": pool}
    return given | {"CONN_MAX_AGE": 0, "OPTIONS": options}


def _discard_in_thread(pool: ConnectionPool) -> None:
    """Call `discard`, which waits for the thread of the pool that this is called in."""
    Thread(target=discard, args=[pool], name="discard pool", daemon=True).start()


def discard(pool: ConnectionPool) -> None:
    """Close a pool that cannot connect: who waits fails at once, the next page makes a new one."""
    wrapper: Any = connections["default"]
    with _discarding:
        if wrapper.pool is pool:
            wrapper.close_pool()
