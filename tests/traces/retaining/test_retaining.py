"""What a project keeps no longer goes; what it keeps, and every other project's, stays."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.utils import timezone

from signals_app import old_labels
from signals_app.labels import count_changes
from signals_app.models import Classification, LabelCount, Remark, Signal
from teams.models import AuditEntry, Project
from tests.every_value import holding
from tests.html import html_of
from tests.signals_app.labelled import label, new_signal
from tests.traces.arrivals import arrive, member, new_project, span, trace_called, trace_id_of, turn
from traces.ingest import log_writer
from traces.models import Agent, AgentTrace, Retention, Session, Span, SpanLog, Trace
from traces.records import LogRecord
from traces.retaining import old_traces, retaining
from traces.retaining.periods import Kept
from traces.store import partitions, reading, retention

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)
OLD, NEW = "zebrafinch", "woodpecker"


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def talk(project: Project, trace: str, said: str, at: datetime) -> UUID:
    words: dict[str, Any] = {
        "metadata": f'{{"note": "{said}"}}',
        "tag__tags": [said],
        "session__id": f"session of {trace}",
    }
    spans = turn(trace, at=at, said=f"{said} asks", answer=f"{said} hears", **words)
    failed = span(trace, "tool", "root", at=at, error=f"{said} failed", input__value=said)
    arrive(project, *spans, failed)
    log = LogRecord(trace_id_of(trace).bytes, b"12345678", "gen_ai.choice", 1, {"a": said}, said)
    log_writer.write(connection.connection, project.pk, [log], timezone.now())
    return trace_id_of(trace)


@pytest.fixture
def project(now: datetime) -> Project:
    """With an old trace and a young one, each with labels."""
    made = new_project()
    old = talk(made, "old", OLD, now - 40 * DAY)
    young = talk(made, "young", NEW, now - DAY)
    signal = new_signal(Agent.objects.get(project=made))
    label(signal, "true", target=old, at=now - 40 * DAY, explanation=f"{OLD} why", reason=OLD)
    label(signal, "true", target=young, at=now - DAY, explanation=f"{NEW} why", reason=NEW)
    for said, days in ((OLD, 40), (NEW, 1)):
        Remark.objects.create(
            project_id=made.pk, id=said, signal_id=signal.pk, scope="trace", target=old,
            label="true", comment=said, at=now - days * DAY, received_at=now,
        )  # fmt: skip
    return made


def keep(project: Project, now: datetime, **days: int | None) -> None:
    """Save the periods, and let the task come to its end."""
    periods = {kept: days.get(kept) for kept in Kept}
    retaining.save(project, periods, now)
    assert retaining.go_on(now)


def counts() -> dict[tuple[object, ...], int]:
    rows = LabelCount.objects.exclude(n=0).values_list("signal_id", "grain", "bucket", "label", "n")
    return {row[:-1]: row[-1] for row in rows}


def assert_counts_agree() -> None:
    before = counts()
    count_changes.recount()
    assert counts() == before


def test_old_traces_go_whole_and_their_labels_stay(project: Project, now: datetime) -> None:
    other = new_project("Other")
    talk(other, "old", "elsewhere", now - 40 * DAY)
    keep(project, now, traces=30)
    young = trace_id_of("young")
    assert [row.trace_id for row in Trace.objects.filter(project_id=project.pk)] == [young]
    for model in (Span, SpanLog, AgentTrace):
        rows = model.objects.filter(project_id=project.pk)
        assert set(rows.values_list("trace_id", flat=True)) == {young}, model
    kept = Session.objects.filter(project_id=project.pk).values_list("session_id", flat=True)
    assert list(kept) == ["session of young"]
    assert Classification.objects.count() == 2
    assert Span.objects.filter(project_id=other.pk).count() == 3


def test_old_texts_go_and_their_figures_stay(project: Project, now: datetime) -> None:
    before = trace_called(project, "old")
    keep(project, now, texts=30)
    held = holding([OLD])
    assert set(held) == {"classification.explanation", "classification.reason", "remark.id",
                         "remark.comment"}  # fmt: skip
    after = trace_called(project, "old")
    for column in ("name", "start_time", "end_time", "span_count", "input_tokens", "is_error"):
        assert getattr(after, column) == getattr(before, column), column
    assert after.text_gone_at is not None
    assert after.text_gone_at >= now
    spans = reading.spans_of_traces(project.pk, [after.trace_id])[after.trace_id]
    assert {one.name for one in spans} == {"root", "chat", "tool"}
    assert abs(spans[0].start_ns / 1e9 - after.start_time.timestamp()) < 1e-3
    assert trace_called(project, "young").text_gone_at is None


def test_the_pages_say_that_a_text_is_gone(client: Client, project: Project, now: datetime) -> None:
    keep(project, now, texts=30)
    client.force_login(member(project, "viewer"))
    page = html_of(client.get(f"/p/{project.slug}/traces/{trace_id_of('old').hex}/"))
    assert "by retention after 30 days" in page
    key = Session.objects.get(session_id="session of old").key.hex
    page = html_of(client.get(f"/p/{project.slug}/sessions/{key}/"))
    assert "The text of this turn was deleted" in page
    young = html_of(client.get(f"/p/{project.slug}/traces/{trace_id_of('young').hex}/"))
    assert "by retention" not in young


def test_late_words_of_an_old_trace_go_by_the_next_days_sweep(
    project: Project, now: datetime
) -> None:
    keep(project, now, texts=30)
    arrive(project, span("old", "late", "root", at=now - 40 * DAY, input__value=OLD))
    Trace.objects.update(last_received_at=now + timedelta(hours=1))
    assert "span.payload" in holding([OLD])
    retaining.go_on(now + timedelta(hours=2))
    assert "span.payload" in holding([OLD]), "once a day"
    retaining.go_on(now + DAY)
    assert "span.payload" not in holding([OLD])


def test_old_labels_go_with_what_they_count(project: Project, now: datetime) -> None:
    keep(project, now, labels=30)
    assert [row.explanation for row in Classification.objects.all()] == [f"{NEW} why"]
    assert [row.id for row in Remark.objects.all()] == [NEW]
    assert_counts_agree()
    assert sum(n for key, n in counts().items() if key[1] == "h") == 1


def test_old_explanations_go_and_labels_and_counts_stay(project: Project, now: datetime) -> None:
    before = counts()
    keep(project, now, explanations=30)
    texts = set(Classification.objects.values_list("explanation", "reason", "label"))
    assert texts == {("", "", "true"), (f"{NEW} why", NEW, "true")}
    assert set(Remark.objects.values_list("comment", flat=True)) == {"", NEW}
    assert counts() == before
    assert_counts_agree()


def test_a_sweep_that_is_cut_short_goes_on_where_it_was(
    project: Project, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(old_traces, "TRACES_AT_ONCE", 1)
    monkeypatch.setattr(old_labels, "LABELS_AT_ONCE", 2_000)
    signal = Signal.objects.get()
    for number in range(3):
        talk(project, f"older {number}", OLD, now - (50 + number) * DAY)
    label(signal, "true", 5, at=now - 50 * DAY, explanation=OLD)
    retaining.save(project, {Kept.TEXTS: 30, Kept.EXPLANATIONS: 30}, now)
    steps = 0
    while not retaining.go_on(now, work_s=0):
        steps += 1
        assert steps < 20
    assert steps >= 4
    assert Trace.objects.filter(text_gone_at=None).count() == 1
    assert Classification.objects.exclude(explanation="").count() == 1
    assert Retention.objects.get().cursors == {}


def test_a_week_is_dropped_once_no_project_has_a_span_in_it(
    project: Project, now: datetime
) -> None:
    week = partitions.week_of(now - 40 * DAY)
    with connection.cursor() as cursor:
        retention.drop_empty(now)
        assert week in partitions.existing(cursor)
        keep(project, now, traces=30)
        retention.drop_empty(now)
        assert week not in partitions.existing(cursor)
        assert partitions.week_of(now) in partitions.existing(cursor)
    talk(project, "again", OLD, now - 40 * DAY)
    assert Span.objects.filter(trace_id=trace_id_of("again")).count() == 3


@pytest.mark.parametrize(
    ("days", "field"),
    [
        ({"traces": 0}, "traces_days"),
        ({"labels": 4000}, "labels_days"),
        ({"traces": 91}, "traces_days"),
    ],
)
def test_what_cannot_be_kept_is_refused_at_its_field(
    project: Project, now: datetime, settings: Any, days: dict[str, int], field: str
) -> None:
    settings.RETENTION_DAYS = 90
    with pytest.raises(ValidationError) as refused:
        keep(project, now, **days)
    assert set(refused.value.message_dict) == {field}


# The page


def data_page(project: Project) -> str:
    return f"/p/{project.slug}/settings/data/"


def test_the_page_says_what_would_go_before_it_is_saved(client: Client, project: Project) -> None:
    client.force_login(member(project, "admin"))
    page = html_of(client.get(data_page(project), {"traces_days": "30", "labels_days": "400"}))
    assert "<strong>1 go</strong> at once" in page
    assert "nothing is that old yet" in page
    assert not Retention.objects.exists()
    given = {"traces_days": "30", "texts_days": "", "labels_days": "400", "explanations_days": ""}
    page = html_of(client.post(f"{data_page(project)}keep/", given, follow=True))
    assert 'name="traces_days" value="30"' in page
    assert retaining.of_project(project)[Kept.LABELS] == 400
    entry = AuditEntry.objects.last()
    assert entry is not None
    assert (entry.action, entry.after) == (
        "retention.changed", {"traces_days": 30, "labels_days": 400},
    )  # fmt: skip


@pytest.mark.parametrize("days", ["0", "soon", "99999"])
def test_bad_days_are_refused_at_their_field(client: Client, project: Project, days: str) -> None:
    client.force_login(member(project, "owner"))
    assert client.get(data_page(project), {"traces_days": days}).status_code == 422
    assert client.post(f"{data_page(project)}keep/", {"traces_days": days}).status_code == 422
    assert not Retention.objects.exists()


@pytest.mark.parametrize("role", ["member", "viewer"])
def test_members_and_viewers_may_not(client: Client, project: Project, role: str) -> None:
    client.force_login(member(project, role))
    assert client.post(f"{data_page(project)}keep/", {}).status_code == 403
