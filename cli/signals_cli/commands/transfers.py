"""`signals traces upload` and `signals traces export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from signals_cli import flags
from signals_cli.commanding import Call, command
from signals_cli.errors import Failed, WrongValue
from signals_cli.filters import filtered
from signals_cli.output import values
from signals_cli.output.text import line
from signals_cli.transfer import files

MOST_ERRORS_SHOWN = 20
COUNTED = (
    *("lines", "lines_refused", "spans_accepted", "spans_rejected", "duplicates", "error_count"),
)


def add_to(traces: typer.Typer) -> None:
    """Register the commands."""
    command(traces, "upload")(upload)
    command(traces, "export")(filtered(export))


def upload(
    call: Call,
    file: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="May be gzipped; - is standard input.")
    ],
    format_: Annotated[
        Literal["otlp-json-lines", "otlp-protobuf", "flat"] | None,
        typer.Option("--format", help="Seen from its beginning if not given."),
    ] = None,
) -> None:
    """Send traces from files; their times are kept."""
    answers = [_upload_one(call, name, format_) for name in file]
    total: dict[str, Any] = {
        key: sum(int(answer.get(key) or 0) for answer in answers) for key in COUNTED
    }
    total["errors"] = [each for answer in answers for each in answer.get("errors") or ()]
    call.screen.show(total, lambda: _show(call, total))
    if total["spans_rejected"] or total["lines_refused"]:
        raise Failed("Not everything was taken in.")


def _upload_one(call: Call, name: str, format_: str | None) -> Any:
    with (
        files.opened(name) as (file, size),
        call.screen.progress(name, "bytes") as advance,
    ):
        body = files.pieces(file, lambda done: advance(done, size))
        return call.rest.upload("/uploads", body, {"format": format_})


def _show(call: Call, total: dict[str, Any]) -> None:
    for each in total["errors"][:MOST_ERRORS_SHOWN]:
        place = f"line {each['line']}: " if each.get("line") is not None else ""
        call.screen.note(f"{place}{line(each.get('message'))}")
    left = max(total["error_count"], len(total["errors"])) - MOST_ERRORS_SHOWN
    if left > 0:
        call.screen.note(f"and {left} more")
    taken, refused = total["spans_accepted"], total["spans_rejected"]
    known = f" ({values.count(total['duplicates'])} were there)" if total["duplicates"] else ""
    call.screen.say(f"{values.count(taken)} spans taken in{known}, {values.count(refused)} refused")


def export(
    call: Call,
    query: dict[str, Any],
    trace: Annotated[
        list[str] | None, typer.Option("--trace", metavar="TRACE", help="Only these; repeated.")
    ] = None,
    format_: Annotated[
        Literal["otlp", "flat"],
        typer.Option("--format", help="OTLP JSON lines, or a span a line."),
    ] = "otlp",
    order: Annotated[Literal["newest", "oldest"] | None, typer.Option("--order")] = None,
    output: flags.Output = "-",
) -> None:
    """Write traces as lines of JSON, whatever their number."""
    asked = {**query, "format": format_, "order": order, "trace_id": trace or []}
    save(call, "/export/traces", asked, output)


def save(call: Call, path: str, query: dict[str, Any], output: str) -> None:
    """Write an answer of any length to a file, or to standard output for `-`."""
    if output == "-" and not call.is_for_people:
        raise WrongValue("--json: give --output too; then the answer is how much was written.")
    lines = done = 0
    with (
        call.screen.progress("export", "bytes") as advance,
        call.rest.stream(path, query) as response,
        files.written(None if output == "-" else Path(output)) as file,
    ):
        for piece in response.iter_bytes():
            file.write(piece)
            lines, done = lines + piece.count(b"\n"), done + len(piece)
            advance(done, None)
    said = f"{values.count(lines)} lines, {values.count(done)} bytes"
    if call.is_for_people:
        call.screen.note(said)
    else:
        call.screen.show({"file": output, "lines": lines, "bytes": done}, lambda: None)
