"""Whether the program can do its work: one check for each thing that it needs. What to do is said
with it, in a sentence for whoever looks after the program."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import Error

from core.ui import wording
from runner.health import facts
from runner.health.facts import Waits
from runner.postgres import paths

MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """name: a word for programs. words: what is, in a sentence. advice: what to do, "" if good.

    is_good: None where it could not be asked, because something else is wrong.
    """

    name: str
    title: str
    is_good: bool | None
    words: str
    advice: str = ""


DATABASE, MIGRATIONS, WORKER, QUEUE, DISK = "database", "migrations", "worker", "queue", "disk"
TITLES = {
    DATABASE: "Database",
    MIGRATIONS: "Tables",
    WORKER: "Worker",
    QUEUE: "Queue",
    DISK: "Disk",
}
#: What cannot be asked without the database.
BEHIND_DATABASE = (MIGRATIONS, WORKER, QUEUE)

START_DATABASE = (
    "“manage.py up” starts the embedded one again by itself; with DATABASE_URL look at that "
    "server. Traffic is answered with 503 meanwhile, and senders keep it."
)
START_WORKER = (
    "Start it with “manage.py worker” (“manage.py up” starts it too). Traffic is stored meanwhile, "
    "and nothing is lost."
)


def all_of() -> list[Check]:
    """Run every check, which takes as long as the database lets it."""
    return [*_of_database(), disk()]


def without_database(words: str) -> list[Check]:
    """Return the checks when the database did not answer; `words` say what happened instead."""
    unknown = [_check(name, None, "Not known without the database.") for name in BEHIND_DATABASE]
    return [_check(DATABASE, False, words, START_DATABASE), *unknown, disk()]


def disk() -> Check:
    """Look at the space that is left where the program keeps its files."""
    least = settings.READY_DISK_MB * MB
    folders = {settings.DATA_DIR}
    if not settings.DATABASE_URL:
        folders.add(paths.database_folder(settings.DATA_DIR))
    free = min(_free(folder) for folder in folders)
    words = f"{wording.number(free // MB)} MB are free."
    if free < least:
        advice = (
            "Make space, or let RETENTION_DAYS keep less. Traffic is refused when the disk is "
            "full, and taken again by itself once it is not."
        )
        return _check(DISK, False, words, advice)
    return _check(DISK, True, words)


def _of_database() -> list[Check]:
    try:
        opened = facts.written()
    except psycopg.Error as error:
        return without_database(f"It takes no write: {_first_line(error)}")[:-1]
    with opened:
        database = _check(DATABASE, True, "It took a write.")
        return [
            database,
            *_each(MIGRATIONS, lambda: migrations(facts.missing_migrations(opened))),
            *_each(WORKER, lambda: worker(facts.worker_beat_s(opened))),
            *_each(QUEUE, lambda: queue(facts.waits())),
        ]


def _each(name: str, check: Callable[[], Check]) -> list[Check]:
    try:
        return [check()]
    except (psycopg.Error, Error) as error:
        return [_check(name, False, f"It could not be asked: {_first_line(error)}")]


def migrations(missing: list[str]) -> Check:
    """Judge by the migrations that are not applied."""
    if not missing:
        return _check(MIGRATIONS, True, "They are as this version needs them.")
    words = f"{len(missing)} migrations are not applied, the first is {missing[0]}."
    return _check(
        MIGRATIONS, False, words, "Run “manage.py migrate”, or start with “manage.py up”."
    )


def worker(beat_s: float | None) -> Check:
    """Judge by how long ago a worker swept, in seconds; None if none ever did."""
    if beat_s is None:
        return _check(WORKER, False, "No worker has been heard of yet.", START_WORKER)
    # Below zero: the clock was set back, and a worker that lives says so within seconds.
    if abs(beat_s) > settings.WORKER_STALE_S:
        lasted = wording.duration(abs(beat_s) * 1000)
        return _check(WORKER, False, f"It was last heard of {lasted} ago.", START_WORKER)
    return _check(WORKER, True, f"It was heard of {max(0.0, beat_s):.0f} s ago.")


def queue(waits: Waits) -> Check:
    """Judge by how long the oldest has waited although nothing keeps it from going on."""
    longest, what = max(
        (waits.to_settle_s, "a trace waits to be settled"),
        (waits.to_be_judged_s, "a target waits to be judged"),
        (waits.tasks_s, "a task of the worker waits"),
    )
    if longest <= settings.READY_QUEUE_S or not settings.READY_QUEUE_S:
        return _check(
            QUEUE, True, f"Nothing has waited for longer than {max(1, round(longest))} s."
        )
    words = f"For {wording.duration(longest * 1000)} {what}, though nothing keeps it."
    advice = (
        "Look into the worker's log. If all is well there, it has more to do than it can: raise "
        "JUDGE_CONCURRENCY, judge a smaller share of the traffic, or wait until it has caught up."
    )
    return _check(QUEUE, False, words, advice)


def _check(name: str, is_good: bool | None, words: str, advice: str = "") -> Check:
    return Check(name, TITLES[name], is_good, words, advice)


def _free(folder: Path) -> int:
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
