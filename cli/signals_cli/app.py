"""The tree of commands, and the way out of each: a sentence and an exit code."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from signals_cli import VERSION
from signals_cli.as_code import commands as code
from signals_cli.bridge import command as mcp
from signals_cli.commands import (
    agents,
    alerts,
    auth,
    labels,
    runs,
    sessions,
    signals,
    spans,
    traces,
    trials,
    usage,
    versions,
)
from signals_cli.errors import ExitCode, Failed
from signals_cli.output.text import clean

INTERRUPTED = 130
BROKEN_PIPE = 141

app = typer.Typer(
    name="signals",
    help="Plain-language classifiers over the traffic of your agents.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for noun in (
    *(signals, versions, trials, labels, runs, alerts, agents, traces),
    *(spans, sessions, usage, auth, code, mcp),
):
    noun.add_to(app)


def _say_version(wanted: bool) -> None:
    if wanted:
        print(f"signals {VERSION}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    """Plain-language classifiers over the traffic of your agents."""


def main() -> None:
    """Run the command line, and end the process with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(words: list[str]) -> int:
    """Run one command, and return its exit code."""
    try:
        return int(app(words, prog_name="signals", standalone_mode=False) or 0)
    except Failed as failed:
        print(f"signals: {clean(failed.message)}", file=sys.stderr)
        return int(failed.code)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read has gone, and Python would complain once more when it closes the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except typer.Abort:
        return INTERRUPTED
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        context = getattr(error, "ctx", None)
        print(f"signals: {clean(error.format_message())}", file=sys.stderr)
        if context is not None:
            print(f"Help: {context.command_path} --help", file=sys.stderr)
        return int(ExitCode.USAGE)
