"""Of what goes wrong with judging the operator finds a line with ids in the log."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from signals_app.definition import states
from signals_app.judging.model_server import endpoints
from signals_app.judging.questions import failed
from signals_app.models import Signal
from signals_app.queue import completing, jobs, working
from signals_app.queue.completing import Done
from tests.signals_app import conversations

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def signal() -> Signal:
    """A signal with one settled trace waiting for it."""
    signal = conversations.signal(conversations.project())
    conversations.send_traces(signal.project, 1, now=timezone.now())
    working.sweep_once(timezone.now() + timedelta(minutes=10))
    return signal


def claimed() -> jobs.Job:
    (job,) = jobs.claim(1, timezone.now() + timedelta(minutes=10))
    return job


def test_a_signal_that_stops_itself(signal: Signal, caplog: pytest.LogCaptureFixture) -> None:
    states.block(signal.pk, "No such model\nERROR", timezone.now())
    states.block(signal.pk, "No such model", timezone.now())
    ids = f"project={signal.project_id} signal={signal.pk}"
    assert caplog.messages == [f'signal stopped itself: {ids} reason="No such model\\nERROR"']


def test_an_endpoint_that_rests_and_answers_again(caplog: pytest.LogCaptureFixture) -> None:
    now = timezone.now()
    for second in range(3):  # each try of an outage makes the rest longer, and no line
        endpoints.rest("m", now + timedelta(seconds=second + 1), "no route", now)
    endpoints.note_success("m", now + timedelta(seconds=5))
    endpoints.note_success("m", now + timedelta(seconds=6))
    begin, end = caplog.messages
    assert begin.startswith('judge endpoint rests: model="m" until="20')
    assert begin.endswith('reason="no route"')
    assert end == 'judge endpoint answers again: model="m"'
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_a_target_that_is_given_up(signal: Signal, caplog: pytest.LogCaptureFixture) -> None:
    job = claimed()
    completing.complete([Done(job, failed("It timed out."))], timezone.now())
    (message,) = caplog.messages
    assert message.startswith(f"target given up: project={signal.project_id} signal={signal.pk} ")
    assert f'{job.scope}="{job.target.hex}"' in message
    assert message.endswith('reason="It timed out."')


def test_a_lease_that_ran_out(signal: Signal, caplog: pytest.LogCaptureFixture) -> None:
    job = claimed()
    working.reap(timezone.now() + timedelta(days=1))
    (message,) = caplog.messages
    assert message.startswith(f"lease of a target lost: project={signal.project_id} ")
    assert f'{job.scope}="{job.target.hex}" attempts=1' in message


@pytest.fixture(autouse=True)
def _lines_of_all_levels(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
