"""What a backup says of itself: by whom and when it was made, its tables, and the keys."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from runner.backups.programs import CannotBackUp

#: psycopg's, or Django's around it.
Cursor = Any

#: Tables of ours, partitions with their parent.
TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
ORDER BY relname
"""


@dataclass(frozen=True, slots=True)
class Manifest:
    """version: of Signals. postgres: the server's version number. migrations: those applied, as
    "app.name". tables: how many rows each has. keys: by the name of the setting."""

    version: str
    made_at: str
    postgres: int
    migrations: tuple[str, ...]
    tables: dict[str, int]
    keys: dict[str, str]

    def line(self) -> bytes:
        """Return the manifest as one line."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def read(cls, line: bytes) -> Manifest:
        """Return what `line` made. Raises CannotBackUp."""
        try:
            facts = json.loads(line)
            facts["migrations"] = tuple(facts["migrations"])
            return cls(**facts)
        except (ValueError, KeyError, TypeError):
            raise CannotBackUp("The backup says nothing of itself that we can read.") from None

    @property
    def rows(self) -> int:
        return sum(self.tables.values())

    def refuse_newer(self) -> None:
        """Raise CannotBackUp if it has tables of a later program than this one."""
        if unknown := sorted(set(self.migrations) - _known_migrations()):
            raise CannotBackUp(
                f"The backup was made by a later Signals ({self.version}, {self.made_at[:10]}) "
                f"than this one ({settings.VERSION}), which does not know {unknown[0]}"
                f"{f' and {len(unknown) - 1} more changes' if len(unknown) > 1 else ''} of its "
                "tables. Update Signals first, then restore."
            )


def of_now(cursor: Cursor, now: datetime) -> Manifest:
    """Describe the database as the transaction of the cursor sees it."""
    cursor.execute("SHOW server_version_num")
    postgres = int(cursor.fetchone()[0])
    tables = tables_in(cursor)
    if "django_migrations" not in tables:
        raise CannotBackUp("The database holds nothing of Signals: there is nothing to back up.")
    cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY id")
    migrations = tuple(row[0] for row in cursor.fetchall() if _is_ours(row[0]))
    counts = {}
    for table in tables:
        cursor.execute(f'SELECT count(*) FROM public."{table}"')
        counts[table] = cursor.fetchone()[0]
    return Manifest(settings.VERSION, now.isoformat(), postgres, migrations, counts, _keys())


def tables_in(cursor: Cursor) -> list[str]:
    """Return the names of the tables of the database, without partitions."""
    cursor.execute(TABLES)
    return [row[0] for row in cursor.fetchall()]


def _keys() -> dict[str, str]:
    return {
        "SECRET_KEY": settings.SECRET_KEY,
        "ENCRYPTION_KEY": settings.ENCRYPTION_KEY,
        "IDP_OIDC_PRIVATE_KEY": settings.IDP_OIDC_PRIVATE_KEY,
    }


def _known_migrations() -> set[str]:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return {f"{app}.{name}" for app, name in loader.disk_migrations or ()}


def _is_ours(migration: str) -> bool:
    """Say whether a migration is of this repository: those of packages come with their version."""
    label = migration.partition(".")[0]
    own = Path(settings.BASE_DIR).resolve()
    config = next((each for each in apps.get_app_configs() if each.label == label), None)
    place = Path(config.path).resolve() if config else own
    return place.parent == own
