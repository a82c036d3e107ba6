"""The request for one answer, as one endpoint takes it. Pure but for the settings."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from signals_app.judging import verdict
from signals_app.judging.model_server.learned import BOUNDS, Learned
from signals_app.judging.prompt import Message
from signals_app.judging.questions import Ask


def most_output(known: Learned) -> int:
    """Tokens of one answer, thinking included."""
    return known.max_output or int(settings.JUDGE_MAX_OUTPUT_TOKENS)


def body(
    ask: Ask, messages: list[Message], known: Learned, most: int, extra: dict[str, Any]
) -> dict[str, Any]:
    """Return the body of a request. most: tokens of the answer.

    extra: has the last word. null takes a key out, and who bounds the answer by another name is
    not sent ours as well.
    """
    request: dict[str, Any] = {"model": ask.model, "messages": messages}
    if known.has_temperature:
        request["temperature"] = 0
    if known.bound and not any(extra.get(name) for name in BOUNDS if name):
        request[known.bound] = most
    request |= _form(known.form, ask.labels) | extra
    return {key: value for key, value in request.items() if value is not None}


def _form(form: str, labels: list[str]) -> dict[str, Any]:
    if form == "json_schema":
        return {"response_format": verdict.response_format(labels)}
    if form == "json_object":
        return {"response_format": {"type": "json_object"}}
    return {}
