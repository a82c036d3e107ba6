"""The file `signals.yaml`: signals with their alerts, read strictly and written readably."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from signals_cli.errors import WrongValue

HEAD = "# The signals and alerts of a project. `signals apply -f` makes the project equal to it.\n"
VERSION = 1

#: The fields of a signal and what they may hold, in the order in which they are written.
SIGNAL_FIELDS: Mapping[str, tuple[type, ...]] = {
    "name": (str,),
    "agent": (str,),
    "scope": (str,),
    "type": (str,),
    "prompt": (str,),
    "sentiment": (str,),
    "labels": (list,),
    "sample_rate": (int, float),
    "judge": (str,),
    "judge_model": (str,),
    "template": (str,),
    "state": (str,),
    "alerts": (list,),
}
LABEL_FIELDS: Mapping[str, tuple[type, ...]] = {
    "name": (str,),
    "sentiment": (str,),
    "meaning": (str,),
}
ALERT_FIELDS: Mapping[str, tuple[type, ...]] = {
    "name": (str,),
    "metric": (str,),
    "label": (str,),
    "comparison": (str,),
    "operator": (str,),
    "threshold": (int, float),
    "window": (str,),
    "min_labels": (int,),
    "cooldown_min": (int,),
    "guard": (bool,),
    "email": (bool,),
    "slack_channel": (str,),
    "slack_name": (str,),
    "webhook_url": (str,),
    "state": (str,),
}
#: `on` would be read as true by YAML.
STATES_OF_SIGNALS = ("active", "paused", "draft")
STATES_OF_ALERTS = ("active", "paused")
WORDS = {str: "a text", list: "a list", int: "a number", float: "a number", bool: "true or false"}

#: Line ends that YAML reads as another one, unless they are escaped in quotes.
ODD_LINE_ENDS = "\x85\u2028\u2029"

Row = dict[str, Any]


def read(text: str, name: str) -> list[Row]:
    """Return the signals of a file. Raises WrongValue that names the place."""
    import yaml

    try:
        said = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise WrongValue(f"{name} is no YAML: {error}") from None
    if not isinstance(said, dict) or not isinstance(said.get("signals"), list):
        raise WrongValue(f"{name}: it begins with `signals:` and a list.")
    unknown = set(said) - {"version", "signals"}
    if unknown or said.get("version", VERSION) != VERSION:
        why = f"unknown {', '.join(map(str, unknown))}" if unknown else "another version"
        raise WrongValue(f"{name}: {why}; this client reads version {VERSION}.")
    signals = [
        _signal(row, f"{name}: signals[{place}]") for place, row in enumerate(said["signals"])
    ]
    _refuse_twins([(row["agent"], row["name"]) for row in signals], name, "signal")
    return signals


def _signal(given: Any, place: str) -> Row:
    row = _checked(given, SIGNAL_FIELDS, place, ("name", "agent"))
    _check_state(row, STATES_OF_SIGNALS, place)
    if "labels" in row and "sentiment" in row:
        raise WrongValue(f"{place}: `sentiment` is for a binary signal, which has no `labels`.")
    if "labels" in row:
        row["labels"] = [
            _checked(
                each if isinstance(each, dict) else {"name": each}, LABEL_FIELDS, at, ("name",)
            )
            for number, each in enumerate(row["labels"])
            for at in [f"{place}.labels[{number}]"]
        ]
        row["labels"] = [{"sentiment": "neutral", **each} for each in row["labels"]]
    row["alerts"] = [
        _alert(each, f"{place}.alerts[{number}]")
        for number, each in enumerate(row.get("alerts") or [])
    ]
    _refuse_twins([(row["name"], each["name"]) for each in row["alerts"]], place, "alert")
    return row


def _alert(given: Any, place: str) -> Row:
    row = _checked(given, ALERT_FIELDS, place, ("name",))
    _check_state(row, STATES_OF_ALERTS, place)
    return row


def _checked(
    given: Any, fields: Mapping[str, tuple[type, ...]], place: str, needed: Sequence[str]
) -> Row:
    if not isinstance(given, dict):
        raise WrongValue(f"{place}: names and values are expected.")
    for name, value in given.items():
        if name not in fields:
            raise WrongValue(f"{place}: there is no `{name}`. There are: {', '.join(fields)}.")
        if not isinstance(value, fields[name]) or (
            isinstance(value, bool) and bool not in fields[name]
        ):
            words = WORDS.get(fields[name][0], "another value")
            hint = f"; put it in quotes: '{value}'" if str in fields[name] else ""
            raise WrongValue(f"{place}.{name}: {words} is expected{hint}.")
    missing = [name for name in needed if not given.get(name)]
    if missing:
        raise WrongValue(f"{place}: `{missing[0]}` is missing.")
    return dict(given)


def _check_state(row: Row, states: Sequence[str], place: str) -> None:
    if "state" in row and row["state"] not in states:
        raise WrongValue(f"{place}.state: one of {', '.join(states)}.")


def _refuse_twins(names: list[tuple[str, str]], place: str, noun: str) -> None:
    for within, name in names:
        if names.count((within, name)) > 1:
            raise WrongValue(f"{place}: two {noun}s of {within!r} are named {name!r}.")


def written(signals: Sequence[Row]) -> str:
    """Return the file."""
    import yaml

    class Readable(yaml.SafeDumper):
        """Writes long texts as they are, line by line."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            super().increase_indent(flow, False)

    def text(dumper: Any, value: str) -> Any:
        style = "|" if "\n" in value else None
        if any(each in value for each in ODD_LINE_ENDS):
            style = '"'
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Readable.add_representer(str, text)
    said = {"version": VERSION, "signals": list(signals)}
    return HEAD + str(
        yaml.dump(said, Dumper=Readable, sort_keys=False, allow_unicode=True, width=96)
    )


