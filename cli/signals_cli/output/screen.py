"""Standard output for what was asked for, standard error for everything else.

With `--json` and `--jsonl` nothing but JSON goes to standard output.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from signals_cli.output.text import as_json, clean, line

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

Form = Literal["people", "json", "jsonl"]
#: Wide enough for every table: a pipe has no width that something must fit into.
PIPE_WIDTH = 2000
#: A title, what makes a row's cell, and how the cell is aligned.
Column = tuple[str, Callable[[Any], Any]]
Advance = Callable[[float, float | None], None]
#: Columns of what is copied into the next command: never cut.
WHOLE = ("id", "trace", "span", "key", "target")
COLOURS = {"positive": "green", "negative": "red", "neutral": "cyan"}


class Screen:
    """Where a command writes to."""

    def __init__(self, form: Form = "people", *, quiet: bool = False) -> None:
        self.form, self.quiet = form, quiet

    def note(self, sentence: str) -> None:
        """Say something beside the answer."""
        if not self.quiet:
            print(clean(sentence), file=sys.stderr, flush=True)

    def show(self, value: Any, people: Callable[[], None]) -> None:
        """Answer with one thing."""
        if self.form == "people":
            people()
        else:
            write(as_json(value, indent=2 if self.form == "json" else None))

    def say(self, sentence: str) -> None:
        """Answer people with a sentence."""
        write(clean(sentence))

    def table(self, rows: Sequence[Any], columns: Sequence[Column], empty: str) -> None:
        """Answer people with a table; columns whose title begins with `#` hold numbers."""
        if not rows:
            self.note(empty)
            return
        from rich.table import Table

        table = Table(box=None, pad_edge=False, header_style="bold")
        for title, _cell in columns:
            is_number = title.startswith("#")
            table.add_column(
                title.lstrip("#"),
                justify="right" if is_number else "left",
                no_wrap=is_number or title in WHOLE,
                overflow="fold",
            )
        for row in rows:
            table.add_row(*(_cell_of(cell(row)) for _title, cell in columns))
        self.draw(table)

    def facts(self, pairs: Mapping[str, Any]) -> None:
        """Answer people with names and values; those without a value are left out."""
        from rich.table import Table

        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in pairs.items():
            if value not in (None, ""):
                table.add_row(name, _cell_of(value, one_line=False))
        self.draw(table)

    def draw(self, drawing: RenderableType) -> None:
        out = _console(sys.stdout)
        with out.capture() as captured:
            out.print(drawing)
        lines = captured.get().split("\n")
        write("\n".join(each.rstrip() for each in lines).rstrip("\n"))

    @contextmanager
    def progress(self, title: str, unit: str = "") -> Iterator[Advance]:
        """Give a function of (done, of how many) that moves a bar on standard error."""
        if self.quiet or not sys.stderr.isatty():
            yield lambda _done, _total: None
            return
        from rich import progress as bars

        columns = [
            bars.TextColumn("{task.description}"),
            bars.BarColumn(),
            bars.DownloadColumn() if unit == "bytes" else bars.MofNCompleteColumn(),
            bars.TimeElapsedColumn(),
        ]
        with bars.Progress(*columns, console=_console(sys.stderr), transient=True) as shown:
            task = shown.add_task(line(title), total=None)
            yield lambda done, total: shown.update(task, completed=done, total=total)

    def confirm(self, question: str) -> bool:
        """Ask a person; whoever is none says no."""
        if not sys.stdin.isatty():
            return False
        print(f"{clean(question)} [y/N] ", end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip().lower() in ("y", "yes")


def write(text: str) -> None:
    """Write a line to standard output, in Unicode whatever the machine's language is."""
    sys.stdout.buffer.write(text.encode("utf-8", "replace") + b"\n")
    sys.stdout.buffer.flush()


def styled(value: Any, style: str) -> Text:
    """Return a cell in a colour."""
    from rich.text import Text

    return Text(line(value), style=style)


def _cell_of(value: Any, *, one_line: bool = True) -> RenderableType:
    from rich.text import Text

    if isinstance(value, Text):
        return value
    return Text(line(value) if one_line else clean(value))


def _console(stream: Any) -> Console:
    from rich.console import Console

    is_terminal = stream.isatty() and os.environ.get("TERM") != "dumb"
    no_colour = bool(os.environ.get("NO_COLOR"))
    return Console(
        file=stream,
        width=None if is_terminal else PIPE_WIDTH,
        force_terminal=is_terminal,
        color_system="auto" if is_terminal and not no_colour else None,
        no_color=no_colour,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
