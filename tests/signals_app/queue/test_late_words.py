"""Words of a model call that come as log records after it was judged: it is judged anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from signals_app.models import Classification
from tests.fake_judge import verdict
from tests.signals_app import conversations
from tests.signals_app.conftest import StartJudge
from traces.ingest import log_writer
from traces.records import LogRecord

Line = Callable[..., list[Classification]]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("scope", ["span", "trace"])
def test_a_call_whose_words_come_late_is_judged_by_them(
    start_judge: StartJudge, run_line: Line, scope: str
) -> None:
    judge = start_judge(lambda request: verdict("true", "The user says so."))
    project, early = conversations.project(), timezone.now() - timedelta(hours=1)
    conversations.signal(project, scope=scope)
    span = conversations.span(b"t" * 16, "", "", at=early)
    conversations.send(project, [span], early)
    assert [each.outcome for each in run_line()] == ["skipped"]
    said = {"content": "Where is my parcel?"}
    records = [LogRecord(span.trace_id, span.span_id, "gen_ai.user.message", 1, {}, said)]
    for _ in range(2):
        connection.ensure_connection()
        log_writer.write(connection.connection, project.pk, records, early)
        found = run_line()
        assert [(each.revision, each.outcome, each.is_current) for each in found] == [
            (1, "skipped", False),
            (2, "labelled", True),
        ]
    (asked,) = judge.requests
    assert "| Where is my parcel?" in asked.text
