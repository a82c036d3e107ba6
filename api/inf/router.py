"""A group of procedures: which there are, how each is called, and what it needs of a key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from api.inf.errors import refused
from api.inf.given import Given
from teams.models import ApiKey, Project

NOT_SERVED = (
    "Signals does not serve {name} for this command line. docs/inf.md says what works,"
    " and the pages, REST and MCP what else there is."
)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a procedure: by which key, for which project, with which fields."""

    key: ApiKey
    project: Project
    given: Given


Answer = Callable[[Call], Any]


@dataclass(frozen=True, slots=True)
class Procedure:
    """method: "" takes any. writes: a key that may read only is refused."""

    answer: Answer
    method: str = ""
    writes: bool = False


class Router:
    """Procedures by name, put in by its decorators."""

    def __init__(self) -> None:
        self.procedures: dict[str, Procedure] = {}

    def query(self, *names: str) -> Callable[[Answer], Answer]:
        """Put in what only looks."""
        return self._put(names, "GET", writes=False)

    def mutation(self, *names: str, writes: bool = True) -> Callable[[Answer], Answer]:
        """Put in what is sent with a body."""
        return self._put(names, "POST", writes=writes)

    def refuse(self, message: str, *names: str) -> None:
        """Put in what is not served, with a sentence of its own."""

        def answer(_call: Call) -> Any:
            raise refused(message, 405)

        for name in names:
            self.procedures[name] = Procedure(answer)

    def _put(
        self, names: tuple[str, ...], method: str, *, writes: bool
    ) -> Callable[[Answer], Answer]:
        def put(answer: Answer) -> Answer:
            for name in names:
                self.procedures[name] = Procedure(answer, method, writes)
            return answer

        return put
