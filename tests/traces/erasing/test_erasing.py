"""What is erased is gone from every table, counts agree, and everybody else's stays."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from api.models import IdempotentCall, TraceExport, TraceImport
from core.ids import session_key
from signals_app.labels import count_changes
from signals_app.models import (
    Classification,
    JudgeJob,
    LabelCount,
    Remark,
    Scope,
    Signal,
    Trial,
    TrialResult,
)
from teams.deletion import deleting
from teams.models import AuditEntry, Project
from tests.every_value import holding
from tests.signals_app.labelled import label, new_signal
from tests.traces.arrivals import arrive, new_project, settle, span, trace_id_of, turn
from traces.erasing import erasures, subjects
from traces.ingest import log_writer
from traces.models import Agent, Erasure, Session, Span, SpanLog, Trace
from traces.records import LogRecord

pytestmark = pytest.mark.django_db(transaction=True)

#: Who says what: the words of one person stand nowhere in another's traffic.
ADA, BOB = "ada-4711@example.org", "bob-0815@example.org"
SAID = "zebrafinch"
LATER = timedelta(minutes=10)


@pytest.fixture
def project() -> Project:
    return new_project()


def talk(project: Project, trace: str, user: str, session: str, said: str = SAID) -> UUID:
    """Send a turn with words in every place that a span has."""
    words: dict[str, Any] = {
        "user__id": user,
        "session__id": session,
        "metadata": f'{{"note": "{said} in metadata"}}',
        "tag__tags": [f"{said}-tag"],
    }
    spans = turn(trace, said=f"{said} asks", answer=f"{said} hears", **words)
    tool = span(trace, f"{said} tool", "root", error=f"{said} failed", input__value=said)
    arrive(project, *spans, tool)
    _log(project, trace, said)
    return trace_id_of(trace)


def _log(project: Project, trace: str, said: str) -> None:
    record = LogRecord(trace_id_of(trace).bytes, b"12345678", "gen_ai.choice", 1, {"a": said}, said)
    log_writer.write(connection.connection, project.pk, [record], timezone.now())


def judged(project: Project, trace: UUID, session: str, said: str = SAID) -> list[Signal]:
    """Say something of the trace and of its session in every way there is."""
    agent = Agent.objects.get(project=project)
    signals = list(Signal.objects.filter(project=project).order_by("pk"))
    if not signals:
        by_trace = new_signal(agent)
        by_session = new_signal(agent, "task_outcome", name="By session", scope=Scope.SESSION)
        signals = [by_trace, by_session]
    key = session_key(agent.pk, session)
    words: dict[str, Any] = {"explanation": f"{said} was angry", "reason": said}
    label(signals[0], "true", target=trace, is_current=False, **words)
    label(signals[0], "false", target=trace, revision=2, **words)
    label(signals[1], "completed", target=key, **words)
    now = timezone.now()
    Remark.objects.create(
        project_id=project.pk, id=f"remark {trace}", signal_id=signals[0].pk, scope="trace",
        target=trace, label="true", comment=said, at=now, received_at=now,
    )  # fmt: skip
    JudgeJob.objects.create(
        project_id=project.pk, id=trace.int % 2**40, team_id=1, signal_id=signals[0].pk,
        version_id=99, agent_id=agent.pk, scope="trace", target=trace, target_time=now,
        sample_rate=1, source="live", created_at=now, available_at=now, last_error=said,
    )  # fmt: skip
    trial = Trial.objects.create(
        project=project, agent=agent, scope="trace", type="binary", prompt="p", labels=[],
        start=now, end=now, asked_for=1, created_at=now,
    )  # fmt: skip
    TrialResult.objects.create(
        trial=trial, position=0, target=trace, target_time=now, explanation=said, wanted=said
    )
    return signals


def remembered(project: Project, user: str, trace: UUID) -> None:
    """Keep what the doors remember of a person's traffic."""
    now = timezone.now()
    TraceExport.objects.create(project=project, filter={"users": [user]}, created_at=now)
    for key, body in (("a", f'{{"user": "{user}"}}'), ("b", f'{{"trace": "{trace.hex}"}}')):
        IdempotentCall.objects.create(
            project=project, key=f"{key} {trace}", fingerprint="", body=body, created_at=now
        )


