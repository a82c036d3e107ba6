"""Alerts: what is watched, what fired, and what a rule would have done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from django.core.exceptions import ValidationError
from django.utils import timezone
from pydantic import Field

from alerts import editing
from alerts.decision import advice
from alerts.decision.rule import Rule
from alerts.delivery.firing_facts import rule_of
from alerts.editing import Condition, Told
from alerts.evaluation import backtesting, firing_traces, label_rates
from alerts.evaluation.backtesting import Replayed
from alerts.models import Alert, Firing
from alerts.text import wording
from api.mcp import answers, arguments, signal_text, token_budget
from api.mcp.answers import call
from api.mcp.arguments import CursorArg, LimitArg, RangeArg, SignalArg, Text
from api.mcp.fencing import one_line
from api.mcp.registry import ADDS, READS, tool
from api.mcp.tools.project import USUAL_ROWS
from api.rest.callers import Caller
from api.shapes import links
from core.paging import Pager, page_of_keys
from signals_app.definition.versions import current_version
from signals_app.models import Signal

#: Every minute of it is evaluated.
LONGEST_REPLAY = timedelta(days=31)
LATELY = timedelta(days=7)
FIRINGS = Pager("at", "-id", int)

MetricArg = Annotated[
    Literal["", "true_rate", "value_share", "value_count", "label_volume"],
    Field(description="Empty: what suggests itself for the signal."),
]
ComparisonArg = Literal["pct_change", "absolute"]
OperatorArg = Literal["gte", "lte"]
ThresholdArg = Annotated[
    float,
    Field(description="pct_change: percent (20, -20); absolute share: 0 to 1; else a number."),
]
WindowArg = Literal["5m", "10m", "15m", "30m", "1h", "3h", "6h", "24h", "48h"]
CooldownArg = Literal[0, 15, 60, 360, 1440]


@tool(READS, call("list_alerts"))
def list_alerts(
    caller: Caller,
    signal: SignalArg = "",
    state: Literal["", "on", "paused", "archived"] = "",
    cursor: CursorArg = "",
    limit: LimitArg = USUAL_ROWS,
) -> str:
    """List alerts: what each watches, how it stands now, and when it fired last. Archived ones only
    with state=archived."""
    alerts = Alert.objects.of_project(caller.project.pk)
    alerts = alerts.filter(state=state) if state else alerts.exclude(state="archived")
    if signal:
        alerts = alerts.filter(signal=arguments.signal(caller.project, signal))
    keys = list(alerts.order_by("name", "pk").values_list("uuid", flat=True))
    page = page_of_keys(keys, older=arguments.uuid_of(cursor), size=limit)
    shown = alerts.with_firings(timezone.now() - LATELY).select_related("signal")
    rows = {alert.uuid: alert for alert in shown.filter(uuid__in=page.keys)}

    def foot(count: int) -> list[str]:
        left = len(keys) - page.first + 1 - count
        if left <= 0:
            return [f"Next: {call('get_firings', alert='<id>')} says what fired."]
        last = str(page.keys[count - 1]) if count else cursor
        more = call("list_alerts", signal=signal, state=state, cursor=last, limit=limit)
        return [f"{left:,} more: {more}"]

    head = [
        f"{len(keys):,} alerts:" if keys else "No alerts. " + call("create_alert", signal="<id>")
    ]
    most = token_budget.PAGE if limit <= USUAL_ROWS else token_budget.MOST
    lines = [_alert_line(rows[key]) for key in page.keys if key in rows]
    return answers.listed(head, lines, foot, most=most, is_fenced=False)


@tool(ADDS, call("backtest_alert", signal="<id>"))
def create_alert(
    caller: Caller,
    signal: SignalArg,
    name: Text = "",
    metric: MetricArg = "",
    label: Text = "",
    comparison: ComparisonArg = "pct_change",
    operator: OperatorArg = "gte",
    threshold: ThresholdArg = 20,
    window: WindowArg = "24h",
    min_labels: int = 0,
    cooldown_min: CooldownArg = 0,
    guard: bool = True,
    webhook_url: Text = "",
) -> str:
    """Make an alert that looks at a signal's labels every minute and tells the team by e-mail when
    its condition holds. value_share and value_count watch one label, pct_change compares with the
    window before, guard holds back what chance alone could do. backtest_alert first."""
    found = arguments.signal(caller.project, signal)
    given = (metric, comparison, operator, threshold, window)
    condition = _wanted(found, Condition(*given, label, min_labels, cooldown_min, guard))
    wanted = name or wording.headline(condition.rule)[: editing.MAX_NAME_CHARS]
    told = Told(webhook_url=webhook_url)
    made = editing.create(found, wanted, condition, told, caller.user)
    page = links.page("alert", caller.project.slug, made.uuid)
    warnings = advice.warnings(made.rule, current_version(found), _labels_a_day(found))
    usual = "" if metric else " (what suggests itself)"
    lines = [f"Made: {made.name}, id={made.uuid}, on{usual}.", wording.condition(made.rule)]
    lines += [f"Mind: {each.text}" for each in warnings]
    undo = links.whole(f"/api/v1/alerts/{made.uuid}/archive")
    lines += [f"Page: {page}", f"Undo: POST {undo} with the same key, or archive it on its page."]
    return "\n".join([*lines, f"Next: {call('backtest_alert', alert=str(made.uuid))}"])


@tool(READS, call("list_signals"))
def backtest_alert(
    caller: Caller,
    signal: SignalArg = "",
    alert: Annotated[Text, Field(description="Id: replay its rule.")] = "",
    metric: MetricArg = "",
    label: Text = "",
    comparison: ComparisonArg = "pct_change",
    operator: OperatorArg = "gte",
    threshold: ThresholdArg = 20,
    window: WindowArg = "24h",
    min_labels: int = 0,
    cooldown_min: CooldownArg = 0,
    guard: bool = True,
    range: RangeArg = "14d",
    with_runs: Annotated[bool, Field(description="Labels of runs count, too.")] = False,
) -> str:
    """Say when a rule would have fired on the labels of the past: of an alert, or one not saved
    yet for a signal. Saves nothing."""
    now = timezone.now()
    since, until = arguments.bounds(range, now)
    if until - since > LONGEST_REPLAY:
        raise ValidationError({"range": [f"At most {LONGEST_REPLAY.days} days."]})
    if alert:
        saved = arguments.alert(caller.project, alert)
        done = backtesting.replay(saved.signal, saved.rule, since, until, now, with_runs)
        page = links.page("alert", caller.project.slug, saved.uuid)
        return _replayed(done, f"Page: {page}\nNext: {call('get_firings', alert=alert)}")
    found = arguments.signal(caller.project, signal)
    given = (metric, comparison, operator, threshold, window)
    condition = _wanted(found, Condition(*given, label, min_labels, cooldown_min, guard))
    done = backtesting.replay(found, condition.rule, since, until, now, with_runs)
    names = ("metric", "label", "comparison", "operator", "threshold", "window")
    same = {each: getattr(condition, each) for each in names}
    nexts = call("create_alert", signal=str(found.uuid), **same, guard=condition.guard)
    return _replayed(done, f"{signal_text.page_of(found)}\nNext: {nexts}")


@tool(READS, call("list_alerts"))
def get_firings(
    caller: Caller,
    alert: Annotated[Text, Field(description="Id; empty: of all alerts.")] = "",
    range: RangeArg = "7d",
    cursor: CursorArg = "",
    limit: LimitArg = USUAL_ROWS,
) -> str:
    """List when alerts fired, the newest first: the numbers that made them, and the call that shows
    the targets behind each."""
    since, until = arguments.bounds(range, timezone.now())
    firings = Firing.objects.of_project(caller.project.pk).filter(at__gte=since, at__lt=until)
    if alert:
        firings = firings.filter(alert=arguments.alert(caller.project, alert))
    older = arguments.place(FIRINGS, cursor)
    page = FIRINGS.page(firings.select_related("alert__signal"), older, size=limit)
    lines = [_firing_line(each) for each in page.rows]

    def foot(shown: int) -> list[str]:
        more = FIRINGS.shortened(page, 0, shown).older if shown else ""
        again = call("get_firings", alert=alert, range=range, cursor=more, limit=limit)
        where = f"Page: {links.page('alerts', caller.project.slug)}"
        return [*([f"More: {again}"] if more else []), where]

    head = [f"{len(lines)} firings, newest first:" if lines else f"Nothing fired in {range}."]
    most = token_budget.PAGE if limit <= USUAL_ROWS else token_budget.MOST
    return answers.listed(head, lines, foot, most=most, is_fenced=False)


def _wanted(signal: Signal, given: Condition) -> Condition:
    """Return the condition that is given, or what suggests itself where it names no metric.

    Raises ValidationError by field.
    """
    version = current_version(signal)
    if not given.metric:
        given = _of_rule(advice.default(version, _labels_a_day(signal)))
    if errors := editing.errors_of_condition(given, version):
        raise ValidationError(errors)
    return given


def _of_rule(rule: Rule) -> Condition:
    return Condition(
        metric=rule.metric.value,
        comparison=rule.comparison.value,
        operator=rule.operator.value,
        threshold=rule.threshold,
        window=wording.NAMES[rule.window],
        label=rule.label,
        min_labels=rule.min_labels,
        cooldown_min=int(rule.cooldown / timedelta(minutes=1)),
        guard=rule.guard,
    )


def _labels_a_day(signal: Signal) -> float:
    return label_rates.labels_a_day(signal.project, [signal], timezone.now())[signal.pk]


def _alert_line(alert: Any) -> str:
    said = f"- {one_line(alert.name)} id={alert.uuid}, {alert.state}, signal"
    said += f" {one_line(alert.signal.name, 60)}: {wording.headline(alert.rule)}"
    said += f"; now {Alert.Standing(alert.standing).label.lower()}"
    if alert.value is not None:
        said += f" at {wording.value(alert.metric, alert.value)}"
    if alert.standing_reason:
        said += f" ({one_line(alert.standing_reason, 120)})"
    return (
        said + f"; fired {alert.firings_since} times in 7d, last {answers.moment(alert.last_fired)}"
    )


def _firing_line(firing: Firing) -> str:
    alert = firing.alert
    said = f"- {answers.moment(firing.at)} {one_line(alert.name, 80)}:"
    said += f" {wording.headline(rule_of(firing))}; it was"
    said += f" {wording.value(firing.metric, firing.value)} of {firing.labels:,} labels"
    if firing.baseline is not None:
        said += f", before {wording.value(firing.metric, firing.baseline)}"
    if firing.version_note:
        said += f". {one_line(firing.version_note, 160)}"
    span = f"{answers.moment(firing.start)}/{answers.moment(firing.at)}"
    labels: Sequence[str] = firing_traces.labels_of(alert, firing)
    label = labels[0] if len(labels) == 1 else ""
    see = call("list_labels", signal=str(alert.signal.uuid), label=label, range=span)
    return f"{said}; behind it: {see}"


def _replayed(done: Replayed, foot: str) -> str:
    found = done.found
    times: Sequence[datetime] = [event.at for event in found.firings]
    lines = [
        f"{wording.condition(done.rule)}",
        f"From {answers.moment(done.since)} to {answers.moment(done.until)} it would have fired"
        f" {len(times)} times; {len(found.suppressed)} more were suppressed by the cooldown,"
        f" {len(found.held)} held back by the guard.",
    ]
    if times:
        more = f" and {len(times) - 20} more" if len(times) > 20 else ""
        lines.append("At: " + ", ".join(map(answers.moment, times[-20:])) + more)
    total = len(found.points) or 1
    for reason, n in sorted(found.missing.items(), key=lambda item: -item[1])[:4]:
        lines.append(
            f"Not evaluable in {answers.share(n, total)} of minutes: {wording.MISSING[reason]}"
        )
    return "\n".join([*lines, foot])
