"""A database that is away, and a disk that is full, are a few lines in the log, and it all goes on
afterwards by itself."""

from __future__ import annotations

import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from benchmarks.killed import Traffic, prepare
from tests.runner.test_up import Up
from tests.server import OWN_ENVIRONMENT, WebServer, Worker, free_port, own_database, wait_until

pytestmark = pytest.mark.slow

AWAY_S = 75.0
#: Two kinds of trouble are a line a minute each; the rest says what ended and began again.
FEW = 14


def troubles(output: str) -> list[str]:
    """Return the lines of a log that say that something is wrong."""
    return [line for line in output.splitlines() if " WARNING " in line or " ERROR " in line]


def sent(traffic: Traffic) -> int:
    return len(traffic.sent)


def test_an_outage_of_the_database_is_a_few_lines() -> None:
    with own_database() as database:
        given = {"DATABASE_URL": database.url, "DATA_DIR": str(database.data_dir)}
        with WebServer(database.url, workers=2) as web, Worker(database.url) as worker:
            traffic = Traffic(web.url, prepare(OWN_ENVIRONMENT | given), 0.1)
            traffic.start()
            wait_until(lambda: sent(traffic) > 5, 60, f"traffic ({web.output()})")
            before = web.output(), worker.output()
            database.stop()
            ends_at = time.monotonic() + AWAY_S
            while time.monotonic() < ends_at:
                _open(f"{web.url}/accounts/login/")
                time.sleep(0.5)
            during = web.output()[len(before[0]) :], worker.output()[len(before[1]) :]
            database.start()
            count = sent(traffic)
            wait_until(lambda: sent(traffic) > count + 5, 30, "traffic is taken again")
            traffic.over.set()
            for said in during:
                assert "Traceback" not in said, said
                assert 1 <= len(troubles(said)) <= FEW, said
            assert "database away" in during[0]
            assert "database away" in during[1]


def _open(url: str) -> None:
    with suppress(OSError):
        urllib.request.urlopen(url, timeout=10).close()


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """Mount a disk of that size, which wants root."""
    with tempfile.TemporaryDirectory(prefix="signals-disk-") as folder:
        size = f"size={megabytes}m"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", folder], check=True)
        try:
            Path(folder).chmod(0o711)
            yield Path(folder)
        finally:
            subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_is_a_few_lines_and_is_over_once_there_is_space() -> None:
    with small_disk(400) as disk:
        data = disk / "data"
        with Up(data, free_port(), READY_DISK_MB="5", DISK_FREE_MIN_MB="0") as up:
            up.wait_for_link()
            url = f"http://127.0.0.1:{up.port}"
            traffic = Traffic(url, prepare(OWN_ENVIRONMENT | {"DATA_DIR": str(data)}), 0.1)
            traffic.start()
            wait_until(lambda: sent(traffic) > 5, 60, f"traffic ({up.complaints})")
            before = up.complaints
            ballast = disk / "ballast"
            subprocess.run(
                ["dd", "if=/dev/zero", f"of={ballast}", "bs=64k"], capture_output=True, check=False
            )
            wait_until(lambda: _status(f"{url}/readyz") == 503, 30, "it says that it is not ready")
            time.sleep(AWAY_S)
            assert _status(f"{url}/healthz") == 200
            during = up.complaints[len(before) :]
            ballast.unlink()
            wait_until(lambda: _status(f"{url}/readyz") == 200, 90, f"ready ({up.complaints})")
            count = sent(traffic)
            wait_until(lambda: sent(traffic) > count + 5, 60, f"traffic ({up.complaints})")
            traffic.over.set()
            assert "Traceback" not in during, during
            assert len(troubles(during)) <= 2 * FEW, during


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
