"""Lines of one kind are written once a minute, by all processes together."""

from __future__ import annotations

import errno
import logging
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from django.db import OperationalError
from psycopg_pool import PoolTimeout

from core import log_lines
from core.logs import folding, troubles
from core.logs.handler import Handler

logger = logging.getLogger("tests.folding")


def django_error(error: Exception) -> Exception:
    try:
        try:
            raise error
        except Exception as cause:
            raise OperationalError(*cause.args) from cause
    except OperationalError as raised:
        return raised


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        pytest.param(psycopg.OperationalError("connection refused"), "database away", id="refused"),
        pytest.param(psycopg.errors.AdminShutdown("bye"), "database away", id="shut down"),
        pytest.param(PoolTimeout("no connection in 5 s"), "database away", id="no connection"),
        pytest.param(
            django_error(psycopg.OperationalError("gone")), "database away", id="as Django says it"
        ),
        pytest.param(psycopg.errors.DiskFull("could not extend"), "disk full", id="its disk"),
        pytest.param(OSError(errno.ENOSPC, "No space left"), "disk full", id="our disk"),
        pytest.param(psycopg.errors.DeadlockDetected("both wait"), "", id="a deadlock"),
        pytest.param(psycopg.errors.QueryCanceled("too slow"), "", id="a slow statement"),
        pytest.param(ValueError("of ours"), "", id="a fault of ours"),
        pytest.param(None, "", id="no error"),
    ],
)
def test_a_trouble_of_the_machine_is_told_from_faults(
    error: Exception | None, trouble: str
) -> None:
    assert troubles.of_error(error) == trouble


def test_a_kind_is_written_once_a_minute_and_the_rest_is_counted() -> None:
    folds = folding.Folds()
    assert folds.take("a", 1000.0) == (True, 0)
    assert [folds.take("a", 1000.0 + second) for second in (1, 30, 59.9)] == [(False, 0)] * 3
    assert folds.take("b", 1001.0) == (True, 0)
    assert folds.take("a", 1060.0) == (True, 3)
    assert folds.take("a", 5.0) == (True, 0), "the machine was started anew"


def test_so_many_kinds_that_there_is_no_room_are_written() -> None:
    folds = folding.Folds()
    assert all(folds.take(f"kind {number}", 1000.0)[0] for number in range(5_000))


def test_processes_fold_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(folding.VARIABLE, "")
    folding.begin(tmp_path)
    code = "from core.logs.folding import *; print(Folds(os.environ[VARIABLE]).take('a')[0])"
    said = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(3)
    ]
    assert [each.stdout.strip() for each in said] == ["True", "False", "False"]
    assert folding.Folds(os.environ[folding.VARIABLE]).take("a")[0] is False


def test_a_folder_that_cannot_be_written_to_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(folding.VARIABLE, "")
    folding.begin(Path("/proc/nowhere"))
    assert folding.Folds(os.environ[folding.VARIABLE]).take("a") == (True, 0)
    assert folding.Folds("/nowhere/at/all").take("a") == (True, 0)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Handler:
    """Give this file's logger a handler of its own; what it wrote is on stderr."""
    monkeypatch.setenv(folding.VARIABLE, "")
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    handler = Handler()
    monkeypatch.setattr(logger, "handlers", [handler])
    monkeypatch.setattr(logger, "propagate", False)
    return handler


def raise_and_note(error: Exception, words: str) -> None:
    try:
        raise error
    except Exception:
        logger.exception(words)


def test_a_database_that_is_away_is_one_line_without_a_traceback(
    written: Handler, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(100):
        raise_and_note(psycopg.OperationalError("refused\nis it running?"), f"loop {number} failed")
        log_lines.write(logger, logging.WARNING, "lease not renewed", reason=PoolTimeout("5 s"))
        logger.warning("sent back: %s", psycopg.OperationalError("refused"))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, "\n".join(lines)
    assert lines[0].endswith("ERROR tests.folding: database away: loop 0 failed: refused")


def test_a_fault_keeps_its_traceback_and_says_how_often(
    written: Handler, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 1.0, 2.0, 70.0])
    folds = folding.Folds()
    at_those_times = SimpleNamespace(take=lambda kind: folds.take(kind, next(clock)))
    monkeypatch.setattr(written, "_folds", at_those_times)
    for number in range(4):
        raise_and_note(ValueError(f"number {number}"), "a round failed")
    said = capsys.readouterr().err
    assert said.count("Traceback") == 2
    assert "a round failed (and 2 more since)" in said


def test_what_happened_to_different_things_is_said_of_each(
    written: Handler, capsys: pytest.CaptureFixture[str]
) -> None:
    for signal in (1, 2, 2):
        log_lines.write(logger, logging.WARNING, "signal stopped itself", signal=signal)
        log_lines.write(logger, logging.INFO, "judge endpoint answers again", model="m")
    lines = capsys.readouterr().err.splitlines()
    assert sum("stopped itself" in line for line in lines) == 2
    assert sum("answers again" in line for line in lines) == 3, "INFO is never folded"
