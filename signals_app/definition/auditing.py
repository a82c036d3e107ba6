"""What the audit log says of a signal and of its question."""

from __future__ import annotations

from typing import Any

from signals_app.models import Signal, SignalVersion


def about(signal: Signal) -> dict[str, Any]:
    """Return which signal an entry is about, for `teams.audit.record`."""
    return {
        "kind": "signal",
        "thing": signal.name,
        "thing_id": signal.uuid,
        "project": signal.project_id,
    }


def question_of(version: SignalVersion) -> dict[str, Any]:
    """Return what a version asks; its number says where all of a long prompt is to be read."""
    return {
        "version": version.number,
        "type": version.type,
        "prompt": version.prompt,
        "labels": version.label_names,
        "sample_rate": version.sample_rate,
        "judge_model": version.judge_model,
        "judge": version.endpoint.name if version.endpoint else "",
    }
