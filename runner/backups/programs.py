"""PostgreSQL's own programs that dump and restore, and how they reach the database."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from django.db import connection
from psycopg.conninfo import make_conninfo

from runner.postgres import files


class CannotBackUp(Exception):
    """A backup or a restore cannot be done; the text says why and what to do."""


def find(name: str) -> Path:
    """Return pg_dump, pg_restore or psql: the embedded PostgreSQL's, else the system's."""
    try:
        embedded = files.programs() / name
    except files.DatabaseTrouble:
        embedded = None
    if embedded is not None and embedded.is_file():
        return embedded
    if found := shutil.which(name):
        return Path(found)
    raise CannotBackUp(
        f"There is no {name} on this machine: install PostgreSQL's client programs "
        "(Debian: postgresql-client), in the database's version or a later one."
    )


def address() -> str:
    """Return how libpq finds our database, without the password, which others could see."""
    given = connection.settings_dict
    options = {name: value for name, value in given.get("OPTIONS", {}).items() if name != "pool"}
    places = {"host": given["HOST"], "port": given["PORT"], "user": given["USER"]}
    known: dict[str, Any] = {name: value for name, value in places.items() if value}
    return make_conninfo(dbname=given["NAME"], **known, **options)


def environment() -> dict[str, str]:
    """Return the environment of these programs, with the password of the database."""
    password = connection.settings_dict.get("PASSWORD")
    passed_on = {name: value for name, value in os.environ.items() if name != "BACKUP_PASSPHRASE"}
    return passed_on | ({"PGPASSWORD": str(password)} if password else {})
