"""A GenAI event that came as a log record, in the shape of an event of its span."""

from __future__ import annotations

from typing import Any

from traces.messages.decoding.loose_values import Event, decode


def as_event(log: dict[str, Any]) -> Event:
    """Return a log record as an event of its span: what its body says stands in the attributes.

    A body is an object by the conventions, and JSON text from those who log through a logger of
    their language; any other is the content itself. `log`: name, time_ns, attributes, body.
    """
    body = decode(log["body"])
    if not isinstance(body, dict):
        body = {} if log["body"] is None else {"content": log["body"]}
    attributes = {**log["attributes"], **body}
    return {"name": log["name"], "time_ns": log["time_ns"], "attributes": attributes}