def signal_row(signal: Row, agent: str = "", alerts: Sequence[Row] = ()) -> Row:
    """Return a signal of REST, and its alerts as the file holds them, as one row of the file.

    agent: what to call its agent, where that is not its name.
    """
    version = signal.get("version") or {}
    row: Row = {
        "name": signal["name"],
        "agent": agent or (signal.get("agent") or {}).get("name"),
        "scope": signal.get("scope"),
        "type": version.get("type"),
        "prompt": version.get("prompt"),
    }
    if version.get("type") == "binary" and not any(
        each.get("meaning") for each in version.get("labels") or ()
    ):
        row["sentiment"] = sentiment_of(version)
    else:
        row["labels"] = labels_of(version)
    row["sample_rate"] = version.get("sample_rate")
    row["judge"] = (version.get("judge") or {}).get("name") or ""
    row["judge_model"] = version.get("judge_model") or ""
    row["state"] = signal.get("state")
    if alerts:
        row["alerts"] = list(alerts)
    return {name: value for name, value in row.items() if value not in (None, "")}


def labels_of(version: Row) -> list[Row]:
    """Return the labels with the fields that say something."""
    return [
        {name: each[name] for name in LABEL_FIELDS if each.get(name)}
        for each in version.get("labels") or ()
    ]


def sentiment_of(version: Row) -> str:
    """Return the sentiment of `true`."""
    labels = version.get("labels") or []
    return next((each.get("sentiment") or "" for each in labels if each["name"] == "true"), "")


def alert_row(alert: Row, slack: Mapping[str, str]) -> Row:
    """Return an alert of REST as the file holds it.

    slack: the names of channels by their ids. The address of a webhook is a secret: it is not
    answered, and stays as it is.
    """
    rule = alert.get("rule") or {}
    kinds = {each.get("kind"): str(each.get("address")) for each in alert.get("channels") or ()}
    row = {name: rule[name] for name in ALERT_FIELDS if rule.get(name) not in (None, "")}
    row |= {"name": alert["name"], "email": "email" in kinds}
    if "slack" in kinds:
        shown = kinds["slack"]
        known = [key for key, name in slack.items() if shown.lstrip("#") == name.lstrip("#")]
        row |= {"slack_channel": known[0] if known else shown, "slack_name": shown}
    row["state"] = "paused" if alert.get("state") == "paused" else "active"
    return {name: row[name] for name in ALERT_FIELDS if name in row}
