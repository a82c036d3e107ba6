"""Labels as the explorer reads them: what its filters offer, which label counts, and how one is
shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from uuid import UUID

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from core.ids import span_id_hex
from core.ui.tones import UNLABELLED, tones
from signals_app.models import Classification, Outcome, Scope, Signal, SignalVersion
from teams.models import Project
from traces.extensions import Mark
from traces.search.id_list_or_scan import Named, named_by

Rows = TypeVar("Rows", bound=QuerySet[Any, Any])

NO_LABEL = "no label"


class AnyNumber(forms.MultipleChoiceField):
    """Any number of choices; the empty one, of a select that was left alone, is none."""

    def to_python(self, value: Any) -> list[str]:
        return [each for each in super().to_python(value) if each]


def versions_of(project: Project) -> QuerySet[SignalVersion]:
    """Return every version of a project's signals without its prompt, a signal's newest first."""
    return (
        SignalVersion.objects.filter(signal__project=project)
        .select_related("signal__agent")
        .defer("prompt")
        .order_by("signal__name", "signal", "-number")
    )


def with_versions(
    rows: Iterable[Classification],
) -> list[tuple[Classification, SignalVersion]]:
    """Return the classifications, each with the version that it was made by.

    The versions are read after the rows: one that is made between two questions is there.
    """
    given = list(rows)
    ids = {row.version_id for row in given}
    versions = SignalVersion.objects.select_related("signal").defer("prompt").in_bulk(ids)
    return [(row, versions[row.version_id]) for row in given if row.version_id in versions]


def label_field(versions: Iterable[SignalVersion]) -> AnyNumber:
    return AnyNumber(label="Label", required=False, choices=_choices(versions))


def _choices(versions: Iterable[SignalVersion]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return a group for each signal: the labels of all its versions, the newest version's
    first."""
    labels: dict[Signal, dict[str, None]] = {}
    for version in versions:
        labels.setdefault(version.signal, {}).update(dict.fromkeys(version.label_names))
    return [(_title(signal), _options(signal, labels[signal])) for signal in labels]


def _options(signal: Signal, names: Iterable[str]) -> list[tuple[str, str]]:
    each = [(f"{signal.uuid}:{name}", f"{signal.name} = {name}") for name in names]
    return [*each, (f"{signal.uuid}:", f"{signal.name}: {NO_LABEL}")]


def _title(signal: Signal) -> str:
    archived = " (archived)" if signal.state == Signal.State.ARCHIVED else ""
    return f"{signal.name} · {signal.agent.name}{archived}"


def narrowed(
    rows: Rows,
    project: Project,
    values: Iterable[str],
    column: str,
    naming: Callable[[Signal, list[str]], Named],
    bears_none: Callable[[Signal], Q],
) -> Rows:
    """Return the rows that the chosen labels leave. Labels of one signal are alternatives;
    different signals must all agree.

    `naming` says which rows, by `column`, bear one of the names; `bears_none` which have no label
    of the signal although it could have judged them.
    """
    wanted = _by_signal(values)
    if not wanted:
        return rows
    named: list[Named] = []
    for signal in Signal.objects.filter(project=project, uuid__in=wanted):
        names = [label for label in wanted[signal.uuid] if label]
        bearing = [naming(signal, names)] if names else []
        if len(names) == len(wanted[signal.uuid]):
            named += bearing
        else:
            some = named_by(*bearing, column=column) if bearing else Q()
            rows = rows.filter(bears_none(signal) | some)
    return rows.filter(named_by(*named, column=column))


def _by_signal(values: Iterable[str]) -> dict[UUID, list[str]]:
    wanted: dict[UUID, list[str]] = {}
    for value in values:
        uuid, _colon, label = value.partition(":")
        wanted.setdefault(UUID(uuid), []).append(label)
    return wanted


def labelled(signal: Signal, names: list[str] | None = None) -> QuerySet[Classification]:
    """Return the signal's labels that count; of these names, where there are some."""
    labels = current(signal.project_id).filter(signal_id=signal.pk, outcome=Outcome.LABELLED)
    return labels if names is None else labels.filter(~_judged_anew(), label__in=names)


def _judged_anew() -> Exists:
    """Ask whether a later version labelled the same target: then that label is the one that
    counts."""
    later = Classification.objects.filter(
        project_id=OuterRef("project_id"),
        target=OuterRef("target"),
        span_id=OuterRef("span_id"),
        signal_id=OuterRef("signal_id"),
        version_id__gt=OuterRef("version_id"),
        outcome=Outcome.LABELLED,
        is_current=True,
    )
    return Exists(later)


def current(project_id: int) -> QuerySet[Classification]:
    return Classification.objects.filter(project_id=project_id, is_current=True)


def newest(rows: Iterable[Classification]) -> list[Classification]:
    """Return one row for each signal and target: a label before a failure, a newer version before
    an older."""
    best: dict[tuple[int, UUID, int], Classification] = {}
    for row in sorted(rows, key=lambda row: (row.label is not None, row.version_id)):
        best[row.signal_id, row.target, row.span_id] = row
    return sorted(best.values(), key=lambda row: (row.signal_id, row.created_at))


def _tones(version: SignalVersion) -> dict[str, str]:
    return tones([(entry["name"], entry["sentiment"]) for entry in version.labels])


def mark(project: Project, version: SignalVersion, row: Classification) -> Mark:
    return Mark(
        title=version.signal.name,
        url=reverse("signal", args=[project.slug, version.signal.uuid]),
        scope=row.scope,
        label=row.label,
        tone=_tones(version).get(row.label or "", UNLABELLED),
        explanation=row.explanation,
        reason=row.reason or str(Outcome(row.outcome).label),
        judge=row.judge_model,
        judge_name=row.judge_name,
        span_id=span_id_hex(row.span_id) if row.scope == Scope.SPAN else "",
        at=row.created_at,
        note=f"The judge read it without {row.cut_chars:,} characters." if row.cut_chars else "",
        judged_by=version.signal.uuid,
        sentiment="" if row.label is None else version.sentiment_of(row.label),
    )
