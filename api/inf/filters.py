"""The client's filters of traces, made into a query of ours.

Ours knows one value of each column, limits that are included, and pairs of metadata. What it does
not know is refused with a sentence: to leave a filter out would find too much.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.http import Http404

from api import lookups
from api.inf import stretches, words
from api.inf.errors import refused
from api.inf.given import Given
from teams.models import Project
from traces.models import Agent
from traces.search.queries import TraceQuery

#: Lists of the client, and the one value of ours.
ONE_OF: Final[Mapping[str, str]] = {
    "llmProviders": "provider",
    "llmModelNames": "model",
    "serviceNames": "service",
    "deploymentEnvironments": "environment",
    "userIds": "user_id",
    "sessionIds": "session_id",
}
#: Fields of the client's expressions with a text.
TEXTS: Final[Mapping[str, str]] = {
    "llm_provider": "provider",
    "llm_model_name": "model",
    "service_name": "service",
    "deployment_environment": "environment",
    "user_id": "user_id",
    "session_id": "session_id",
    "observation_kind": "kind",
    "agent_name": "agent",
    "status": "status",
}
#: Fields of the client's expressions with a number: our unit, and theirs in one of ours.
NUMBERS: Final[Mapping[str, tuple[str, float]]] = {
    "duration_ns": ("s", 1e9),
    "cost_total": ("usd", 1),
    "total_cost": ("usd", 1),
    "total_tokens": ("tokens", 1),
}
ONE_VALUE = "Signals looks for one value at a time. Give one."
NO_FIELD = "Signals does not filter traces by {field}. It knows {known}."
NO_OPERATOR = "Signals does not filter {field} by {op}. Use {known}."
NO_METADATA = "Signals finds metadata by equal values: --metadata plan=pro."
NO_RESOURCE = "Signals does not filter traces by resource attributes; --service and --environment."
NO_AGENT = "No agent is known by this id or name: inf agent list."


def trace_query(project: Project, given: Given, now: datetime, **fixed: Any) -> TraceQuery:
    """Return the query that a filter means. fixed: what is asked for beside it.

    Raises Refused, and ValidationError by field.
    """
    start, end = stretches.bounds(given, now, "1d")
    wanted: dict[str, Any] = {"start": start, "end": end} | fixed
    for name, column in ONE_OF.items():
        _put(wanted, column, given.words(name), name)
    kinds = [words.kind_of(each) for each in given.words("observationKinds")]
    _put(wanted, "kind", kinds, "observationKinds")
    _put(wanted, "status", [given.text("status", "")], "status")
    _put(wanted, "agent", given.words("agents"), "agents")
    for each in given.objects("stringFilters"):
        _put_text(wanted, each)
    for each in given.objects("numericFilters"):
        _put_number(wanted, each)
    wanted["metadata"] = tuple(_pair(each) for each in given.objects("metadataFilters"))
    wanted["agent"] = agent_of(project, wanted.get("agent", ""))
    return TraceQuery(**wanted)


def agent_of(project: Project, name: str) -> Agent | None:
    """Return the agent of a name, None for "". Raises Refused."""
    if not name:
        return None
    try:
        return lookups.agent(project, name)
    except Http404:
        raise refused(NO_AGENT, 404) from None


def _put(wanted: dict[str, Any], column: str, values: list[str], field: str) -> None:
    several = {*values, wanted.get(column, "")} - {""}
    if len(several) > 1:
        raise refused(ONE_VALUE, field=field)
    if several:
        wanted[column] = several.pop()


def _put_text(wanted: dict[str, Any], given: Given) -> None:
    field, op = given.text("field"), given.text("op")
    if field not in TEXTS:
        raise refused(NO_FIELD.format(field=field[:100], known=", ".join([*TEXTS, *NUMBERS])))
    if op not in ("eq", "in"):
        raise refused(NO_OPERATOR.format(field=field, op=op[:100], known="="))
    values = given.words("values") if op == "in" else [given.text("value")]
    if field == "observation_kind":
        values = [words.kind_of(each.upper()) for each in values]
    _put(wanted, TEXTS[field], values, field)


def _put_number(wanted: dict[str, Any], given: Given) -> None:
    field, op = given.text("field"), given.text("op")
    if field not in NUMBERS:
        raise refused(NO_FIELD.format(field=field[:100], known=", ".join([*TEXTS, *NUMBERS])))
    unit, of_theirs = NUMBERS[field]
    value = given.number("value")
    second = given.number("secondValue", value)
    limits = {
        "gt": (_above(unit, value, of_theirs), None),
        "gte": (value, None),
        "lt": (None, _below(unit, value, of_theirs)),
        "lte": (None, value),
        "eq": (value, value),
        "between": (value, second),
    }
    if op not in limits:
        raise refused(NO_OPERATOR.format(field=field, op=op[:100], known=">, >=, <, <=, ="))
    for end, limit in zip(("min", "max"), limits[op], strict=True):
        if limit is not None:
            wanted[f"{end}_{unit}"] = _in_our_unit(unit, limit / of_theirs)


def _above(unit: str, value: float, of_theirs: float) -> float:
    """Return the least number above one: our limits are included."""
    return value + of_theirs / 1e6 if unit != "tokens" else math.floor(value) + 1


def _below(unit: str, value: float, of_theirs: float) -> float:
    return value - of_theirs / 1e6 if unit != "tokens" else math.ceil(value) - 1


def _in_our_unit(unit: str, value: float) -> float:
    return round(value) if unit == "tokens" else value


def _pair(given: Given) -> tuple[str, str]:
    if given.text("scope", "span") != "span":
        raise refused(NO_RESOURCE, field="metadataFilters")
    if given.text("op", "eq") != "eq":
        raise refused(NO_METADATA, field="metadataFilters")
    return given.text("key"), given.text("value")
