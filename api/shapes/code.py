"""A signal as code: what makes the same one again, as a file, as a command and as a call.

The file is what `signals apply` reads: of a webhook it has nothing, since its address is a secret.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from typing import Any

import yaml
from django.conf import settings
from ninja import Schema

from alerts.models import Alert
from alerts.models.channels import Kind
from api import lookups
from signals_app.definition.starters import BY_KEY
from signals_app.definition.versions import binary_labels
from signals_app.models import Signal, SignalVersion

NO_WEBHOOKS = "# The addresses of webhooks are secrets: they are not here, and stay as they are.\n"
NO_MEANINGS = "The command cannot say the meanings of true and false; the file and the call do."
NO_COMMAS = "The command parts labels at commas and at =; the file and the call do not."

#: Line ends that YAML reads as another one, unless they are escaped in quotes.
_ODD_LINE_ENDS = "\x85\u2028\u2029"


class CodeShape(Schema):
    """A signal as code. yaml: with its alerts; leaves_out: what one of the forms cannot say."""

    yaml: str
    cli: str
    rest: str
    leaves_out: list[str]


class _Block(str):
    """A text that is written line by line."""

    __slots__ = ()


class _Readable(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if isinstance(text, _Block) else None
    style = '"' if any(each in text for each in _ODD_LINE_ENDS) else style
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Readable.add_representer(str, _text)
_Readable.add_representer(_Block, _text)


def code_of(signal: Signal, version: SignalVersion, alerts: Sequence[Alert] = ()) -> CodeShape:
    return CodeShape(
        yaml=signal_yaml(signal, version, alerts),
        cli=signal_cli(signal, version),
        rest=signal_rest(signal, version),
        leaves_out=_left_out(signal, version),
    )


def signal_yaml(signal: Signal, version: SignalVersion, alerts: Sequence[Alert] = ()) -> str:
    """Return a file with one signal. alerts: with their `destinations`."""
    row = _said(signal, version) | {"prompt": _Block(version.prompt), "state": _state_of(signal)}
    if alerts:
        row["alerts"] = [alert_row(alert) for alert in alerts]
    return file_of(row, alerts)


def file_of(row: dict[str, Any], alerts: Sequence[Alert]) -> str:
    """Return a file of `signals apply` with one signal, or what is said of one."""
    written = yaml.dump(
        {"version": 1, "signals": [row]},
        Dumper=_Readable,
        sort_keys=False,
        allow_unicode=True,
        width=96,
    )
    kinds = {each.kind for alert in alerts for each in alert.destinations.all()}
    return (NO_WEBHOOKS if Kind.WEBHOOK in kinds else "") + str(written)


def signal_rest(signal: Signal, version: SignalVersion) -> str:
    """Return the call of REST that makes it, with the key in the environment."""
    body = _said(signal, version) | {"active": _state_of(signal) == Signal.State.ACTIVE}
    return call_of("/api/v1/signals", body)


def call_of(path: str, body: dict[str, Any]) -> str:
    """Return a call that makes something."""
    return " \\\n  ".join(
        [
            "curl -X POST",
            shlex.quote(f"{settings.BASE_URL}{path}"),
            '-H "Authorization: Bearer $SIGNALS_API_KEY"',
            "-H 'Content-Type: application/json'",
            f"--data {shlex.quote(json.dumps(body, indent=2, ensure_ascii=False))}",
        ]
    )


def signal_cli(signal: Signal, version: SignalVersion) -> str:
    """Return the command that makes it."""
    said = _said(signal, version)
    flags = [("name", said["name"]), ("agent", said["agent"]), ("scope", said["scope"])]
    flags += [("type", said["type"]), ("prompt", said["prompt"])]
    flags += _label_flags(signal, version, said)
    flags.append(("sample-rate", f"{said['sample_rate']!r}"))
    flags += [(name.replace("_", "-"), said[name]) for name in _OPTIONAL if name in said]
    # With a sign of equality, so that a value that begins with a dash is none of the flags.
    words = [f"--{name}={shlex.quote(value)}" for name, value in flags]
    draft = [] if _state_of(signal) == Signal.State.ACTIVE else ["--draft"]
    return " \\\n  ".join(["signals create", *words, *draft])


_OPTIONAL = ("judge", "judge_model", "template")


def _said(signal: Signal, version: SignalVersion) -> dict[str, Any]:
    """Return what the body of a call says, without what is so anyway."""
    said: dict[str, Any] = {
        "name": signal.name,
        "agent": lookups.name_of(signal.agent),
        "scope": signal.scope,
        "type": version.type,
        "prompt": version.prompt,
        **_labels(version),
        "sample_rate": version.sample_rate,
        "judge": version.endpoint.name if version.endpoint else "",
        "judge_model": version.judge_model,
        "template": signal.template,
    }
    return {name: value for name, value in said.items() if value or name not in _OPTIONAL}


def _labels(version: SignalVersion) -> dict[str, Any]:
    """Return the labels, or the sentiment of `true` where that says it all."""
    if version.type == SignalVersion.Type.BINARY:
        sentiment = version.sentiment_of("true")
        if list(version.labels) == binary_labels(sentiment):
            return {"sentiment": sentiment}
    return {
        "labels": [
            {name: label[name] for name in ("name", "sentiment", "meaning") if label.get(name)}
            for label in version.labels
        ]
    }


def _label_flags(
    signal: Signal, version: SignalVersion, said: dict[str, Any]
) -> list[tuple[str, str]]:
    """Return the flags about labels: none where the template says them."""
    if _has_labels_of_template(signal, version):
        return []
    if version.type == SignalVersion.Type.BINARY:
        return [("sentiment", version.sentiment_of("true"))]
    flags = [("label", label["name"]) for label in said["labels"]]
    for field in ("sentiment", "meaning"):
        flags += [(field, f"{e['name']}={e[field]}") for e in said["labels"] if e.get(field)]
    return flags


def _has_labels_of_template(signal: Signal, version: SignalVersion) -> bool:
    template = BY_KEY.get(signal.template)
    known = template and template.type == version.type
    return bool(known and template and list(template.labels) == list(version.labels))


def _left_out(signal: Signal, version: SignalVersion) -> list[str]:
    if _has_labels_of_template(signal, version):
        return []
    if version.type == SignalVersion.Type.BINARY:
        return [NO_MEANINGS] if "labels" in _labels(version) else []
    return [NO_COMMAS] if any({",", "="} & set(name) for name in version.label_names) else []


def _state_of(signal: Signal) -> str:
    """Return the state that a new signal may have: an archived one would come back paused."""
    return "paused" if signal.state == Signal.State.ARCHIVED else str(signal.state)


def alert_row(alert: Alert) -> dict[str, Any]:
    by_kind = {each.kind: each for each in alert.destinations.all()}
    row: dict[str, Any] = {
        "name": alert.name,
        "metric": alert.metric,
        "label": alert.label,
        "comparison": alert.comparison,
        "operator": alert.operator,
        "threshold": alert.threshold,
        "window": alert.window,
        "min_labels": alert.min_labels,
        "cooldown_min": alert.cooldown_min,
        "guard": alert.guard,
        "email": Kind.EMAIL in by_kind,
    }
    if slack := by_kind.get(Kind.SLACK.value):
        row["slack_channel"] = slack.address
    # `on` would be read as true.
    row["state"] = "active" if alert.state == Alert.State.ON else "paused"
    return {name: value for name, value in row.items() if value != ""}
