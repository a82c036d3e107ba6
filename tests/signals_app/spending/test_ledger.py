"""What judging took is written down once, with the answer, and stays."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from signals_app.judging.questions import Ruling, Usage, skipped
from signals_app.labels.taking_back import take_back
from signals_app.models import JudgeJob, JudgeSpend, Signal
from signals_app.queue import completing, jobs, queueing
from signals_app.queue.completing import Done
from signals_app.spending import ledger
from tests.signals_app.labelled import label
from tests.signals_app.waiting import job_of
from tests.traces.arrivals import trace_id_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 11, 12, 7, tzinfo=UTC)


def rows() -> list[tuple[Any, ...]]:
    names = ("bucket", "signal_id", "source", "kind", "n", "priced", "told", "told_cached")
    sums = ("input_tokens", "cached_tokens", "output_tokens", "cost_usd")
    return sorted(JudgeSpend.objects.values_list(*names, *sums))


def judged(signal: Signal, count: int, ruling: Ruling) -> None:
    now = timezone.now()
    waiting = [job_of(signal, trace_id_of(f"{ruling.label}{n}"), now) for n in range(count)]
    queueing.insert(waiting, now)
    claimed = jobs.claim(count, now)
    completing.complete([Done(job, ruling) for job in claimed], NOW)


def test_an_answer_is_written_with_its_tokens_and_money(signal: Signal) -> None:
    judged(signal, 2, Ruling("labelled", label="true", usage=Usage(100, 7, 60), cost_usd=0.25))
    judged(signal, 1, skipped("Nothing there."))
    quarter = NOW.replace(minute=0)
    assert [row[0:1] + row[2:] for row in rows()] == [
        (quarter, "live", "labelled", 2, 2, 2, 2, 200, 120, 14, 0.5),
        (quarter, "live", "skipped", 1, 0, 0, 0, 0, 0, 0, 0.0),
    ]
    assert not JudgeJob.objects.exists()


def test_a_lease_that_was_lost_writes_nothing(signal: Signal) -> None:
    now = timezone.now()
    queueing.insert([job_of(signal, trace_id_of("a"), now)], now)
    lost = jobs.claim(1, now)
    JudgeJob.objects.update(lease_token=None)
    completing.complete([Done(job, Ruling("labelled", label="true")) for job in lost], NOW)
    assert (len(lost), rows()) == (1, [])


def test_what_is_taken_back_has_cost_what_it_cost(signal: Signal) -> None:
    label(signal, None, 3, cost_usd=0.5)
    before = rows()
    take_back("project_id = %(project)s", {"project": signal.project_id})
    assert rows() == before


def test_rebuilt_from_labels_it_is_what_it_was(signal: Signal) -> None:
    judged(signal, 2, Ruling("labelled", label="true", usage=Usage(100, 7, 60), cost_usd=0.25))
    before = rows()
    ledger.rebuild()
    assert rows() == before
