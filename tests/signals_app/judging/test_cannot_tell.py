"""What the judge cannot tell: a target without a label, counted by itself, shown on every page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from signals_app.judging.model_server import endpoints
from signals_app.judging.model_server.learned import Learned
from signals_app.labels import count_changes
from signals_app.models import Classification, LabelCount, Signal
from signals_app.queue import working
from signals_app.trials import trials
from tests.fake_judge import Answer, Request, verdict
from tests.html import html_of
from tests.signals_app import conversations
from tests.signals_app.conftest import StartJudge
from tests.traces.arrivals import member

Line = Callable[..., list[Classification]]
pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "The user's turns are missing from it."


def judge_of_three(request: Request) -> Answer:
    if "unknown" in request.text:
        return verdict("cannot tell", WORDS)
    return verdict("true", "It says so.")


@pytest.fixture
def signal(start_judge: StartJudge, run_line: Line, client: Client) -> Signal:
    """Three labels, and one target that the judge could not tell."""
    start_judge(judge_of_three)
    signal = conversations.signal(conversations.project())
    conversations.send_traces(signal.project, 3, now=timezone.now())
    conversations.send_traces(signal.project, 1, now=timezone.now(), asked="unknown")
    assert len(run_line(pumps=3)) == 4
    client.force_login(member(signal.project))
    return signal


def page(client: Client, signal: Signal, name: str = "signal", query: str = "") -> str:
    url = reverse(name, args=[signal.project.slug, signal.uuid]) + query
    response: Any = client.get(url)
    assert response.status_code == 200
    return b"".join(response).decode() if response.streaming else html_of(response)


def test_it_is_counted_by_itself_and_a_recount_agrees(signal: Signal) -> None:
    def counted() -> set[tuple[str, str, int]]:
        rows = LabelCount.objects.filter(grain="h", n__gt=0)
        return set(rows.values_list("outcome", "label", "n"))

    by_and_by = counted()
    assert by_and_by == {("labelled", "true", 3), ("skipped", "cannot_tell", 1)}
    count_changes.recount()
    assert counted() == by_and_by


def test_a_newer_revision_takes_it_out_of_the_counts(
    signal: Signal, start_judge: StartJudge, run_line: Line
) -> None:
    start_judge(lambda request: verdict("false"))
    unknown = Classification.objects.get(reason_code="cannot_tell")
    more = conversations.span(
        unknown.target.bytes, "now it is known", at=timezone.now() - timedelta(minutes=40)
    )
    conversations.send(signal.project, [more], timezone.now() - timedelta(minutes=40))
    run_line()
    left = LabelCount.objects.filter(outcome="skipped", n__gt=0)
    assert not left.exists()


def test_its_share_stands_on_the_signals_page_and_leads_to_the_rows(
    signal: Signal, client: Client
) -> None:
    shown = page(client, signal)
    assert "1 cannot tell</a> (25.0 % of what was answered)" in shown
    assert "outcome=cannot_tell" in shown
    assert "of 3 labels" in shown  # the denominator of the shares
    rows = page(client, signal, query="?outcome=cannot_tell")
    assert rows.count('<tr data-key="') == 1
    assert "Cannot tell: The user&#x27;s turns are missing from it." in rows
    assert '<tr data-key="' not in page(client, signal, query="?outcome=skipped")


def test_the_file_of_labels_has_its_reason_and_code(signal: Signal, client: Client) -> None:
    lines = page(client, signal, "signal_labels_csv", "?outcome=cannot_tell").splitlines()
    assert "reason_code" in lines[0].split(",")
    assert f"Cannot tell: {WORDS}" in lines[1]
    assert ",cannot_tell," in lines[1]


def test_why_says_that_the_judge_could_not_tell(signal: Signal, client: Client) -> None:
    unknown = Classification.objects.get(reason_code="cannot_tell")
    shown = page(client, signal, "signal_why", f"?target={unknown.target.hex}")
    assert "The judge could not tell, so it is in no rate." in shown
    assert "Cannot tell: The user&#x27;s turns are missing from it." in shown


def test_a_trial_counts_it_beside_its_labels(
    signal: Signal, client: Client, run_line: Line
) -> None:
    now = timezone.now()
    asked = trials.of_version(signal, signal.live_version)  # type: ignore[arg-type]
    trial = trials.start(asked, now - timedelta(days=1), now, 4, None, now)
    working.pump_for_a_while(5)
    assert trial.results.filter(outcome="skipped", reason_code="cannot_tell").count() == 1
    shown = html_of(client.get(reverse("trial", args=[signal.project.slug, trial.uuid])))
    assert "1 cannot tell" in shown


def test_what_else_is_skipped_stays_apart(signal: Signal, client: Client, run_line: Line) -> None:
    conversations.send_traces(signal.project, 2, now=timezone.now(), asked="", answered="")
    run_line()
    shown = page(client, signal)
    assert "2 skipped</a>" in shown
    assert page(client, signal, query="?outcome=skipped").count('<tr data-key="') == 2


def test_the_page_says_how_much_the_judge_reads(signal: Signal, client: Client) -> None:
    assert "The judge reads no more than" not in page(client, signal)
    endpoints.remember("model-1", Learned(room=900, context=4096, cuts=True), timezone.now())
    shown = page(client, signal)
    assert "The judge reads no more than 4,096 tokens." in shown
    assert "OLLAMA_CONTEXT_LENGTH" in shown
