"""Every operation of the document, called by those who may not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.test import Client

from api.rest import document
from api.rest.application import api
from teams.models import Project
from tests.api.rest import seeds
from tests.api.rest.calling import ROOT, reading, writing
from tests.traces.arrivals import new_project

pytestmark = pytest.mark.django_db


def operations() -> Iterator[tuple[str, str, str]]:
    """Yield the id, the method and the path below the root of each operation."""
    for path, methods in document.openapi()["paths"].items():
        for method, operation in methods.items():
            yield operation["operationId"], method.upper(), path.removeprefix(ROOT)


OPERATIONS = list(operations())


def only_reads() -> set[str]:
    """Return the ids of the operations that a reading key may call."""
    found = set()
    for router in api._get_bound_routers():
        for view in router.path_operations.values():
            for each in view.operations:
                if each.methods == ["GET"] or hasattr(each.view_func, "only_reads"):
                    found.add(str(each.operation_id))
    return found


ONLY_READS = only_reads()
#: What is built in is nobody's.
FOR_ALL = {"get_template"}
WRITES = [each for each in OPERATIONS if each[0] not in ONLY_READS]


def filled(path: str, values: Mapping[str, Any]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: str(values[found[1]]), path)


NO_SUCH = "0" * 32


def nobodys(path: str) -> str:
    return re.sub(r"\{\w+\}", NO_SUCH, path)


def test_nobody_is_let_in_without_a_key(client: Client) -> None:
    for name, method, path in OPERATIONS:
        address = ROOT + nobodys(path)
        response = client.generic(method, address, "{}", content_type="application/json")
        said = response.status_code, response.json()["code"]
        assert said == (401, "unauthenticated"), name


def test_a_reading_key_may_not_write(project: Project) -> None:
    caller = reading(project)
    for name, method, path in WRITES:
        response = caller.send(method, nobodys(path), {})
        assert (response.status_code, response.json()["code"]) == (403, "forbidden"), name
        assert "may read only" in response.json()["message"]


def test_a_key_finds_nothing_of_another_project(project: Project) -> None:
    """What each path is called with are things of another project that exist."""
    theirs, caller = seeds.fill(new_project("Theirs")), writing(project)
    for name, method, path in OPERATIONS:
        if "{" in path and name not in FOR_ALL:
            response = caller.send(method, filled(path, theirs), BODIES.get(name, {}))
            # A 422 would say that the body is wrong, and nothing of who may look.
            assert response.status_code == 404, (name, response.content)


#: By the id of an operation: a body that is right, so that only the look-up can refuse.
BODIES: dict[str, Any] = {
    "edit_signal": {"based_on": 1},
    "create_comparison": {"before": 1, "after": 1},
}
