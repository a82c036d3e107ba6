"""When backups are due, and which ones go."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from runner.backups.due import is_due, name_of, to_delete

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


@pytest.mark.parametrize(
    ("last", "failed", "at", "expected"),
    [
        pytest.param(None, None, None, True, id="the first one at once"),
        pytest.param(ago(23), None, None, False, id="not before its time"),
        pytest.param(ago(24), None, None, True, id="a day after the last"),
        pytest.param(ago(30), ago(0.2), None, False, id="not at once after a failure"),
        pytest.param(ago(30), ago(0.3), None, True, id="again a quarter of an hour later"),
        pytest.param(ago(-5), None, None, True, id="a clock that went back stops nothing"),
        pytest.param(ago(30), ago(-5), None, True, id="nor does a failure of the future"),
        pytest.param(ago(9), None, time(3, 30), True, id="at its time of day"),
        pytest.param(ago(8.5), None, time(3, 30), False, id="once at its time of day"),
        pytest.param(ago(9), None, time(13, 0), False, id="not before its time of day"),
    ],
)
def test_a_backup_is_due(
    last: datetime | None, failed: datetime | None, at: time | None, expected: bool
) -> None:
    assert is_due(NOW, last, failed, 24, at) is expected


def test_the_oldest_beyond_those_kept_go_and_other_files_stay() -> None:
    names = [name_of(NOW - timedelta(days=days)) for days in range(4)]
    others = ["signals.backup", ".signals-20261128T120000Z.backup.part", "notes.txt"]
    assert to_delete([*names, *others], 2) == sorted(names[2:], reverse=True)
