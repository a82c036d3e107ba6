"""What must be done so that the project is as the file says: pure, from rows to steps."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from signals_cli.as_code import document
from signals_cli.as_code.document import Row
from signals_cli.errors import WrongValue

Action = Literal["create", "edit", "activate", "resume", "pause", "restore", "archive"]


@dataclass
class Step:
    """One call of REST. target: the id of a signal or an alert; body: what is sent; changes: by
    field, from what to what. of: the signal of an alert, which may be made by a step before."""

    action: Action
    noun: Literal["signal", "alert"]
    name: str
    within: str
    target: str = ""
    body: Row = field(default_factory=dict)
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    of: tuple[str, str] = ("", "")

    def as_row(self) -> Row:
        """Return the step for programs."""
        changes = {name: {"from": a, "to": b} for name, (a, b) in self.changes.items()}
        row: Row = {"action": self.action, "kind": self.noun, "name": self.name}
        row["agent" if self.noun == "signal" else "signal"] = self.within
        return row | {"id": self.target or None, "changes": changes}


@dataclass
class Present:
    """What the server has: signals with their question, alerts, and the names of channels.

    by_agent: the ids of the signals of each agent, by what the file calls it: an agent has an id,
    a name, and an identity in traffic.
    """

    signals: Sequence[Row]
    alerts: Sequence[Row]
    slack: Mapping[str, str] = field(default_factory=dict)
    by_agent: Mapping[str, Collection[str]] = field(default_factory=dict)

    def signal(self, agent: str, name: str) -> Row | None:
        """Return the signal of that name; one that is not archived goes first."""
        ids = self.by_agent.get(agent, ())
        found = [row for row in self.signals if row["name"] == name and row["id"] in ids]
        return min(found, key=lambda row: row["state"] == "archived", default=None)

    def alerts_of(self, signal: Row | None) -> list[Row]:
        wanted = signal["id"] if signal else None
        return [row for row in self.alerts if (row.get("signal") or {}).get("id") == wanted]


def steps(wanted: Sequence[Row], present: Present, *, prune: bool) -> list[Step]:
    """Return what to do, in order."""
    found: list[Step] = []
    kept: set[str] = set()
    for row in wanted:
        signal = present.signal(row["agent"], row["name"])
        found += _of_signal(row, signal)
        if signal:
            kept.add(signal["id"])
        found += _of_alerts(row, present, present.alerts_of(signal), prune)
    if prune:
        found += (
            Step("archive", "signal", row["name"], row["agent"]["name"], row["id"])
            for row in present.signals
            if row["state"] != "archived" and row["id"] not in kept
        )
    return found


def _of_signal(row: Row, signal: Row | None) -> Iterator[Step]:
    name, agent, state = row["name"], row["agent"], row.get("state", "")
    if signal is None:
        body = {key: value for key, value in row.items() if key not in ("state", "alerts")}
        yield Step("create", "signal", name, agent, body=body | {"active": state in ("", "active")})
        if state == "paused":
            yield Step("activate", "signal", name, agent, of=(agent, name))
            yield Step("pause", "signal", name, agent, of=(agent, name))
        return
    changes = _changes_of_signal(row, signal)
    now = signal["state"]
    if now == "archived":
        yield Step("restore", "signal", name, agent, signal["id"])
    if changes:
        body = {key: row[key] for key in changes} | {"based_on": signal["version"]["number"]}
        if "labels" in body or "sentiment" in body:
            body["type"] = row.get("type", signal["version"]["type"])
        yield Step("edit", "signal", name, agent, signal["id"], body, changes)
    if action := _state_step(now, state, f"{name!r} of {agent!r}"):
        yield Step(action, "signal", name, agent, signal["id"])


def _state_step(now: str, wanted: str, what: str) -> Action | None:
    if now == wanted or (not wanted and now != "archived"):
        return None
    if wanted == "draft":
        raise WrongValue(f"{what} is {now}, and no draft any more: its state is active or paused.")
    if wanted == "paused":
        return "pause" if now == "active" else None
    # A restored signal is paused, whatever it was before.
    return "activate" if now == "draft" else "resume"


def _changes_of_signal(row: Row, signal: Row) -> dict[str, tuple[Any, Any]]:
    before = document.signal_row(signal)
    if row.get("scope", before["scope"]) != before["scope"]:
        what = f"{row['name']!r} of {row['agent']!r}"
        raise WrongValue(
            f"{what}: the scope of a signal stays ({before['scope']}). Give the other a new name."
        )
    version = signal.get("version") or {}
    before |= {"labels": document.labels_of(version), "sentiment": document.sentiment_of(version)}
    fields = ("type", "prompt", "sentiment", "labels", "sample_rate", "judge", "judge_model")
    return {
        name: (before.get(name), row[name])
        for name in fields
        if name in row and _plain(before.get(name)) != _plain(row[name])
    }


def _plain(value: Any) -> Any:
    """Return a value so that what means the same is equal."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return [{key: str(text).strip() for key, text in each.items() if text} for each in value]
    return "" if value is None else value


def _of_alerts(row: Row, known: Present, present: Sequence[Row], prune: bool) -> Iterator[Step]:
    of, within = (row["agent"], row["name"]), row["name"]
    live = {alert["name"]: alert for alert in present if alert["state"] == "archived"}
    live |= {alert["name"]: alert for alert in present if alert["state"] != "archived"}
    for wanted in row["alerts"]:
        yield from _of_alert(wanted, live.get(wanted["name"]), of, known.slack)
    names = {each["name"] for each in row["alerts"]}
    for alert in present if prune else ():
        if alert["state"] != "archived" and alert["name"] not in names:
            yield Step("archive", "alert", alert["name"], within, alert["id"])


def _of_alert(
    wanted: Row, alert: Row | None, of: tuple[str, str], slack: Mapping[str, str]
) -> Iterator[Step]:
    name, within, state = wanted["name"], of[1], wanted.get("state", "")
    body = {key: value for key, value in wanted.items() if key not in ("state", "slack_name")}
    if alert is None:
        yield Step("create", "alert", name, within, body=body, of=of)
        if state == "paused":
            yield Step("pause", "alert", name, within, of=of)
        return
    now = alert["state"]
    if now == "archived":
        yield Step("restore", "alert", name, within, alert["id"])
    before = document.alert_row(alert, slack)
    changes = {
        key: (before.get(key), value)
        for key, value in body.items()
        if key != "name" and not _same(key, value, before.get(key), alert)
    }
    if changes:
        sent = {key: body[key] for key in changes}
        yield Step("edit", "alert", name, within, alert["id"], sent, changes)
    if state == "paused" and now == "on":
        yield Step("pause", "alert", name, within, alert["id"])
    # A restored alert is paused, whatever it was before.
    if (state == "active" and now == "paused") or (state != "paused" and now == "archived"):
        yield Step("resume", "alert", name, within, alert["id"])


def _same(key: str, wanted: Any, known: Any, alert: Row) -> bool:
    """Say whether a field of an alert is as the file wants it; a webhook's address is known only
    as far as the server shows it."""
    if key != "webhook_url":
        return bool(_plain(wanted) == _plain(known))
    shown = [each for each in alert.get("channels") or () if each.get("kind") == "webhook"]
    if not shown or not wanted:
        return not shown and not wanted
    return str(shown[0].get("address")) in str(wanted)
