"""Links that later apps add to a page of an earlier one, which does not know them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class PageLink:
    text: str
    url: str


class PageLinks(Generic[Thing]):
    """What was registered for the pages of one kind of thing."""

    def __init__(self) -> None:
        self._made_by: dict[str, Callable[[str, Thing], PageLink]] = {}

    def register(self, name: str, make: Callable[[str, Thing], PageLink]) -> None:
        """Have `make` called with the project's slug and the thing whenever its page is shown;
        a second time under one name replaces the first."""
        self._made_by[name] = make

    def of(self, slug: str, thing: Thing) -> list[PageLink]:
        return [make(slug, thing) for make in self._made_by.values()]
