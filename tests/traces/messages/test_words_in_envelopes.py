"""The words of what frameworks hand on are read out of it; what holds none is nobody's words."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.traces.conversations import assistant, call, lines, span, user
from traces.messages import preview
from traces.messages.decoding.python_reprs import read
from traces.transcript import of_trace

CONSTRUCTOR = {"lc": 1, "type": "constructor"}
AI = {**CONSTRUCTOR, "id": ["langchain", "schema", "messages", "AIMessage"]}
HUMAN = {**CONSTRUCTOR, "id": ["langchain", "schema", "messages", "HumanMessage"]}
STATE = "{'messages': [HumanMessage(content='May I?'), AIMessage(content='Yes.')], 'n': 2}"
ENDED = (
    "StopEvent(result=AgentOutput(response=ChatMessage(role=<MessageRole.ASSISTANT: 'assistant'>,"
    " blocks=[TextBlock(block_type='text', text='Yes.')]), tool_calls=[], raw={'id': 'x'}))"
)
HAYSTACK = (
    "ChatMessage(_role=<ChatRole.ASSISTANT: 'assistant'>, _content=[TextContent(text='Yes.')],"
    " _name=None, _meta={})"
)
AUTOGEN = (
    "TaskResult(messages=[TextMessage(source='user', content='May I?', type='TextMessage'),"
    " TextMessage(source='bot', content='Yes.', type='TextMessage')], stop_reason=None)"
)
PYDANTIC = (
    "[ModelResponse(parts=[TextPart(content='Yes.')], timestamp=datetime.datetime(2024, 1, 1,"
    " tzinfo=datetime.timezone.utc))]"
)

ANSWERS: list[tuple[str, Any]] = [
    ("LlamaIndex", ENDED),
    ("LangChain by str()", "content='Yes.' additional_kwargs={} response_metadata={} id='run-1'"),
    ("LangChain by repr()", "AIMessage(content='Yes.', additional_kwargs={})"),
    ("LangGraph's state by repr()", STATE),
    ("CrewAI by str()", "raw='Yes.' pydantic=None json_dict=None agent='x'"),
    ("CrewAI by repr()", "TaskOutput(description='do', raw='Yes.', agent='x')"),
    ("DSPy", "Prediction(\n    reasoning='because',\n    answer='Yes.'\n)"),
    ("smolagents", "ActionOutput(output='Yes.', is_final_answer=True)"),
    ("pydantic-ai", "AgentRunResult(output='Yes.')"),
    ("pydantic-ai's messages", PYDANTIC),
    ("agno", "RunOutput(run_id='1', content='Yes.', messages=[Message(role='user', content='H')])"),
    ("Haystack", HAYSTACK),
    ("AutoGen", AUTOGEN),
    ("AutoGen's JSON", {"messages": [{"source": "user", "content": "May I?", "type":
        "TextMessage"}, {"source": "bot", "content": "Yes.", "type": "TextMessage"}]}),
    ("AutoGen's response", {"chat_message": {"source": "bot", "content": "Yes.", "type":
        "TextMessage"}, "inner_messages": []}),
    ("LangGraph's Command", {"graph": None, "update": {"messages": [{"type": "ai",
        "content": "Yes."}]}, "resume": None, "goto": []}),
    ("Commands of reprs", [{"update": {"messages": ["content='Yes.' additional_kwargs={}"]},
        "goto": "tools"}]),
    ("LangSmith's object", {**AI, "kwargs": {"content": "Yes.", "type": "ai"}}),
    ("LLMResult without a message", {"generations": [[{"text": "Yes.", "message": {}}]]}),
    ("LLMResult", {"generations": [[{"text": "Yes.", "message": {**AI, "kwargs":
        {"content": "Yes."}}}]], "llm_output": None}),
    ("CrewAI's JSON", {"raw": "Yes.", "pydantic": None, "json_dict": None, "agent": "A"}),
    ("Haystack's JSON", {"llm": {"replies": [{"role": "assistant", "content": [{"text": "Yes."}],
        "meta": {}}]}}),
    ("Traceloop", {"outputs": {"messages": ["content='Yes.' additional_kwargs={}"]}}),
    ("Strands", {"message": {"role": "assistant", "content": [{"text": "Yes."}]}, "stop": "end"}),
    ("AI SDK", {"text": "Yes.", "files": [], "warnings": [], "usage": {"inputTokens": 3}}),
    ("AgentFinish", {"return_values": {"output": "Yes."}, "log": "x", "type": "AgentFinish"}),
    ("a chain with documents", {"question": "May I?", "documents": [{"a": 1}], "answer": "Yes."}),
    ("OpenAI Agents", {"final_output": "Yes.", "new_items": [{"a": 1}], "raw_responses": []}),
]  # fmt: skip

QUESTIONS: list[tuple[str, Any]] = [
    ("a state by repr()", "{'messages': [HumanMessage(content='May I?')]}"),
    ("AutoGen", [{"source": "user", "content": "May I?", "type": "TextMessage"}]),
    ("Bedrock", {"inputText": "May I?", "sessionId": "1", "agentId": "a"}),
    ("pairs", {"messages": [["human", "May I?"]]}),
    ("LlamaIndex", {"user_msg": "May I?", "chat_history": None, "ctx": "<Context object>"}),
    ("an application", {"question": "May I?", "lang": "de"}),
    ("Traceloop", {"inputs": {"input": "May I?", "chat_history": []}, "kwargs": {"name": "x"}}),
    ("arguments", {"args": ["<Agent object at 0x1>", "May I?"], "kwargs": {"stream": False}}),
    ("LangSmith", {"input": {"messages": [{**HUMAN, "kwargs": {"content": "May I?"}}]}}),
]

NO_WORDS = [
    {"outputs": None, "kwargs": {"tags": ["graph:step:24"]}},
    {"outputs": {}, "kwargs": {"tags": []}, "metadata": {"step": 3}},
    {"init_state": {"is_running": False}},
    {"generations": [[{"text": "", "message": {**AI, "kwargs": {"content": ""}}}]]},
    {"messages": ["ChatMessage(role=<MessageRole.USER: 'user'>, blo…"]},
    {"update": {"step": 3}, "goto": "tools"},
    "[Send(node='tools', arg={'x': 1})]",
    [{"text": "", "type": "ChatGeneration"}],
    ENDED[:90] + "…",
    "<coroutine object run at 0x7f>",
    "ModelOutput(a=<Foo object at 0x1>)",
    "StartEvent(step=1, ctx=Context(a=1))",
]


def _sent(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@pytest.mark.parametrize("value", [row[1] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
@pytest.mark.parametrize("mime", ["text/plain", None])
def test_the_answer_is_read(value: Any, mime: str | None):
    if mime and not isinstance(value, str):
        mime = "application/json"
    held: dict[str, Any] = {"input__value": "May I?", "output__value": _sent(value)}
    held["output__mime_type"] = mime
    alone = span(1, "agent", lasts=9, **held)
    assert lines(of_trace([alone])) == ["user: May I?", "assistant: Yes."]
    inner = call(2, [user("Rate this.")], [assistant("5")], parent=1, at=1)
    assert lines(of_trace([alone, inner]))[-1] == "assistant: Yes."
    assert preview(alone.payload["attributes"], [], "agent") == ("May I?", "Yes.")


@pytest.mark.parametrize("value", [row[1] for row in QUESTIONS], ids=[row[0] for row in QUESTIONS])
def test_the_question_is_read(value: Any):
    spans = [span(1, "agent", input__value=_sent(value), output__value="Yes.")]
    assert lines(of_trace(spans)) == ["user: May I?", "assistant: Yes."]
    assert preview(spans[0].payload["attributes"], [], "agent") == ("May I?", "Yes.")


@pytest.mark.parametrize("value", NO_WORDS, ids=str)
def test_what_holds_no_words_is_nobodys(value: Any):
    held: dict[str, Any] = {"input__value": "May I?", "output__value": _sent(value)}
    for kind in ("agent", "llm", "chain"):
        spans = [span(1, kind, **held)]
        assert lines(of_trace(spans)) == ["user: May I?"]
        assert preview(spans[0].payload["attributes"], [], kind) == ("May I?", "")


@pytest.mark.parametrize(
    "words",
    [
        '{"order": 7}',
        '{"city": "Paris", "sure": true}',
        "Point(x=1, y=2)",
        "Yes (see A(b=1))",
        "x=5 is right",
        "['a', 'b']",
        "<b>Yes</b>",
        "I said 'no' and [left]",
    ],
)
def test_what_a_person_may_have_typed_stays(words: str):
    (entry,) = of_trace([span(1, "agent", input__value=words)]).entries
    assert entry.text.replace(" ", "") == words.replace(" ", "")


def test_a_structured_answer_by_repr_is_data():
    spans = [span(1, "agent", output__value="CityInfo(city='Paris', population=2)")]
    assert lines(of_trace(spans)) == ['assistant: {"city":"Paris","population":2}']


def test_content_that_an_instrumentation_wrote_by_repr_is_read():
    answer = assistant("[TextBlock(citations=None, text='Yes.', type='text')]")
    assert lines(of_trace([call(1, [user("May I?")], [answer])])) == [
        "user: May I?",
        "assistant: Yes.",
    ]


def test_what_langfuse_says_of_the_whole_trace_is_its_frame():
    held = {"langfuse__trace__input": "May I?", "langfuse__trace__output": "Yes."}
    inner = call(2, [user("Classify: May I?")], [assistant("ASK")], parent=1, at=1)
    inner.payload["attributes"] |= {key.replace("__", "."): held[key] for key in held}
    spans = [span(1, "chain", lasts=9, input__value='{"body": {"id": 1}}'), inner]
    assert lines(of_trace(spans)) == [
        "user: May I?",
        "user: Classify: May I?",
        "assistant: ASK",
        "assistant: Yes.",
    ]


@pytest.mark.parametrize(
    "hostile",
    [
        "[" * 100_000, "A(" * 90_000, "{'a':" * 40_000, "<a" * 90_000, "a=1 " * 49_000,
        "'" + "\\" * 150_001, "A(x='1'" + " b='2'" * 30_000, " " * 190_000 + "x", "[ " * 90_000,
        "content='" + "x" * 190_000, "A(a=" * 30 + "'x'" * 50_000, "<a" + " " * 150_000 + " object",
        "ChatMessage(role=" * 10_000, "['a', " * 30_000, "(" + "1," * 90_000,
    ],
    ids=range(15),
)  # fmt: skip
def test_spellings_are_read_in_linear_time(hostile: str):
    began = time.monotonic()
    read(hostile)
    lines(of_trace([span(1, "agent", input__value=hostile, output__value=hostile)]))
    assert time.monotonic() - began < 2
