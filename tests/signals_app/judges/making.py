"""Judges of a project, for tests."""

from __future__ import annotations

from typing import Any

from core import sealing
from signals_app.models import JudgeEndpoint
from teams.models import Project


def endpoint(project: Project, url: str, key: str = "", **fields: Any) -> JudgeEndpoint:
    """Make a judge of a project that is at this address."""
    wanted: dict[str, Any] = {"name": "Own", "model": "little", "timeout_s": 8, **fields}
    sealed = sealing.seal(key) if key else b""
    return JudgeEndpoint.objects.create(project=project, base_url=url, sealed_key=sealed, **wanted)
