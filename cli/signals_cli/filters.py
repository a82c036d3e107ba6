"""The filters of traces, spans and sessions: the same flags for each of these commands."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any, Literal

import typer

from signals_cli import flags
from signals_cli.times import stretch

Numbers = Annotated[float | None, typer.Option(min=0)]


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
    "status": (Annotated[Literal["ok", "error"] | None, typer.Option("--status")], None),
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
    "label": (_several("--label", "LABEL", "As the page's filter has it; repeated."), None),
}
#: Numbers that are counted.
WHOLE = ("min_tokens", "max_tokens")


def filtered(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the flags of all filters; it takes them as one dictionary `query`."""
    own = inspect.signature(function, eval_str=True)

    def run(call: Any, **given: Any) -> None:
        query = {name: given.pop(name) for name in FLAGS}
        function(call, query=_asked(query), **given)

    kept = [each for name, each in own.parameters.items() if name != "query"]
    added = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=usual, annotation=annotation
        )
        for name, (annotation, usual) in FLAGS.items()
    ]
    keyword_only = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in kept[1:]]
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [kept[0], *keyword_only, *added]
    )
    run.__doc__, run.__name__ = function.__doc__, function.__name__
    return run


def _asked(given: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of REST."""
    times = stretch(given.pop("range_"), given.pop("start"), given.pop("end"))
    for name in WHOLE:
        if given[name] is not None:
            given[name] = int(given[name])
    return times | {name: value for name, value in given.items() if value not in (None, "", [])}
