"""What later apps keep of traces and sessions, erased with them, without traces knowing it.

An app registers one extension in its module `erased_with_traffic`, which `TracesConfig` finds.
`count` is asked for the preview; `erase` runs in the transaction that deletes the traces.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID


class ErasingExtension(Protocol):
    def count(self, project_id: int, targets: Sequence[UUID]) -> Counter[str]:
        """Return by noun, in the plural, how much would go; targets: trace ids and sessions'
        keys."""
        ...

    def erase(self, project_id: int, targets: Sequence[UUID]) -> Counter[str]:
        """Delete what is kept of these traces and sessions; return by noun how much it was."""
        ...

    def forget(self, project_id: int, text: str) -> None:
        """Delete what names a user, a session or a trace by this text."""
        ...

    def is_busy(self, project_id: int) -> bool:
        """Say whether traffic is on its way that nobody can look into yet."""
        ...


_extensions: list[ErasingExtension] = []


def register(extension: ErasingExtension) -> None:
    if type(extension) not in {type(known) for known in _extensions}:
        _extensions.append(extension)


def count(project_id: int, targets: Sequence[UUID]) -> Counter[str]:
    return sum((each.count(project_id, targets) for each in _extensions), Counter())


def erase(project_id: int, targets: Sequence[UUID]) -> Counter[str]:
    return sum((each.erase(project_id, targets) for each in _extensions), Counter())


def forget(project_id: int, text: str) -> None:
    for extension in _extensions:
        extension.forget(project_id, text)


def is_busy(project_id: int) -> bool:
    return any(extension.is_busy(project_id) for extension in _extensions)