def erase(project: Project, kind: str, text: str, now: datetime | None = None) -> Erasure:
    """Ask for it and let the task run to the end."""
    now = now or timezone.now()
    erasure = erasures.begin(project, subjects.read(kind, text), None, now)
    assert erasures.go_on(now)
    erasure.refresh_from_db()
    assert erasure.finished_at is None, "something may be on its way"
    assert erasures.go_on(now + LATER)
    erasure.refresh_from_db()
    assert erasure.finished_at is not None
    return erasure


def counts() -> dict[tuple[object, ...], int]:
    rows = LabelCount.objects.exclude(n=0).values_list(
        "signal_id", "grain", "bucket", "version_id", "outcome", "label", "n"
    )
    return {row[:-1]: row[-1] for row in rows}


def assert_counts_agree() -> None:
    before = counts()
    count_changes.recount()
    assert counts() == before


def ada_and_bob(project: Project) -> tuple[UUID, UUID]:
    adas = talk(project, "ada 1", ADA, "chat-of-ada")
    bobs = talk(project, "bob 1", BOB, "chat-of-bob", "woodpecker")
    settle()
    judged(project, adas, "chat-of-ada")
    judged(project, bobs, "chat-of-bob", "woodpecker")
    remembered(project, ADA, adas)
    remembered(project, BOB, bobs)
    assert len(holding([SAID])) > 12, "the words stand in many places at first"
    return adas, bobs


def bobs_is_whole(project: Project, bobs: UUID) -> bool:
    at_all = [
        Span.objects.filter(project_id=project.pk, trace_id=bobs).count() == 3,
        SpanLog.objects.filter(project_id=project.pk, trace_id=bobs).count() == 1,
        Classification.objects.filter(target=bobs).count() == 2,
        Remark.objects.filter(target=bobs).count() == 1,
        TrialResult.objects.filter(target=bobs).count() == 1,
        JudgeJob.objects.filter(target=bobs).count() == 1,
        Session.objects.filter(session_id="chat-of-bob").count() == 1,
        TraceExport.objects.count() == 1,
        IdempotentCall.objects.count() == 2,
    ]
    return all(at_all)


@pytest.mark.parametrize("kind", ["user", "session", "trace"])
def test_no_row_is_left_and_everybody_elses_stays(project: Project, kind: str) -> None:
    adas, bobs = ada_and_bob(project)
    what = {"user": ADA, "session": "chat-of-ada", "trace": adas.hex}[kind]
    if kind != "user":  # which names no person
        TraceExport.objects.filter(filter__users=[ADA]).delete()
        IdempotentCall.objects.filter(body__contains=ADA).delete()
    erasure = erase(project, kind, what)
    assert holding([SAID, ADA, "chat-of-ada", str(adas)]) == []
    assert erasure.counts == {
        "traces": 1,
        "spans": 3,
        "logs": 1,
        "sessions": 1,
        "labels": 3,
        "remarks": 1,
        "waiting targets": 1,
        "results of trials": 1,
    }
    assert bobs_is_whole(project, bobs)
    assert_counts_agree()


def test_a_deleted_project_leaves_no_word_of_its_traffic(project: Project) -> None:
    kept = new_project("Kept")
    ada_and_bob(project)
    arrive(kept, *turn("kept", said="woodpecker"))
    now = timezone.now()
    deleting.delete_project(project, now)
    assert deleting.delete_marked(now + deleting.ON_ITS_WAY)
    assert holding([SAID, ADA, "chat-of-ada"]) == []
    assert Trace.objects.get().project_id == kept.pk


def test_the_preview_says_what_will_go_and_changes_nothing(project: Project) -> None:
    adas, _ = ada_and_bob(project)
    before = holding([SAID])
    shown = erasures.preview(project, subjects.read("user", ADA))
    assert shown.counts["traces"] == 1
    assert shown.counts["spans"] == 3
    assert shown.counts["labels"] == 3
    assert holding([SAID]) == before
    assert not erasures.preview(new_project("Other"), subjects.read("trace", adas.hex)).counts


