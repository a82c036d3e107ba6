"""When a span failed, of what kind, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.traces.otlp_requests import record
from traces.conventions import derive


def _event(name: str = "exception", **attributes: str) -> dict[str, Any]:
    dotted = {f"exception.{key}": value for key, value in attributes.items()}
    return {"name": name, "time_ns": 0, "attributes": dotted}


BOOM = _event(type="ValueError", message="boom", stacktrace="…")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, (False, None, None), id="nothing is said"),
        pytest.param({"status_code": 1}, (False, None, None), id="the status is ok"),
        pytest.param({"status_code": 2}, (True, None, None), id="the status is error"),
        pytest.param(
            {"status_code": 2, "status_message": "no luck"},
            (True, None, "no luck"),
            id="with words",
        ),
        pytest.param(
            {"status_code": 2, "events": [BOOM]}, (True, "ValueError", "boom"), id="an exception"
        ),
        pytest.param(
            {"events": [BOOM]}, (True, "ValueError", "boom"), id="an exception without a status"
        ),
        pytest.param(
            {"status_code": 1, "events": [BOOM]},
            (False, None, None),
            id="an exception that was handled",
        ),
        pytest.param(
            {"status_code": 2, "events": [_event(type="KeyError", message="first"), BOOM]},
            (True, "ValueError", "boom"),
            id="the last of several exceptions",
        ),
        pytest.param(
            {"events": [_event("gen_ai.client.operation.exception", type="E", message="m")]},
            (True, "E", "m"),
            id="the exception event of GenAI",
        ),
        pytest.param({"events": [_event("log")]}, (False, None, None), id="another event"),
        pytest.param(
            {"attributes": {"error.type": "timeout"}}, (True, "timeout", None), id="an error type"
        ),
        pytest.param({"attributes": {"error.type": " "}}, (False, None, None), id="a blank type"),
        pytest.param(
            {"attributes": {"error.type": "429"}, "events": [BOOM], "status_message": "slow down"},
            (True, "429", "slow down"),
            id="attribute and status go before the event",
        ),
        pytest.param(
            {
                "attributes": {
                    "langfuse.observation.level": "ERROR",
                    "langfuse.observation.status_message": "bad",
                }
            },
            (True, None, "bad"),
            id="Langfuse's level",
        ),
        pytest.param(
            {"attributes": {"langfuse.observation.level": "WARNING"}},
            (False, None, None),
            id="a warning of Langfuse",
        ),
        pytest.param(
            {"attributes": {"gen_ai.tool.status": "error"}}, (True, None, None), id="Strands' tool"
        ),
        pytest.param(
            {"attributes": {"gen_ai.tool.status": "success"}}, (False, None, None), id="its success"
        ),
        pytest.param(
            {"attributes": {"tool.error_type": "E"}}, (True, "E", None), id="inference.net's tool"
        ),
        pytest.param(
            {"status_code": 1, "events": [BOOM], "attributes": {"langsmith.span.kind": "chain"}},
            (True, "ValueError", "boom"),
            id="LangSmith, whose status is ok whenever a run was completed",
        ),
        pytest.param(
            {"attributes": {"gen_ai.tool.success": False}}, (True, None, None), id="Mastra's tool"
        ),
        pytest.param(
            {"attributes": {"gen_ai.tool.success": "true"}}, (False, None, None), id="that worked"
        ),
    ],
)
def test_a_failure_is_known(changes: dict[str, Any], expected: tuple[bool, Any, Any]):
    fields = derive(record(**changes))
    assert (fields.is_error, fields.error_type, fields.error_message) == expected


def test_a_long_message_is_cut():
    message = derive(record(status_code=2, status_message="x" * 9_000)).error_message
    assert message is not None
    assert len(message) == 2_000
