"""The tools: what each takes, what it may change, and how it is called."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import mcp_types
from pydantic import BaseModel, ConfigDict, create_model

from api.mcp import trouble
from api.mcp.answers import Pending
from api.mcp.trouble import Trouble
from api.rest.callers import Caller

Act = Callable[..., "str | Pending"]

READ_ONLY = "This key may only read, and {tool} changes something."
ASK_FOR_RIGHTS = (
    "go on with the tools that read, or ask the person for a key with read and write (the project's"
    " settings)."
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a tool may do: hints for clients that ask a person first."""

    writes: bool = False
    destructive: bool = False
    idempotent: bool = False

    @property
    def annotations(self) -> mcp_types.ToolAnnotations:
        if not self.writes:
            return mcp_types.ToolAnnotations(read_only_hint=True)
        return mcp_types.ToolAnnotations(
            read_only_hint=False,
            destructive_hint=self.destructive,
            idempotent_hint=self.idempotent,
        )


READS = Kind()
#: Adds something, and nothing is lost.
ADDS = Kind(writes=True)
#: What was there is replaced or stopped.
CHANGES = Kind(writes=True, destructive=True)


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool. next_call: what helps whose call of it was refused."""

    name: str
    act: Act
    arguments: type[BaseModel]
    kind: Kind
    next_call: str

    @property
    def description(self) -> str:
        return " ".join((inspect.getdoc(self.act) or "").split())

    @property
    def schema(self) -> dict[str, Any]:
        made = self.arguments.model_json_schema()
        return typing.cast(dict[str, Any], _compact(made))

    def listed(self) -> mcp_types.Tool:
        """Return it as clients see it."""
        return mcp_types.Tool(
            name=self.name,
            description=self.description,
            input_schema=self.schema,
            annotations=self.kind.annotations,
        )


TOOLS: dict[str, Tool] = {}


def tool(kind: Kind, next_call: str, name: str = "") -> Callable[[Act], Act]:
    """Register a function of a caller and of arguments as a tool, of its own name unless another
    one is given."""

    def register(act: Act) -> Act:
        called = name or act.__name__
        TOOLS[called] = Tool(called, act, _arguments(act), kind, next_call)
        return act

    return register


def of_caller(caller: Caller) -> list[Tool]:
    """Return the tools that the caller may call."""
    return [each for each in TOOLS.values() if caller.can_write or not each.kind.writes]


def perform(caller: Caller, name: str, arguments: Mapping[str, Any]) -> str | Pending:
    """Call a tool. Raises Trouble with a sentence and the next call."""
    called = TOOLS.get(name)
    if called is None:
        names = ", ".join(each.name for each in of_caller(caller))
        raise Trouble("There is no such tool.", f"one of {names}")
    if called.kind.writes and not caller.can_write:
        raise Trouble(READ_ONLY.format(tool=name), ASK_FOR_RIGHTS)
    known = called.arguments.model_fields
    for given in arguments:
        if given not in known:
            words = trouble.UNKNOWN.format(name=repr(given[:60]), names=", ".join(known))
            raise Trouble(words, f"{name} again, with these")
    try:
        values = called.arguments.model_validate(dict(arguments))
        given_values = {field: getattr(values, field) for field in known}
        return called.act(caller, **given_values)
    except Exception as error:
        raise trouble.of(error, called.next_call) from error


def _arguments(act: Act) -> type[BaseModel]:
    hints = typing.get_type_hints(act, include_extras=True)
    fields: dict[str, Any] = {}
    for name, parameter in list(inspect.signature(act).parameters.items())[1:]:
        is_required = parameter.default is inspect.Parameter.empty
        fields[name] = (hints[name], ... if is_required else parameter.default)
    config = ConfigDict(extra="forbid")
    return create_model(f"{act.__name__}_arguments", __config__=config, **fields)


def _compact(schema: Any) -> Any:
    """Leave out what tells a model nothing: titles, and the name of the class of arguments."""
    if isinstance(schema, list):
        return [_compact(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for key, value in schema.items():
        if key == "title" and isinstance(value, str):
            continue
        if key == "properties":
            kept[key] = {name: _compact(each) for name, each in value.items()}
        elif key != "additionalProperties":
            kept[key] = _compact(value)
    return kept
