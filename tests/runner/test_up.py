"""The one command that starts everything, seen from outside."""

from __future__ import annotations

import http.client
import io
import os
import re
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Any, Self
from urllib.parse import urlsplit

import grpc
import psutil
import pytest
import requests
from django.core.management.base import OutputWrapper

from runner import web_server
from runner.child_process import manage
from runner.launcher import Launcher, Refused
from tests.server import OWN_ENVIRONMENT, free_port, wait_until

pytestmark = pytest.mark.slow

START_S = 90
STOP_S = 20


class Up:
    """`manage.py up` on a data folder and a port; output goes to files."""

    def __init__(
        self, data_dir: Path, port: int, demo: bool = False, **environment_too: str
    ) -> None:
        self.data_dir, self.port = data_dir, port
        given = {"DATA_DIR": str(data_dir), "PORT": str(port), "DEMO": str(demo)}
        environment = os.environ | OWN_ENVIRONMENT | given | environment_too
        for name in ("DATABASE_URL", "SECRET_KEY", "TEST_DATA_DIR"):
            environment.pop(name, None)
        self._out, self._err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115
        self.process = subprocess.Popen(
            manage("up"),
            env=environment,
            stdout=self._out,
            stderr=self._err,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop(signal.SIGTERM)
        self._out.close()
        self._err.close()

    @property
    def lines(self) -> list[str]:
        """What stands on standard output."""
        return self._read(self._out).splitlines()

    @property
    def complaints(self) -> str:
        return self._read(self._err)

    def _read(self, file: IO[bytes]) -> str:
        return os.pread(file.fileno(), 1_000_000, 0).decode(errors="replace")

    def wait_for_link(self) -> None:
        wait_until(lambda: bool(self.lines) or self.has_ended(), START_S, "the link is printed")
        assert not self.has_ended(), self.complaints

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def stop(self, number: signal.Signals) -> int:
        """Send the signal, and return the exit code."""
        if not self.has_ended():
            self.process.send_signal(number)
        return self.process.wait(STOP_S)

    def processes(self) -> list[int]:
        """Return all that were started for this data folder, the database's included."""
        return [each.pid for each in psutil.process_iter() if self._is_ours(each)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            alive = process.status() != psutil.STATUS_ZOMBIE
            return alive and process.environ().get("DATA_DIR") == str(self.data_dir)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Make a folder that the database's account may pass through, if we are root."""
    with tempfile.TemporaryDirectory(prefix="signals-up-") as made:
        Path(made).chmod(0o711)
        yield Path(made)


def get(url: str, cookie: str = "") -> http.client.HTTPResponse:
    """Return the answer's status and headers; its body is not read."""
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.netloc, timeout=20)) as connection:
        connection.request("GET", parts.path, headers={"Cookie": cookie})
        with connection.getresponse() as answer:
            return answer


def follow(
    browser: requests.Session, link: str, expect: int = 200, **given: Any
) -> requests.Response:
    """Open a link, fill in the form that it shows, and send it."""
    page = browser.get(link, timeout=20)
    assert page.status_code == expect
    if expect != 200:
        return page
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert token
    return browser.post(page.url, given | {"csrfmiddlewaretoken": token[1]}, timeout=20)


def test_the_link_signs_in_ctrl_c_stops_all_and_a_second_start_keeps_all(data_dir: Path) -> None:
    with Up(data_dir, free_port(), demo=True) as first:
        first.wait_for_link()
        wait_until(lambda: len(first.lines) == 2, 5, "the key is printed")
        link, key = first.lines
        assert urlsplit(link).port == first.port
        assert key.startswith("API key: sk-")
        browser = requests.Session()
        assert get(link).status == 200, "a look uses nothing up"
        assert follow(browser, link).url.endswith("/p/demo/signals/")
        assert first.stop(signal.SIGINT) == 0
        assert first.processes() == []
        assert "Traceback" not in first.complaints
    with Up(data_dir, free_port(), demo=True) as second:
        second.wait_for_link()
        wait_until(lambda: len(second.lines) == 2, 5, "the key is printed")
        assert second.lines[1] == key
        home = browser.get(f"http://127.0.0.1:{second.port}/", timeout=20)
        assert home.url.endswith("/p/demo/signals/")


