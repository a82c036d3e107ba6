"""Signals and alerts by their id or their name."""

from __future__ import annotations

import re
from typing import Any

from signals_cli.client import Client
from signals_cli.errors import ExitCode, Failed, WrongValue

_ID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}", re.ASCII)


def is_id(text: str) -> bool:
    return bool(_ID.fullmatch(text))


def signal_id(rest: Client, given: str, agent: str = "", state: str = "") -> str:
    """Return the id of a signal that is given by its id or its exact name. Lists leave archived
    ones out unless `state` asks for them."""
    within = {"agent": agent, "state": state}
    return given if is_id(given) else _by_name(rest, "/signals", "signal", given, within)


def alert_id(rest: Client, given: str, signal: str = "", state: str = "") -> str:
    """Return the id of an alert that is given by its id or its exact name."""
    if is_id(given):
        return given
    within = {"signal": signal_id(rest, signal) if signal else "", "state": state}
    return _by_name(rest, "/alerts", "alert", given, within)


def _by_name(rest: Client, path: str, noun: str, name: str, within: dict[str, Any]) -> str:
    if not name.strip():
        raise WrongValue(f"{noun.upper()}: give the id or the name of the {noun}.")
    query = {"text": name, **within}
    found = [
        row for page in rest.rows(path, query, 0) for row in page["items"] if row["name"] == name
    ]
    if not found:
        raise Failed(f"There is no {noun} named {name!r}.", ExitCode.NOT_FOUND)
    if len(found) > 1:
        ids = ", ".join(f"{row['id']} ({_where(row)})" for row in found)
        raise WrongValue(f"{len(found)} {noun}s are named {name!r}. Give the id: {ids}.")
    return str(found[0]["id"])


def _where(row: dict[str, Any]) -> str:
    within = row.get("agent") or row.get("signal") or {}
    return f"{within.get('name', '')}, {row.get('state', '')}"
