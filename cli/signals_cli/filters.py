"""The filters of traces, spans and sessions: the same flags for each of these commands."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from typing import Annotated, Any, Literal

import typer

from signals_cli import flags
from signals_cli.commanding import Call
from signals_cli.errors import WrongValue
from signals_cli.finding import is_id, signal_id
from signals_cli.times import stretch

Filtered = Callable[..., None]


def _text(flag: str, about: str) -> Any:
    return Annotated[str, typer.Option(flag, help=about)]


def _number(flag: str) -> Any:
    return Annotated[float | None, typer.Option(flag, min=0)]


def _several(flag: str, metavar: str, about: str) -> Any:
    return Annotated[list[str] | None, typer.Option(flag, metavar=metavar, help=about)]


#: By the parameter's name: its flag, and what it is when it is not given.
FLAGS: dict[str, tuple[Any, Any]] = {
    "range_": (flags.Range, ""),
    "start": (flags.Start, ""),
    "end": (flags.End, ""),
    "agent": (flags.Agent, ""),
    "status": (
        Annotated[
            Literal["ok", "error", "open"] | None,
            typer.Option("--status", help="open: more spans may come."),
        ],
        None,
    ),
    "text": (flags.Text, ""),
    "session_id": (_text("--session-id", "As the application calls its session."), ""),
    "user_id": (_text("--user-id", "As the application calls its user."), ""),
    "model": (_text("--model", "A model that was asked."), ""),
    "provider": (_text("--provider", "Whose model it is."), ""),
    "service": (_text("--service", "service.name of the resource."), ""),
    "environment": (_text("--environment", "Where it was deployed."), ""),
    "kind": (_text("--kind", "A kind of span, such as llm or tool."), ""),
    "min_s": (_number("--min-seconds"), None),
    "max_s": (_number("--max-seconds"), None),
    "min_tokens": (_number("--min-tokens"), None),
    "max_tokens": (_number("--max-tokens"), None),
    "min_usd": (_number("--min-usd"), None),
    "max_usd": (_number("--max-usd"), None),
    "metadata": (_several("--metadata", "KEY=VALUE", "Repeated: all must hold."), None),
    "label": (
        _several("--label", "SIGNAL:LABEL", "SIGNAL: alone for those without a label."),
        None,
    ),
}
#: Numbers that are counted.
WHOLE = ("min_tokens", "max_tokens")
#: What sessions can be filtered by.
OF_SESSIONS = (
    "range_",
    "start",
    "end",
    "agent",
    "status",
    "text",
    "session_id",
    "user_id",
    "label",
)


def filtered(function: Callable[..., None], names: Collection[str] = tuple(FLAGS)) -> Filtered:
    """Give a command the flags of filters; it takes them as one dictionary `query`."""
    own = inspect.signature(function, eval_str=True)

    def run(call: Call, **given: Any) -> None:
        query = {name: given.pop(name) for name in names}
        function(call, query=_asked(call, query), **given)

    kept = [each for name, each in own.parameters.items() if name != "query"]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=usual, annotation=kind)
        for name, (kind, usual) in FLAGS.items()
        if name in names
    ]
    keyword_only = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in kept[1:]]
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [kept[0], *keyword_only, *added]
    )
    run.__doc__, run.__name__ = function.__doc__, function.__name__
    return run


def _asked(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of REST."""
    times = stretch(given.pop("range_"), given.pop("start"), given.pop("end"))
    for name in WHOLE:
        if given.get(name) is not None:
            given[name] = int(given[name])
    given["label"] = [_label(call, each) for each in given.get("label") or ()]
    return times | {name: value for name, value in given.items() if value not in (None, "", [])}


def _label(call: Call, given: str) -> str:
    """Return the filter of a label with the signal's id in place of its name."""
    if is_id(given.partition(":")[0]):
        return given
    name, sign, label = given.rpartition(":")
    if not sign:
        raise WrongValue(f"--label: {given!r} is no pair such as 'Refund refused:true'.")
    return f"{signal_id(call.rest, name)}:{label}"
