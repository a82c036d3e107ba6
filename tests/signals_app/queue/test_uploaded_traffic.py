"""What was uploaded is history: no signal judges it by itself, a run does."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from signals_app.explain import facts, targets
from signals_app.models import JudgeJob, Signal
from signals_app.queue import queueing
from signals_app.targets import TargetRef
from teams.models import Project
from tests.signals_app.labelled import new_signal
from tests.traces.arrivals import span, trace_called, trace_id_of, turn
from tests.traces.uploading.files import otlp_line
from traces.ingest import writer
from traces.models import Agent, Session, Trace
from traces.records import SpanRecord
from traces.uploading.uploading import upload

pytestmark = pytest.mark.django_db
LONG_AGO = timezone.now() - timedelta(days=30)
SESSION = {"session__id": "s-1"}


@pytest.fixture
def signals(agent: Agent) -> list[Signal]:
    scopes = ("trace", "session", "span")
    return [new_signal(agent, name=scope, scope=scope, sample_rate=1.0) for scope in scopes]


def sent_live(project: Project, *spans: SpanRecord) -> None:
    connection.ensure_connection()
    writer.write(connection.connection, project.pk, spans, timezone.now())


def uploaded(project: Project, *spans: SpanRecord, now: datetime | None = None) -> None:
    content = io.BytesIO(otlp_line(*spans))
    assert upload(project, content, now=now or timezone.now()).spans_accepted


def queued_later() -> list[str]:
    """Let everything settle; the scopes of what is queued then, and is queued no more."""
    queueing.settle_and_queue(timezone.now() + timedelta(days=1))
    scopes = sorted(JudgeJob.objects.values_list("scope", flat=True))
    JudgeJob.objects.all().delete()
    return scopes


def test_uploaded_traces_and_sessions_settle_and_are_not_queued(
    project: Project, signals: list[Signal]
) -> None:
    uploaded(project, *turn("one", at=LONG_AGO, **SESSION))
    assert queued_later() == []
    assert trace_called(project, "one").settled_at is not None
    assert Session.objects.get(project_id=project.pk).settled_at is not None
    assert not Trace.objects.filter(due_at__isnull=False).exists()


def test_live_traffic_of_the_same_kind_is_queued(project: Project, signals: list[Signal]) -> None:
    sent_live(project, *turn("one", at=LONG_AGO, **SESSION))
    assert queued_later() == ["session", "span", "trace"]


def test_an_uploaded_trace_that_goes_on_live_is_judged(
    project: Project, signals: list[Signal]
) -> None:
    for is_settled in (False, True):
        name = f"trace {is_settled}"
        uploaded(project, *turn(name, at=LONG_AGO, session__id=name))
        if is_settled:
            assert queued_later() == []
        sent_live(project, span(name, "more", "root", at=LONG_AGO))
        assert queued_later() == ["session", "span", "trace"]


def test_what_is_uploaded_into_judged_traffic_does_not_have_it_judged_again(
    project: Project, signals: list[Signal]
) -> None:
    sent_live(project, *turn("one", at=LONG_AGO, **SESSION))
    assert queued_later() == ["session", "span", "trace"]
    uploaded(project, span("one", "more", "root", at=LONG_AGO))
    uploaded(project, *turn("two", at=LONG_AGO, **SESSION))
    assert queued_later() == []


def test_what_is_uploaded_into_traffic_that_waits_leaves_it_waiting(
    project: Project, signals: list[Signal]
) -> None:
    sent_live(project, *turn("one", at=LONG_AGO, **SESSION))
    uploaded(project, span("one", "more", "root", at=LONG_AGO))
    uploaded(project, *turn("two", at=LONG_AGO, **SESSION))
    assert queued_later() == ["session", "span", "trace"]


def test_a_session_that_waits_is_judged_though_history_of_it_is_uploaded_meanwhile(
    project: Project, signals: list[Signal], settings: Settings
) -> None:
    sent_live(project, *turn("one", at=LONG_AGO, **SESSION))
    soon = timezone.now() + timedelta(seconds=settings.TRACE_QUIET_S + 1)
    queueing.settle_and_queue(soon)
    uploaded(project, *turn("two", at=LONG_AGO, **SESSION), now=soon)
    assert Session.objects.get(project_id=project.pk).settled_at is None
    assert queued_later() == ["session", "span", "trace"]


def test_the_page_of_a_target_says_that_it_was_uploaded(
    project: Project, signals: list[Signal]
) -> None:
    uploaded(project, *turn("one", at=LONG_AGO))
    queued_later()
    known = targets.find(project.pk, TargetRef("trace", trace_id_of("one"), None))
    assert known is not None
    said = facts.answers(project, known, signals, timezone.now())
    kinds = {each.signal.scope: each.answer.kind.value for each in said}
    assert kinds["trace"] == "uploaded"
