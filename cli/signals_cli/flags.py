"""Flags and arguments that several commands take."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from signals_cli.errors import WrongValue
from signals_cli.times import RANGES

Option, Argument = typer.Option, typer.Argument

SignalArg = Annotated[str, Argument(metavar="SIGNAL", help="Its id, or its exact name.")]
AlertArg = Annotated[str, Argument(metavar="ALERT", help="Its id, or its exact name.")]
TraceArg = Annotated[str, Argument(metavar="TRACE", help="32 hexadecimal digits.")]

Agent = Annotated[str, Option("--agent", help="An agent: its id or its exact name.")]
OfSignal = Annotated[str, Option("--signal", help="A signal: its id or its exact name.")]
Range = Annotated[str, Option("--range", help=f"Up to now: {' '.join(RANGES)}.")]
Start = Annotated[str, Option("--start", "--from", metavar="TIME", help="ISO 8601, included.")]
End = Annotated[str, Option("--end", "--to", metavar="TIME", help="ISO 8601, not included.")]
Limit = Annotated[int, Option("--limit", min=0, help="How many rows; 0 for all.")]
Cursor = Annotated[str, Option("--cursor", help="Where the page before ended.")]
Text = Annotated[str, Option("--text", help="What to look for.")]
Timeout = Annotated[str, Option("--timeout", metavar="DURATION", help="Such as 90s, 15m, 2h.")]
Interval = Annotated[str, Option("--interval", metavar="DURATION", help="Between two questions.")]
NoWait = Annotated[bool, Option("--no-wait", help="Do not wait for the end.")]
Zone = Annotated[str, Option("--time-zone", help="Where days begin, such as Europe/Berlin.")]

Output = Annotated[
    str, Option("--output", "-o", metavar="FILE", help="A name that ends in .gz is packed.")
]

Transcript = Annotated[bool, Option("--transcript", help="As the judge reads it.")]
Conversation = Annotated[bool, Option("--conversation", help="What was said, as messages.")]
Full = Annotated[bool, Option("--full", help="Long texts and long turns to their ends.")]
OfSpan = Annotated[str, Option("--span", metavar="SPAN", help="Of this span alone.")]

Scope = Annotated[Literal["span", "trace", "session"] | None, Option("--scope")]
Kind = Annotated[
    Literal["binary", "string"] | None,
    Option("--type", "--classifier", help="binary: true or false; string: one of its labels."),
]
Prompt = Annotated[str, Option("--prompt", help="The question; - reads standard input.")]
PromptFile = Annotated[
    str, Option("--prompt-file", metavar="FILE", help="The question from a file, or - .")
]
Label = Annotated[
    list[str] | None,
    Option("--label", "--labels", help="Repeated, or separated by commas."),
]
Sentiments = Annotated[
    list[str] | None,
    Option(
        "--sentiment",
        metavar="LABEL=VALUE",
        help="positive, neutral (if not given) or negative; of a binary signal the value alone.",
    ),
]
Meaning = Annotated[
    list[str] | None, Option("--meaning", metavar="LABEL=TEXT", help="When the label fits.")
]
SampleRate = Annotated[
    float | None,
    Option("--sample-rate", help="The part of the traffic that is judged, above 0 up to 1."),
]
Judge = Annotated[
    str | None, Option("--judge", help="A judge of the project, by name or id; empty: the default.")
]
JudgeModel = Annotated[
    str | None, Option("--judge-model", help="A model of the server's own judge; empty: its own.")
]
Template = Annotated[str, Option("--template", help="Fills what is not given.")]


def parts(given: list[str] | None) -> list[str]:
    """Return labels that were repeated, or separated by commas, or both."""
    return [part.strip() for each in given or () for part in each.split(",") if part.strip()]


def pairs(given: list[str] | None, flag: str) -> dict[str, str]:
    """Return NAME=VALUE as a dictionary."""
    found = {}
    for each in given or ():
        name, sign, value = each.partition("=")
        if not sign or not name.strip():
            raise WrongValue(f"{flag}: {each!r} is no pair such as name=value.")
        found[name.strip()] = value.strip()
    return found
