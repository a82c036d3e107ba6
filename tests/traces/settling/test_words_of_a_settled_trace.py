"""Lists show what the transcript says: what was asked and answered, from the wire to the row."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.time_range.unix_time import moment_of
from tests.traces.cases import records_of
from tests.traces.making import a_project, send, settle
from traces.models import Trace

pytestmark = pytest.mark.django_db


def landed(path: str) -> list[Trace]:
    project = a_project()
    records = records_of(path)
    now = moment_of(max(record.end_ns for record in records) // 1000) + timedelta(seconds=1)
    send(project, *records, now=now)
    settle(now + timedelta(hours=1))
    return list(Trace.objects.filter(project_id=project.pk).order_by("start_time"))


@pytest.mark.parametrize(
    ("case", "asked", "answered"),
    [
        (
            "client-cases/B_langgraph_command_as_answer",
            "And what about order 9999?",
            'lookup_order({"order_id":"9999"})',
        ),
        ("client-cases/G_several_runs_in_one_trace", "Please FAIL now", None),
        ("client-cases/I_langchain_failed_call", "Please FAIL now", None),
        ("client-cases/O_llamaindex_prepare_call", "May 1842 be refunded?", "Yes."),
        (
            "client-cases/N_litellm_otel",
            "May 1842 be refunded?",
            'lookup_order({"order_id": "1842"})',
        ),
        (
            "client-cases/U_agent_inside_a_tool",
            "May order 1842 be refunded?",
            "Yes, order 1842 may be refunded.",
        ),
        ("client-cases/T_mastra", "That is useless, you are not helping me!", "I am sorry."),
        (
            "judge-cases/B1_router_answer_lost",
            "Where is order 7?",
            "It arrives tomorrow before noon.",
        ),
        (
            "judge-cases/B3_guardrail_replaced_answer",
            "How do I pick a lock?",
            "Sorry, I can't help with that.",
        ),
        ("judge-cases/CASE_F_base64", "Which plane is this?\n[image/png, 9 kB]", "A320"),
    ],
)
def test_a_list_shows_what_was_asked_and_answered(
    case: str, asked: str, answered: str | None
) -> None:
    (trace,) = landed(case)
    assert (trace.input_preview, trace.output_preview) == (asked, answered)


def test_what_only_prepares_a_model_call_is_none() -> None:
    (trace,) = landed("client-cases/O_llamaindex_prepare_call")
    assert trace.llm_count == 1
