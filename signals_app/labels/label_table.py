"""The table of classified targets on a signal's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.urls import reverse

from core.ids import span_id_hex
from core.paging import PAGE_SIZE, Cursor, Page, Pager
from signals_app.definition.versions import current_version
from signals_app.labels import outcomes
from signals_app.labels.breakdown import label_names, tone_of
from signals_app.labels.queries import LabelQuery
from signals_app.models import Classification, Scope, Signal, SignalVersion
from teams.models import Project
from traces.models import AgentTrace, Session, Trace

#: A signal's labels, those that counted last first.
PAGES = Pager("counted_at", "-id", int)
COLUMNS = (
    "project_id", "id", "version_id", "scope", "target", "span_id", "source", "outcome",
    "label", "explanation", "reason", "reason_code", "counted_at", "cut_chars", "judge_name",
    "judge_model",
)  # fmt: skip


@dataclass(frozen=True)
class TargetRow:
    """A classification with the way to what it is about."""

    row: Classification
    version: SignalVersion
    tone: str
    title: str
    url: str
    id_in_words: str  # of a session, whose title is what was asked first; else ""


def classified(signal: Signal, query: LabelQuery) -> QuerySet[Classification]:
    """Return the current classifications of a signal that the query names, in no order."""
    matching = Classification.objects.filter(
        project_id=signal.project_id,
        signal_id=signal.pk,
        counted_at__gte=query.start,
        counted_at__lt=query.end,
        is_current=True,
    )
    if query.label:
        matching = matching.filter(label=query.label)
    if query.source:
        matching = matching.filter(source=query.source)
    if query.outcome:
        matching = outcomes.narrowed(matching, query.outcome)
    if query.version:
        versions = signal.versions.filter(number=query.version)
        matching = matching.filter(version_id__in=versions.values("pk"))
    return matching.only(*COLUMNS)


def offered(signal: Signal) -> tuple[list[str], list[int]]:
    """Return the labels and the numbers of versions that the signal has had, the live one's labels
    and the newest version first."""
    versions = list(signal.versions.defer("prompt").order_by("-number"))
    given = {name for each in versions for name in each.label_names}
    return label_names(current_version(signal), given), [each.number for each in versions]


def check(signal: Signal, query: LabelQuery) -> None:
    """Raise ValidationError by field for a label or a version that the signal never had."""
    labels, versions = offered(signal) if query.label or query.version is not None else ([], [])
    errors = {}
    if query.label and query.label not in labels:
        errors["label"] = [f"Choose one of {', '.join(labels)}."]
    if query.version is not None and query.version not in versions:
        errors["version"] = [f"There are versions 1 to {versions[0]}."]
    if errors:
        raise ValidationError(errors)


def page_of(
    signal: Signal,
    query: LabelQuery,
    older: Cursor | None = None,
    newer: Cursor | None = None,
    size: int = PAGE_SIZE,
) -> Page[Classification]:
    """Return the page of a signal's classifications beside a cursor, else the first one."""
    return PAGES.page(classified(signal, query), older, newer, size, query.oldest_first)


def target_rows(
    project: Project, signal: Signal, classifications: Sequence[Classification]
) -> list[TargetRow]:
    versions = {version.pk: version for version in signal.versions.defer("prompt")}
    targets = {row.target for row in classifications}
    names = names_of(project.pk, signal.scope, targets)
    asked = asked_first(project.pk, targets) if signal.scope == Scope.SESSION else {}
    return [
        TargetRow(
            row=row,
            version=versions[row.version_id],
            tone=tone_of(versions[row.version_id], row.label or ""),
            title=asked.get(row.target) or names.get(row.target, "no longer stored"),
            url=target_url(project, row),
            id_in_words=names.get(row.target, "") if asked.get(row.target) else "",
        )
        for row in classifications
    ]


def target_url(project: Project, row: Classification) -> str:
    """Return the address of the trace, at the span where it is about one, or of the session."""
    if row.scope == Scope.SESSION:
        return reverse("session", args=[project.slug, row.target])
    url = reverse("trace", args=[project.slug, row.target])
    return f"{url}?span={span_id_hex(row.span_id)}" if row.scope == Scope.SPAN else url


def asked_first(project_id: int, keys: set[UUID]) -> dict[UUID, str]:
    """Return by session what its first trace was asked, where that is known."""
    of_sessions = AgentTrace.objects.of_project(project_id).filter(session_key__in=keys)
    first = of_sessions.order_by("session_key", "start_time").distinct("session_key")
    sessions = dict(first.values_list("trace_id", "session_key"))
    traces = Trace.objects.filter(project_id=project_id, trace_id__in=sessions)
    asked = traces.values_list("trace_id", "input_preview")
    return {key: text for trace_id, text in asked if (key := sessions[trace_id]) and text}


def names_of(project_id: int, scope: str, targets: set[UUID]) -> dict[UUID, str]:
    """Return by target what was asked in the trace, else its name; the id of a session."""
    if scope == Scope.SESSION:
        sessions = Session.objects.filter(project_id=project_id, key__in=targets)
        return dict(sessions.values_list("key", "session_id"))
    traces = Trace.objects.filter(project_id=project_id, trace_id__in=targets)
    rows = traces.values_list("trace_id", "input_preview", "name")
    return {trace_id: preview or name for trace_id, preview, name in rows}
