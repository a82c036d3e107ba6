from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def loopback_may_be_called(settings: Any) -> None:
    """What an operator sets who wants judges on the same machine."""
    settings.OUTBOUND_ALLOW, settings.OUTBOUND_HTTP = ["127.0.0.1"], True
    settings.JUDGE_BASE_URL = settings.JUDGE_API_KEY = ""
    settings.JUDGE_RETRY_BASE_S = 0
