"""A genuine model behind llama.cpp's own server, brought by a project: added by its page, tested,
chosen for a signal, and asked by a genuine worker, beside another judge that is down."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from signals_app.models import Classification, JudgeEndpoint, JudgeJob, JudgeState, JudgeTest
from signals_app.pages.form.edit_forms import EditForm
from tests.html import html_of
from tests.server import Worker, wait_until
from tests.signals_app import conversations
from tests.signals_app.judges.making import endpoint
from tests.signals_app.signals.test_creating_a_signal import as_sent
from tests.small_model import small_model
from tests.traces.arrivals import member

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

MODEL = "smollm2-135m"
WITHIN_S = 600
ENVIRONMENT = {
    "OUTBOUND_ALLOW": "127.0.0.1",
    "OUTBOUND_HTTP": "true",
    "JUDGE_PUMPS": "2",
    "JUDGE_RETRY_BASE_S": "1",
    "TRACE_QUIET_S": "0",
    "DEMO": "false",
}


@pytest.fixture(scope="module")
def model_url() -> Iterator[str]:
    with small_model() as url:
        yield url


@pytest.fixture
def dead_url() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/v1"


def test_it_is_added_tested_chosen_and_gives_labels_beside_one_that_is_down(
    client: Client, database_url: str, model_url: str, dead_url: str
) -> None:
    project = conversations.project()
    client.force_login(member(project, "admin"))
    pages = f"/p/{project.slug}/settings/judges/"
    down = endpoint(project, dead_url, name="Down", is_default=True)
    waits = conversations.signal(project, "user_frustration", name="by default")
    chooses = conversations.signal(project, "sentiment", name="chooses")
    with Worker(database_url, ENVIRONMENT) as worker:
        said = client.post(
            f"{pages}new/",
            {
                "name": "Small", "base_url": model_url, "key": "", "model": MODEL,
                "price_input_usd": "0.1", "price_cached_usd": "0", "price_output_usd": "0.2",
                "concurrency": "2", "timeout_s": "180",
            },
        )  # fmt: skip
        assert said.status_code == 302
        small = JudgeEndpoint.objects.get(name="Small")
        wait_until(
            lambda: JudgeTest.objects.exclude(finished_at=None).exists(), WITHIN_S, worker.output()
        )
        test = JudgeTest.objects.get()
        assert test.is_good, test.words
        assert (test.model, test.answer_form) == (MODEL, "json_schema")
        assert test.input_tokens
        assert test.cost_usd
        page = html_of(client.get(f"{pages}{small.uuid}/"))
        assert "held to a JSON schema" in page
        live = chooses.live_version
        assert live is not None
        edit = as_sent(EditForm(chooses, live)) | {"judge": str(small.uuid)}
        saved = client.post(f"/p/{project.slug}/signals/{chooses.uuid}/edit/save/", edit)
        assert saved.status_code == 302, re.findall(r"error[^>]*>(.{0,200})", html_of(saved))
        conversations.send_traces(project, 5, now=timezone.now())
        wait_until(lambda: Classification.objects.count() >= 5, WITHIN_S, worker.output())
    connection.close()
    given = Classification.objects.filter(signal_id=chooses.pk)
    assert {(each.judge_name, each.judge_model) for each in given} == {("Small", MODEL)}
    assert all(each.cost_usd and each.input_tokens for each in given)
    assert given.filter(outcome="labelled").exists()
    assert not Classification.objects.filter(signal_id=waits.pk).exists()
    assert JudgeJob.objects.filter(signal_id=waits.pk).count() == 5
    assert "could not be reached" in JudgeState.objects.get(endpoint=down).last_error
    assert re.search(
        r"Small · smollm2", html_of(client.get(f"/p/{project.slug}/signals/{chooses.uuid}/"))
    )
