"""What all commands share: the flags that each takes, the server, and errors that name the flag."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property, wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from signals_cli import profiles
from signals_cli.client import Client
from signals_cli.errors import ExitCode, Failed, Refusal, WrongValue
from signals_cli.output import screen as screens
from signals_cli.output.screen import Column, Screen
from signals_cli.output.text import as_json

#: The fields of REST whose flags are called otherwise.
FLAGS = {
    "start": "--start",
    "end": "--end",
    "labels": "--label",
    "trace_id": "--trace",
    "min_s": "--min-seconds",
    "max_s": "--max-seconds",
    "cooldown_min": "--cooldown",
    "webhook_url": "--webhook",
    "judge": "--judge",
    "judge_model": "--judge-model",
    "bucket": "--bucket",
}
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
AsLines = Annotated[bool, typer.Option("--jsonl", help="Answer in JSON, a row a line.")]
ProfileName = Annotated[
    str, typer.Option("--profile", metavar="NAME", help="Which server (SIGNALS_PROFILE).")
]
ProjectSlug = Annotated[
    str,
    typer.Option("--project", metavar="SLUG", help="Which project: keys know theirs."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Nothing on standard error but errors.")]
SHARED: Mapping[str, tuple[Any, Any]] = {
    "as_json": (AsJson, False),
    "as_lines": (AsLines, False),
    "profile": (ProfileName, ""),
    "project": (ProjectSlug, ""),
    "quiet": (Quiet, False),
}


class Call:
    """One call of a command: the screen that it writes to and the server that it asks."""

    def __init__(
        self, as_json: bool, as_lines: bool, profile: str, project: str, quiet: bool
    ) -> None:
        if as_json and as_lines:
            raise WrongValue("Give either --json or --jsonl.")
        self.screen = Screen("json" if as_json else "jsonl" if as_lines else "people", quiet=quiet)
        self.profile_name, self.project = profile, project

    @property
    def is_for_people(self) -> bool:
        return self.screen.form == "people"

    @cached_property
    def rest(self) -> Client:
        return Client(profiles.chosen(self.profile_name, self.project), self.screen.note)

    def close(self) -> None:
        if "rest" in self.__dict__:
            self.rest.close()

    def listed(
        self,
        path: str,
        query: Mapping[str, Any],
        columns: Iterable[Column],
        *,
        empty: str,
        most: int = 50,
        cursor: str = "",
    ) -> None:
        """Answer with a list of REST. Lines of JSON are written as the pages come."""
        given = {**query, "cursor": cursor}
        items: list[Any] = []
        answer: dict[str, Any] = {}
        for answer in self.rest.rows(path, given, most):
            if self.screen.form == "jsonl":
                for item in answer["items"]:
                    screens.write(as_json(item))
            else:
                items += answer["items"]
        if self.screen.form == "json":
            screens.write(as_json({**answer, "items": items}, indent=2))
        elif self.is_for_people:
            self.screen.table(items, list(columns), empty)
        if answer.get("next_cursor"):
            self.screen.note(f"There are more: --cursor {answer['next_cursor']}, or --limit 0.")


def command(app: typer.Typer, name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function of (call, its own flags…) as a command that has the shared flags too."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def run(ctx: typer.Context, **given: Any) -> None:
            shared = {flag: given.pop(flag) for flag in SHARED}
            call = Call(**shared)
            try:
                function(call, **given)
            except Refusal as refusal:
                raise Failed(_in_words_of_flags(refusal, _flags_of(ctx)), refusal.code) from None
            finally:
                call.close()

        own = inspect.signature(function, eval_str=True)
        kept = [each for name, each in own.parameters.items() if name != "call"]
        kept = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in kept]
        kept += (
            inspect.Parameter(flag, inspect.Parameter.KEYWORD_ONLY, default=usual, annotation=kind)
            for flag, (kind, usual) in SHARED.items()
        )
        context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
        kept.insert(0, context)
        run.__signature__ = inspect.Signature(kept)  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in kept}
        app.command(name)(run)
        return function

    return register


def group(app: typer.Typer, name: str, about: str) -> typer.Typer:
    """Add a group of commands."""
    made = typer.Typer(name=name, help=about, no_args_is_help=True, rich_markup_mode=None)
    app.add_typer(made)
    return made


def _in_words_of_flags(refusal: Refusal, flags: Collection[str]) -> str:
    """Return what is wrong with the flag where it was given, not the field that it became."""
    said = [
        f"{flag}: {sentence}" if (flag := _flag_of(field, flags)) else sentence
        for field, sentence in refusal.fields
    ] or [refusal.message]
    if refusal.status >= 500 and refusal.request_id:
        said.append(f"(request {refusal.request_id})")
    return "\n".join(dict.fromkeys(said))


def _flag_of(field: str, flags: Collection[str]) -> str:
    name = field.partition(".")[0]
    wanted = FLAGS.get(name) or "--" + name.replace("_", "-")
    if wanted in flags:
        return wanted
    return name.upper() if name.upper() in flags else field if field not in ("", "body") else ""


def _flags_of(ctx: Any) -> set[str]:
    """Return the flags and arguments of the command that is running."""
    found: set[str] = set()
    for parameter in ctx.command.params:
        is_option = parameter.param_type_name == "option"
        found.update(parameter.opts if is_option else [str(parameter.name).upper()])
    return found


def text_of(given: str, path: str, flag: str) -> str:
    """Return a long text from the flag, a file, or standard input where either is `-`."""
    if given and path:
        raise WrongValue(f"Give either --{flag} or --{flag}-file.")
    if given == "-" or path == "-":
        return read_input().decode("utf-8", "replace")
    if path:
        try:
            return Path(path).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise WrongValue(f"--{flag}-file: {path} cannot be read: {error}") from None
    return given


def read_input() -> bytes:
    return sys.stdin.buffer.read()


def without_nothing(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that were given."""
    return {name: value for name, value in given.items() if value not in (None, "", [], ())}


def not_done(sentence: str) -> Failed:
    return Failed(sentence, ExitCode.NOT_DONE)