def test_without_a_demo_the_link_makes_the_first_account_and_later_lets_its_person_in(
    data_dir: Path,
) -> None:
    with Up(data_dir, free_port()) as first:
        first.wait_for_link()
        (link,) = first.lines
        browser = requests.Session()
        given: dict[str, Any] = {"email": "ada@example.org", "password1": "a-long-enough-one"}
        assert follow(browser, link, **given).url.endswith("/p/adas-project/signals/")
        assert browser.get(f"http://127.0.0.1:{first.port}/admin/", timeout=20).status_code == 200
    with Up(data_dir, free_port()) as second:
        second.wait_for_link()
        (link,) = second.lines
        assert follow(requests.Session(), link).url.endswith("/p/adas-project/signals/")
        assert follow(requests.Session(), link, expect=403) is not None


def test_a_start_that_is_not_safe_on_the_internet_is_refused(data_dir: Path) -> None:
    with Up(data_dir, free_port(), PRODUCTION="true") as up:
        assert up.process.wait(START_S) == 1
        assert "PRODUCTION=true refuses this start." in up.complaints
        assert "BASE_URL=https://" in up.complaints


def test_of_two_starts_the_second_says_why_it_will_not(data_dir: Path) -> None:
    with Up(data_dir, free_port()) as first:
        first.wait_for_link()
        with Up(data_dir, free_port()) as second:
            assert second.process.wait(START_S) == 1
            assert f"running already on {data_dir} (process {first.process.pid})" in (
                second.complaints
            )
            assert "Traceback" not in second.complaints
        assert get(f"http://127.0.0.1:{first.port}/healthz").status == 200


def test_a_taken_port_is_named_with_the_way_out(data_dir: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with Up(data_dir, port) as refused:
            assert refused.process.wait(START_S) == 1
            assert f"Port {port}" in refused.complaints
            assert "make run PORT=" in refused.complaints
            assert refused.processes() == []


def test_spans_are_taken_by_grpc_where_a_port_for_it_is_set(data_dir: Path) -> None:
    port = free_port()
    with Up(data_dir, free_port(), OTLP_GRPC_PORT=str(port)) as started:
        started.wait_for_link()
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        grpc.channel_ready_future(channel).result(timeout=30)
        call = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        with pytest.raises(grpc.RpcError) as refused:
            call(b"", timeout=20)
        assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED
        channel.close()
        assert started.stop(signal.SIGINT) == 0
    assert started.processes() == []


def test_a_grpc_port_without_grpcio_says_what_to_install(
    settings: Any, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR, settings.OTLP_GRPC_PORT, settings.PORT = data_dir, free_port(), free_port()
    monkeypatch.setattr(web_server, "has_grpc", lambda: False)
    launcher = Launcher(OutputWrapper(io.StringIO()))
    with pytest.raises(Refused, match="pip install grpcio"):
        launcher.start()
    launcher.stop()


def test_a_killed_start_leaves_nothing_and_what_dies_is_started_again(data_dir: Path) -> None:
    with Up(data_dir, free_port()) as up:
        up.wait_for_link()
        children = psutil.Process(up.process.pid).children()
        for child in children:
            child.kill()
        wait_until(lambda: healthy(up.port), 30, "web and database are back")
        up.process.kill()
        up.process.wait()
        wait_until(lambda: not up.processes(), STOP_S, "nothing is left")


def healthy(port: int) -> bool:
    try:
        return get(f"http://127.0.0.1:{port}/healthz").status == 200
    except (OSError, http.client.HTTPException):
        return False
