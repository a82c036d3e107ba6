"""A failed target can be judged again, and its failure no longer counts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from signals_app.labels import count_changes
from signals_app.models import Classification, LabelCount
from signals_app.runs import retries
from tests.fake_judge import verdict
from tests.signals_app import conversations
from tests.signals_app.conftest import StartJudge

Line = Callable[..., list[Classification]]


@pytest.mark.django_db(transaction=True)
def test_failed_targets_are_judged_again_and_labels_are_left_alone(
    start_judge: StartJudge, run_line: Line
) -> None:
    judge = start_judge([verdict("nonsense")])
    project = conversations.project()
    signal = conversations.signal(project)
    conversations.send_traces(project, 2, now=timezone.now())
    assert {each.outcome for each in run_line()} == {"failed"}
    judge.script = [verdict("true")]
    conversations.send_traces(project, 1, now=timezone.now())
    run_line()
    assert retries.retry_failed(signal, timezone.now()) == 2
    assert [(each.outcome, each.label) for each in run_line()] == [("labelled", "true")] * 3
    assert retries.retry_failed(signal, timezone.now()) == 0
    kept = set(LabelCount.objects.exclude(n=0).values_list("grain", "outcome", "bucket", "n"))
    count_changes.recount()
    assert kept == set(LabelCount.objects.values_list("grain", "outcome", "bucket", "n"))
