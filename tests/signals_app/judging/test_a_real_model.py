"""A real model behind llama.cpp's own server labels what a real application sent.

What so small a model answers is no matter. That it answers in the form it was asked for, with
one of the signal's labels, shows that our request is one that llama.cpp understands.
"""

from __future__ import annotations

import json
import secrets
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from signals_app.models import Classification, JudgeJob, JudgeState, ReasonCode, Signal
from teams.models import ApiKey
from tests.server import WebServer, Worker, wait_until
from tests.signals_app import conversations
from tests.small_model import CONTEXT_TOKENS, small_model
from tests.traces.otlp_requests import json_request, json_span, pairs

MODEL = "smollm2-135m"
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

#: A minute on an idle machine with two cores; four where ten other processes want them.
WITHIN_S = 600

PROSE = "The parcel was sent on Monday, and it arrives tomorrow before noon. "
SAID = [
    ("Where is my order?", "It arrives tomorrow."),
    ("This is ridiculous, I have asked three times!", "I am sorry. It was sent today."),
    ("Thank you, that was quick.", "You are welcome."),
    ("Cancel my subscription.", "It is cancelled as of today."),
    ("Your app has deleted all my photos.", "I cannot restore them."),
    ("Can I pay by invoice?", "Yes, from 50 dollars."),
    ("You are not listening to me.", "Please give me your order's number."),
    ("What are your hours?", "From nine to five."),
    ("Perfect, it works now!", "Glad to hear it."),
    ("I want to talk to a human.", "I am connecting you."),
]


@pytest.fixture(scope="module")
def judge_url() -> Iterator[str]:
    with small_model() as url:
        yield url


def test_ten_requests_are_each_labelled_by_a_real_model(database_url: str, judge_url: str) -> None:
    project = conversations.project()
    signal = conversations.signal(project, "sentiment")
    key = ApiKey.objects.issue(project, "the app")[1]
    environment = {
        "JUDGE_BASE_URL": judge_url,
        "JUDGE_MODEL": MODEL,
        "JUDGE_TIMEOUT_S": "180",
        "JUDGE_CONCURRENCY": "2",
        "JUDGE_PUMPS": "1",
        "JUDGE_RETRY_BASE_S": "1",
        "TRACE_QUIET_S": "1",
    }
    with WebServer(database_url, environment=environment) as server:
        for asked, answered in SAID:
            send(server.url, key, asked, answered)
        with Worker(database_url, environment) as worker:
            wait_until(lambda: judged() == len(SAID), WITHIN_S, f"all ten ({worker.output})")
    connection.close()
    assert_all_labelled(signal)


def test_a_transcript_that_a_real_server_finds_too_long_is_cut_until_it_fits(
    judge_url: str, run_line: Callable[..., list[Classification]], settings: Any
) -> None:
    settings.JUDGE_BASE_URL, settings.JUDGE_MODEL = judge_url, MODEL
    settings.JUDGE_TIMEOUT_S, settings.JUDGE_CONCURRENCY = 180.0, 1
    project = conversations.project()
    conversations.signal(project, "sentiment")
    conversations.send_traces(project, 1, now=timezone.now(), answered=PROSE * 150)
    (one,) = run_line()
    assert (one.outcome, one.reason) == ("labelled", "")
    assert one.cut_chars > len(PROSE) * 75
    assert JudgeState.objects.get().context_tokens == CONTEXT_TOKENS


def send(url: str, key: str, asked: str, answered: str) -> None:
    """One model call, as an instrumented application exports it."""
    start_ns = int(timezone.now().timestamp() * 1e9) - 2_000_000_000
    span = json_span(
        traceId=secrets.token_hex(16),
        spanId=secrets.token_hex(8),
        startTimeUnixNano=str(start_ns),
        endTimeUnixNano=str(start_ns + 1_000_000_000),
        attributes=pairs(
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.agent.name": conversations.AGENT,
                "gen_ai.input.messages": message("user", asked),
                "gen_ai.output.messages": message("assistant", answered),
            }
        ),
    )
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    body = json.dumps(json_request(span)).encode()
    with urllib.request.urlopen(
        urllib.request.Request(f"{url}/v1/traces", body, headers)
    ) as answer:
        assert answer.status == 200


def message(role: str, text: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


def judged() -> int:
    return Classification.objects.count()


def assert_all_labelled(signal: Signal) -> None:
    """The grammar lets the model say no more than a label or that it cannot tell."""
    classifications = list(Classification.objects.filter(signal_id=signal.pk))
    assert signal.live_version
    names = {label["name"] for label in signal.live_version.labels}
    ends = [each.label or each.reason_code for each in classifications]
    assert set(ends) <= names | {ReasonCode.CANNOT_TELL}, [each.reason for each in classifications]
    assert names & set(ends), "not one label"
    assert {each.judge_model for each in classifications} == {MODEL}
    assert all(each.input_tokens and each.output_tokens for each in classifications)
    assert not JudgeJob.objects.exists()
    endpoint = JudgeState.objects.get()
    assert endpoint.manners == {}, "the server did not take the request as we send it first"
    assert not endpoint.cuts_silently, "its count of tokens looked like a cut to us"
