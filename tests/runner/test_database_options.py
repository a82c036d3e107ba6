from __future__ import annotations

import pytest

from runner.postgres.options import GIB, sized


@pytest.mark.parametrize(
    ("memory", "shared"),
    [
        pytest.param(2 * GIB, "128MB", id="a small laptop gets little"),
        pytest.param(24 * GIB, "1024MB", id="24 GiB get one"),
        pytest.param(512 * GIB, "1024MB", id="a large machine gets no more"),
    ],
)
def test_memory_follows_the_machine(memory: int, shared: str) -> None:
    assert sized(memory, 100 * GIB)["shared_buffers"] == shared
