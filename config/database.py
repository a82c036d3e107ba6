"""Where the database is: DATABASE_URL, or the socket of the embedded server."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from runner.postgres import paths as places

COMMON: dict[str, Any] = {
    "ENGINE": "django.db.backends.postgresql",
    # Connections are kept, and never pooled by psycopg: a pool does not survive
    # the fork of a django-q2 worker.
    "CONN_MAX_AGE": 60,
    "CONN_HEALTH_CHECKS": True,
}


def settings(url: str, data_dir: Path) -> dict[str, Any]:
    """Django's database settings; raises ImproperlyConfigured for any other scheme."""
    if not url:
        socket_folder = str(places.socket_folder(data_dir))
        return COMMON | {"NAME": "signals", "USER": "postgres", "HOST": socket_folder}
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
        "OPTIONS": query,
    }
