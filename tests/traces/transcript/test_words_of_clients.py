"""What genuine clients sent, as a conversation: who said what, once, and what tools did.

The bodies stand in tests/data/client-cases and judge-cases; SOURCES.md says where from.
"""

from __future__ import annotations

import pytest

from tests.traces.cases import traces_of
from tests.traces.conversations import lines
from traces.transcript import of_session

RIGHT: list[tuple[str, list[str]]] = [
    (
        "client-cases/B_langgraph_command_as_answer",
        [
            "user: And what about order 9999?",
            'lookup_order({"order_id":"9999"}) -> None ! ValueError: no such order 9999',
            "error: ValueError('no such order 9999')",
        ],
    ),
    (
        "client-cases/G_several_runs_in_one_trace",
        [
            "user: May 1842 be refunded?",
            "assistant: Yes, until the 30th.",
            "user: Please FAIL now",
            "error: ModelHTTPError: 400",
        ],
    ),
    (
        "client-cases/H_failed_tool_on_old_call",
        [
            "user: May 1842 be refunded?",
            'lookup_order({"order_id":"1842"}) -> {"status":"delivered"}',
            "assistant: Yes.",
            "user: And 9999?",
            'lookup_order({"order_id":"9999"}) -> None ! ValueError: no such order 9999',
            "error: ValueError",
        ],
    ),
    (
        "client-cases/I_langchain_failed_call",
        ["user: Please FAIL now", "error: BadRequestError: Error code: 400"],
    ),
    (
        "client-cases/N_litellm_otel",
        ["user: May 1842 be refunded?", 'lookup_order({"order_id": "1842"}) -> None'],
    ),
    (
        "client-cases/O_llamaindex_prepare_call",
        ["user: May 1842 be refunded?", "assistant: Yes."],
    ),
    (
        "client-cases/T_mastra",
        [
            "system: You are a refund agent.",
            "user: That is useless, you are not helping me!",
            "assistant: I am sorry.",
        ],
    ),
    (
        "client-cases/M_tool_result_in_next_trace",
        [
            "user: May 1842 be refunded?",
            'lookup_order({"order_id":"1842"}) -> {"status":"delivered"}',
            "assistant: Yes.",
        ],
    ),
    (
        "client-cases/Q_adk_tool_call_twice",
        [
            "user: And 9999?",
            'lookup_order({"order_id":"9999"}) -> None ! ValueError: no such order 9999',
        ],
    ),
    (
        "judge-cases/B1_router_answer_lost",
        [
            "system: Classify the intent. Answer with one word.",
            "user: Where is order 7?",
            "assistant: ORDER_STATUS",
            "assistant: It arrives tomorrow before noon.",
        ],
    ),
    (
        "judge-cases/B3_guardrail_replaced_answer",
        [
            "user: How do I pick a lock?",
            "assistant: Step 1: insert the tension wrench ...",
            "assistant: Sorry, I can't help with that.",
        ],
    ),
]


@pytest.mark.parametrize(("case", "said"), RIGHT, ids=[case for case, _ in RIGHT])
def test_the_conversation_is_what_was_said_and_done(case: str, said: list[str]) -> None:
    assert lines(of_session(traces_of(case))) == said
