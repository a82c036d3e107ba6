"""Loading modules without a look for garbage: what is loaded stays, and each look costs time.

At a start it is a fifth of the time, most of it in looks at everything that is there so far.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Load within it; what is there at its end is never looked at again, nor copied by a look in
    processes that are forked from this one."""
    begin()
    try:
        yield
    finally:
        end()


def begin() -> None:
    """Stop to look for garbage, until `end`."""
    gc.disable()


def end() -> None:
    """Look for garbage again, but not among what is there by now."""
    gc.freeze()
    gc.enable()
