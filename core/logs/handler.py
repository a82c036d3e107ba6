"""Where every line leaves the process: to stderr, in the format chosen, repeats folded.

What the machine itself is in trouble with (`troubles`) is one line a minute and no traceback,
whichever loop meets it. Any other warning or error is folded with those that say the very same,
or whose traceback ends in the same place.
"""

from __future__ import annotations

import copy
import logging
import os
import sys
import threading
from functools import cached_property
from types import TracebackType

from core.logs import folding, formats, troubles

#: Of lines that came without a logger: from the hooks of the interpreter.
logger = logging.getLogger("python")


class Handler(logging.StreamHandler):  # type: ignore[type-arg]
    """As logging configures it: `format` is "line" or "json"."""

    def __init__(self, format: str = "line") -> None:
        super().__init__(sys.stderr)
        self.setFormatter(formats.Json() if format == "json" else formats.Line())
        sys.excepthook = _note_uncaught
        threading.excepthook = _note_in_thread

    @cached_property
    def _folds(self) -> folding.Folds:
        """Open what the program shares when it is needed: `up` makes it after it has a log."""
        return folding.Folds(os.environ.get(folding.VARIABLE, ""))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            folded = self._folded(record) if record.levelno >= logging.WARNING else record
            if folded is not None:
                self.stream = sys.stderr
                super().emit(folded)
        except Exception:
            self.handleError(record)

    def _folded(self, record: logging.LogRecord) -> logging.LogRecord | None:
        """Return what is to be written instead of a record; None for nothing."""
        trouble = troubles.of_record(record)
        is_written, more = self._folds.take(trouble or _kind(record))
        if not is_written:
            return None
        if not (trouble or more):
            return record
        changed = copy.copy(record)
        changed.more_since = more
        if trouble:
            _shorten(changed, trouble)
        return changed


def _kind(record: logging.LogRecord) -> str:
    """Return what lines must have in common to be one kind."""
    if not record.exc_info or record.exc_info[0] is None:
        return f"{record.name} {record.levelno} {record.getMessage()}"
    kind, _error, trace = record.exc_info
    return f"{record.name} {kind.__name__} {_place(trace)}"


def _place(trace: TracebackType | None) -> str:
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""


def _shorten(record: logging.LogRecord, trouble: str) -> None:
    """Leave the first line of what was said and of the error, behind the name of the trouble."""
    said = record.getMessage().strip().partition("\n")[0][:300]
    error = record.exc_info[1] if record.exc_info else None
    why = f": {str(error).strip().partition(chr(10))[0][:300]}" if error else ""
    record.msg, record.args = f"{trouble}: {said.removeprefix(f'{trouble}: ')}{why}", ()
    record.exc_info = record.exc_text = record.stack_info = None


def _note_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        logger.critical("not caught", exc_info=(kind, error, trace))


def _note_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
        name = args.thread.name if args.thread else ""
        words = (args.exc_type, args.exc_value, args.exc_traceback)
        logger.critical("not caught in thread %s", name, exc_info=words)
