"""An alert as code: what makes the same one again, as a file, as a command and as a call."""

from __future__ import annotations

import shlex
from typing import Any

from alerts.models import Alert
from api import lookups
from api.shapes import code
from api.shapes.code import CodeShape

NO_WEBHOOK = "The address of its webhook is a secret, which none of these say."
PAUSED = "A new alert is on; this one is paused, which the file alone says."


def code_of(alert: Alert) -> CodeShape:
    """alert: with its `destinations`."""
    row = code.alert_row(alert)
    state = row.pop("state")
    left_out = [NO_WEBHOOK] if any(e.kind == "webhook" for e in alert.destinations.all()) else []
    return CodeShape(
        yaml=_yaml(alert, row | {"state": state}),
        cli=_cli(alert, row),
        rest=code.call_of("/api/v1/alerts", {"signal": str(alert.signal.uuid), **row}),
        leaves_out=[*left_out, *([PAUSED] if state == "paused" else [])],
    )


def _yaml(alert: Alert, row: dict[str, Any]) -> str:
    signal = alert.signal
    of_signal = {"name": signal.name, "agent": lookups.name_of(signal.agent), "alerts": [row]}
    return code.file_of(of_signal, [alert])


def _cli(alert: Alert, row: dict[str, Any]) -> str:
    words = [f"--signal={alert.signal.uuid}"]
    for name, value in row.items():
        flag = "cooldown" if name == "cooldown_min" else name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{'' if value else 'no-'}{flag}")
        else:
            words.append(f"--{flag}={shlex.quote(str(value))}")
    return " \\\n  ".join(["signals alerts create", *words])
