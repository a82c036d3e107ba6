"""Which addresses take telemetry, and what each of them takes. Pure."""

from __future__ import annotations

#: The paths of the specification stand at the root, and where SDKs of other collectors look.
PREFIXES = ("/api/public/otel/v1/", "/otel/v1/", "/v1/")

SIGNALS = frozenset({"traces", "logs", "metrics"})

#: Below these nothing of ours is for people: what is unknown there is answered in JSON.
_MACHINES_ONLY = ("/v1/", "/otel/", "/api/public/otel/")


def takes(path: str) -> bool:
    """Say whether an address is a door for telemetry, or would be one if it were right."""
    return f"{path}/".startswith(_MACHINES_ONLY)


def signal_of(path: str) -> str | None:
    """Name what an address takes, with or without a slash behind it; None for none of ours."""
    for prefix in PREFIXES:
        if path.startswith(prefix):
            signal = path[len(prefix) :].removesuffix("/")
            return signal if signal in SIGNALS else None
    return None
