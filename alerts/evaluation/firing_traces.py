"""The traces behind a firing: those whose labels its window counted."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Max, Min, QuerySet
from django.urls import reverse

from alerts.decision.rule import Metric, Operator
from alerts.models import Alert, Firing
from core.time_range.moments import utc_text
from signals_app.definition.versions import current_version
from signals_app.models import Classification, Outcome, Scope, Source
from traces.models import AgentTrace, Trace

#: An address has no fractions of a second: the end lies beyond the last start.
MINUTE = timedelta(minutes=1)


def url_of(alert: Alert, firing: Firing) -> str:
    """Return the address of the list of traces, narrowed to the labels that made it fire and to
    when those began.

    Labels count when they are given, traces stand where they began: minutes or hours before.
    """
    names = labels_of(alert, firing)
    since, until = began(alert, firing, names)
    query = [("label", f"{alert.signal.uuid}:{name}") for name in names]
    query += [("range", "custom"), ("since", utc_text(since)), ("until", utc_text(until + MINUTE))]
    return f"{reverse('traces', args=[alert.project.slug])}?{urlencode(query)}"


def labels_of(alert: Alert, firing: Firing) -> list[str]:
    """Return the label that was watched; the others where its share fell, since they took its
    place; all of them for volume."""
    names = current_version(alert.signal).label_names
    if firing.metric == Metric.LABEL_VOLUME:
        return names
    if Metric(firing.metric).is_share and firing.operator == Operator.LTE:
        return [name for name in names if name != firing.watched]
    return [firing.watched]


def began(alert: Alert, firing: Firing, names: list[str]) -> tuple[datetime, datetime]:
    """Return the first and the last start of their traces; the window itself where there is
    none."""
    rows = counted(alert, firing, names)
    limits = _starts(alert, rows).aggregate(first=Min("start_time"), last=Max("start_time"))
    return limits["first"] or firing.start, limits["last"] or firing.at


def counted(alert: Alert, firing: Firing, names: list[str]) -> QuerySet[Classification]:
    return Classification.objects.filter(
        project_id=alert.project_id,
        signal_id=alert.signal_id,
        counted_at__gte=firing.start,
        counted_at__lt=firing.at,
        is_current=True,
        source=Source.LIVE,
        outcome=Outcome.LABELLED,
        label__in=names,
    )


def _starts(alert: Alert, rows: QuerySet[Classification]) -> QuerySet[Trace] | QuerySet[AgentTrace]:
    targets = rows.values("target")
    if alert.signal.scope != Scope.SESSION:
        return Trace.objects.of_project(alert.project_id).filter(trace_id__in=targets)
    runs = AgentTrace.objects.of_project(alert.project_id).of_agent(alert.signal.agent_id)
    return runs.of_session_keys(targets)