def test_the_record_says_that_it_was_done_and_not_to_whom(project: Project) -> None:
    ada_and_bob(project)
    erasure = erase(project, "user", ADA)
    assert (erasure.subject, erasure.digest) == ("", subjects.read("user", ADA).digest)
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert actions[-2:] == ["erasure.begun", "erasure.finished"]
    assert erasure.digest[:16] in AuditEntry.objects.last().thing  # type: ignore[union-attr]


def test_turns_that_name_nobody_go_with_their_session_and_another_persons_stay(
    project: Project,
) -> None:
    """A conversation of two people keeps the words of the other one, and no judgement of both."""
    talk(project, "first", ADA, "shared")
    talk(project, "second", "", "shared")
    third = talk(project, "third", BOB, "shared", "woodpecker")
    judged(project, third, "shared", "woodpecker")
    label(Signal.objects.get(scope="session"), "partial", explanation=SAID, revision=3,
          is_current=False, target=session_key(Agent.objects.get().pk, "shared"))  # fmt: skip
    Session.objects.update(user_id=ADA)
    erase(project, "user", ADA)
    assert holding([SAID, ADA]) == []
    assert list(Trace.objects.values_list("trace_id", flat=True)) == [third]
    session = Session.objects.get()
    assert (session.session_id, session.user_id) == ("shared", None)
    assert not Classification.objects.filter(scope="session").exists()
    assert_counts_agree()


def test_a_trace_goes_in_which_any_span_names_the_person(project: Project) -> None:
    arrive(project, *turn("both", user__id=BOB), span("both", "late", "root", user__id=ADA))
    erase(project, "user", ADA)
    assert holding([ADA]) == []
    assert not Trace.objects.exists()


def test_what_was_on_its_way_is_found_before_the_record_is_closed(project: Project) -> None:
    talk(project, "a", ADA, "s")
    now = timezone.now()
    erasure = erasures.begin(project, subjects.read("user", ADA), None, now)
    erasures.go_on(now)
    talk(project, "b", ADA, "s")
    waiting = TraceImport.objects.create(project=project, name="f", size=1, created_at=now)
    erasures.go_on(now + LATER)
    assert not Trace.objects.exists()
    erasure.refresh_from_db()
    assert erasure.finished_at is None, "a file is being read"
    TraceImport.objects.filter(pk=waiting.pk).update(state="processed")
    erasures.go_on(now + LATER)
    done = Erasure.objects.get()
    assert (done.finished_at, done.counts["traces"]) == (now + LATER, 2)


def test_an_erasure_that_is_cut_short_goes_on(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasures, "TRACES_AT_ONCE", 1)
    for number in range(3):
        talk(project, f"t{number}", ADA, "s")
    now = timezone.now()
    erasures.begin(project, subjects.read("user", ADA), None, now)
    assert not erasures.go_on(now, work_s=0)
    assert Trace.objects.count() == 2
    while not erasures.go_on(now, work_s=0):
        pass
    assert not Trace.objects.exists()


@pytest.mark.parametrize(
    ("kind", "text"),
    [("user", "nobody"), ("user", " "), ("trace", "xyz"), ("trace", "0" * 32), ("agent", "a")],
)
def test_what_is_not_there_or_no_subject_is_refused(project: Project, kind: str, text: str) -> None:
    talk(project, "a", ADA, "s")
    with pytest.raises(ValidationError):
        erasures.begin(project, subjects.read(kind, text), None, timezone.now())
    assert not Erasure.objects.exists()


def test_the_same_is_not_asked_for_twice_and_never_of_another_project(project: Project) -> None:
    other = new_project("Other")
    talk(project, "a", ADA, "s")
    talk(other, "a", ADA, "s")
    erasures.begin(project, subjects.read("user", ADA), None, timezone.now())
    with pytest.raises(ValidationError, match="already"):
        erasures.begin(project, subjects.read("user", ADA), None, timezone.now())
    erasures.go_on(timezone.now())
    assert [trace.project_id for trace in Trace.objects.all()] == [other.pk]
    assert Span.objects.filter(project_id=other.pk).count() == 3
