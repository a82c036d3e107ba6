"""docs/alerts.md shows the payload that is sent."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from django.conf import settings

from alerts.text import messages
from tests.alerts.test_messages import FIRED


def shape(value: Any) -> Any:
    return {name: shape(inner) for name, inner in value.items()} if isinstance(value, dict) else 0


def test_the_payload_in_the_documentation_has_the_fields_of_a_real_one() -> None:
    text = (Path(settings.BASE_DIR) / "docs/alerts.md").read_text(encoding="utf-8")
    found = re.search(r"```json\n(.*?)```", text, re.DOTALL)
    assert found
    shown, sent = json.loads(found[1]), messages.webhook(FIRED)
    assert shape(shown) == shape(sent)
    for name in ("headline", "condition", "window", "value", "baseline", "change_pct", "labels"):
        assert shown["data"][name] == sent["data"][name]
