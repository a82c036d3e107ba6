"""What a judge may choose from: the labels of a signal and, beside them, that it cannot tell."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

CANNOT_TELL = "cannot tell"
#: The same in other words, where no label of the signal is called so.
_CANNOT_TELL = {CANNOT_TELL, "cannot_tell", "cannot-tell", "can't tell", "can not tell"}

#: Characters that keyboards, fonts and models take for one another.
_LOOKALIKES = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u02bc\u02b9\u2032\u00b4`\uff07", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\uff02", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d", "-"),
    }
)
#: Longer than any label and what may stand around it.
_MAX_CHARS = 500


class NotOne(Exception):
    """It names none of the labels, or more than one."""


def offered(labels: Sequence[str]) -> list[str]:
    """Return the labels, and that it cannot tell, unless a label of the signal says that itself."""
    taken = {folded(label) for label in labels}
    return [*labels] if taken & _CANNOT_TELL else [*labels, CANNOT_TELL]


def chosen(said: str, labels: Sequence[str]) -> str | None:
    """Return the label that was meant; None if the judge cannot tell. Raises NotOne.

    The same characters go before the same letters, those before what only looks alike: a name
    that could be two labels is none.
    """
    if len(said) > _MAX_CHARS:
        raise NotOne
    steps: tuple[Callable[[str], str], ...] = (str, _composed, folded)
    for step in steps:
        wanted = step(said)
        alike = [label for label in labels if step(label) == wanted]
        if len(alike) == 1:
            return alike[0]
        if alike:
            raise NotOne
    if folded(said) in _CANNOT_TELL and CANNOT_TELL in offered(labels):
        return None
    raise NotOne


def folded(name: str) -> str:
    """Return a text without case, accents' encoding, kind of quotes and dashes, and invisible
    characters."""
    text = unicodedata.normalize("NFKC", name[:_MAX_CHARS].translate(_LOOKALIKES))
    shown = "".join(char for char in text if unicodedata.category(char) != "Cf")
    line = " ".join(shown.translate(_LOOKALIKES).split())
    return unicodedata.normalize("NFKC", line.strip("\"'*").strip().casefold())


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", " ".join(name.split()))
