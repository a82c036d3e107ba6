"""A day's report in words and lengths: the one source of text, HTML and Slack message. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from alerts.overview.chart import Chart, chart
from alerts.overview.due_times import Day
from alerts.overview.report import Card, Move, Report, Spend
from alerts.text.wording import MINUS, change
from core.ui import wording
from core.ui.tones import UNLABELLED as NO_TONE
from signals_app.labels import breakdown
from signals_app.models import Sentiment, Signal, SignalVersion

MOST_CARDS = 10
MOST_SHARES = 5
CHANCE = (
    "“More than chance”: over all shares compared, one day in twenty without any change would show "
    "such a move. Shares are at equal sampling. Manual runs are in the spend alone."
)


@dataclass(frozen=True, slots=True)
class Links:
    """Absolute addresses. unsubscribe: "" where whoever reads must sign in to stop it."""

    signals: str
    signal: Mapping[UUID, str]
    manage: str
    unsubscribe: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """A label's share of the day. change: against the day before; is_clear: more than chance."""

    label: str
    tone: str
    share: str
    change: str
    is_clear: bool


@dataclass(frozen=True, slots=True)
class Fill:
    """A piece of the breakdown's bar. width: per cent."""

    tone: str
    width: float


@dataclass(frozen=True, slots=True)
class Section:
    """One signal's card, in words. facts: firings, targets without a label, spend."""

    name: str
    url: str
    about: str
    volume: str
    volume_change: str
    fills: tuple[Fill, ...]
    bar_text: str
    shares: tuple[Share, ...]
    more_shares: int
    facts: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Letter:
    """nothing: the whole message where there is nothing to report, else ""."""

    subject: str
    project: str
    date: str
    zone: str
    nothing: str
    headline: str
    detail: str
    hours: str
    totals: tuple[tuple[str, str], ...]
    chart: Chart | None
    sections: tuple[Section, ...]
    more: int
    footnote: str
    links: Links


def letter(project: str, report: Report, zone: ZoneInfo, links: Links) -> Letter:
    headline, detail = _mover(report)
    shown = report.cards[:MOST_CARDS]
    return Letter(
        subject=_subject(project, report),
        project=project,
        date=_date(report.day),
        zone=_zone(report.day, zone),
        nothing=_nothing(report) if report.is_empty else "",
        headline=headline,
        detail=detail,
        hours=_hours(report.day),
        totals=_totals(report),
        chart=chart(report.bars, zone),
        sections=tuple(_section(card, report.day, links) for card in shown),
        more=len(report.cards) - len(shown),
        footnote=CHANCE,
        links=links,
    )


def _date(day: Day) -> str:
    return f"{day.date:%A} {day.date.day} {day.date:%B %Y}"


def _zone(day: Day, zone: ZoneInfo) -> str:
    """ "Europe/Berlin (CET)", or "UTC"."""
    name = f"{day.start.astimezone(zone):%Z}"
    return zone.key if name == zone.key else f"{zone.key} ({name})"


def _subject(project: str, report: Report) -> str:
    if report.is_empty:
        return f"{project}: nothing to report for {report.day.date:%a} {report.day.date.day}" + (
            f" {report.day.date:%b}"
        )
    total = f"{wording.number(report.labels)} classified"
    if report.top and report.top[1].is_clear:
        return f"{project}: {total}, {_in_sentence(_moved(*report.top))}"
    return f"{project}: {total}, no clear change"


def _in_sentence(text: str) -> str:
    """ "User frustration up" → "user frustration up"; "NSFW up" stays."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _moved(card: Card, move: Move) -> str:
    """ "User frustration up 3.1 points", "Task outcome “failed” down 2 points"."""
    way = "up" if move.points > 0 else "down"
    return f"{_what(card, move)} {way} {_points(abs(move.points))}"


def _what(card: Card, move: Move) -> str:
    is_binary = card.version.type == SignalVersion.Type.BINARY
    return card.signal.name if is_binary else f"{card.signal.name} “{move.label}”"


def _points(points: float) -> str:
    if 0 < points < 0.05:
        return "under 0.1 points"
    return f"{points:.1f} point{'' if f'{points:.1f}' == '1.0' else 's'}"


def _mover(report: Report) -> tuple[str, str]:
    if report.top is None:
        return "Nothing to compare", "No signal has labels on both days."
    card, move = report.top
    if not move.points:
        return "No change", "Every label has the share that it had the day before."
    seen = f"{_of(move.now.share, move.now.labels)}, the day before "
    seen += f"{_of(move.before.share, move.before.labels)}"
    if not move.is_clear:
        most = f"{_what(card, move)} moved most: {seen}. That could be chance."
        return "No clear change", most
    return _moved(card, move) + _judged(move), f"{seen}. More than chance. {_agent(card)}."


def _judged(move: Move) -> str:
    """Return what a person would call it, by the sentiment of the label."""
    if move.sentiment == Sentiment.NEUTRAL:
        return ""
    is_better = (move.points > 0) == (move.sentiment == Sentiment.POSITIVE)
    return ", better" if is_better else ", worse"


def _of(share: float | None, labels: int) -> str:
    """ "12.4 % of 371"; few labels are called so."""
    if share is None:
        return "no labels"
    few = ", few" if labels < wording.FEW else ""
    return f"{_unbroken(wording.percent(share, 1))} of {wording.number(labels)}{few}"


def _unbroken(number: str) -> str:
    """Keep a number and its unit on one line."""
    return number.replace(" ", "\N{NO-BREAK SPACE}")


def _hours(day: Day) -> str:
    if day.hours == day.hours_before:
        return ""
    return (
        f"The clocks changed: this day had {day.hours:g} hours, the one before "
        f"{day.hours_before:g}. Volumes are compared by the hour."
    )


def _totals(report: Report) -> tuple[tuple[str, str], ...]:
    before = f"the day before {wording.number(report.labels_before)}"
    return (
        ("Classified", f"{wording.number(report.labels)}, {before}"),
        ("Without a label", _without_label(report.unlabelled) or "none"),
        ("Alerts fired", _times(report.firings) or "none"),
        ("Judge spend", _spend(report.spend)),
        ("Tokens", _tokens(report.spend)),
    )


def _times(n: int) -> str:
    return f"{wording.number(n)} time{'' if n == 1 else 's'}" if n else ""


def _without_label(unlabelled: Mapping[str, int]) -> str:
    return ", ".join(f"{wording.number(n)} {kind}" for kind, n in unlabelled.items() if n)


def _spend(spend: Spend) -> str:
    """Unknown is not free: what has no price is said beside the sum."""
    calls = f"{wording.number(spend.calls)} answer{'' if spend.calls == 1 else 's'}"
    if not spend.calls:
        return "nothing judged"
    if not spend.priced:
        return f"no price set, {calls}"
    missing = spend.calls - spend.priced
    without = f", {wording.number(missing)} of them without a price" if missing > 0 else ""
    return f"{wording.usd(spend.cost_usd)} for {calls}{without}"


def _tokens(spend: Spend) -> str:
    if not (spend.input_tokens or spend.output_tokens):
        return "none told by the judge" if spend.calls else "none"
    return f"{wording.number(spend.input_tokens)} in, {wording.number(spend.output_tokens)} out"


def _nothing(report: Report) -> str:
    n = report.labels_before
    before = f", after {wording.number(n)} label{'' if n == 1 else 's'} the day before" if n else ""
    asleep = "" if report.active_signals else " No signal is active."
    return f"Nothing to report: nothing was classified{before}, and no alert fired.{asleep}"


def _section(card: Card, day: Day, links: Links) -> Section:
    fills = _fills(card)
    shares = tuple(_share(card, move) for move in card.moves)
    labels = "label" if card.labels == 1 else "labels"
    return Section(
        name=card.signal.name,
        url=links.signal.get(card.signal.uuid, links.signals),
        about=_agent(card),
        volume=f"{wording.number(card.labels)} {labels}",
        volume_change=_volume_change(card, day),
        fills=fills,
        bar_text=", ".join(f"{name} {wording.number(n)}" for name, n in card.by_label.items()),
        shares=shares[:MOST_SHARES],
        more_shares=max(0, len(shares) - MOST_SHARES),
        facts=_facts(card),
        note=_note(card),
    )


def _agent(card: Card) -> str:
    """Say of which agent, and its state where that is not "active"."""
    state = card.signal.get_state_display().lower()
    paused = "" if card.signal.state == Signal.State.ACTIVE else f", now {state}"
    return f"Agent {card.signal.agent.name or card.signal.agent.identity}{paused}"


def _volume_change(card: Card, day: Day) -> str:
    if not card.volume_before or not card.labels_before:
        return "none the day before"
    an_hour = (card.volume / day.hours) / (card.volume_before / day.hours_before)
    percentage = 100 * (an_hour - 1)
    rounded = round(percentage) if abs(percentage) >= 10 else round(percentage, 1)
    changed = _unbroken(change(rounded) if rounded else "±0 %")
    by = " by the hour" if day.hours != day.hours_before else ""
    sampled = " at equal sampling" if card.is_at_equal_sampling else ""
    return f"{changed}{by}{sampled} against {wording.number(card.labels_before)} the day before"


def _share(card: Card, move: Move) -> Share:
    return Share(
        label=move.label,
        tone=breakdown.tone_of(card.version, move.label),
        share=_of(move.now.share, move.now.labels),
        change=_share_change(move),
        is_clear=move.is_clear,
    )


def _share_change(move: Move) -> str:
    if not move.is_known:
        return "no labels to compare"
    sign = MINUS if move.points < 0 else "+"
    sure = ", more than chance" if move.is_clear else ""
    was = _of(move.before.share, move.before.labels)
    return f"{sign}{_points(abs(move.points))} from {was}{sure}"


def _fills(card: Card) -> tuple[Fill, ...]:
    total = sum(card.by_label.values())
    tones = breakdown.tones_of(card.version)
    return tuple(
        Fill(tones.get(name, NO_TONE), round(100 * n / total, 2))
        for name, n in card.by_label.items()
    )


def _facts(card: Card) -> tuple[str, ...]:
    fired = f"Alerts fired: {_times(card.firings)}" if card.firings else ""
    without = _without_label(card.unlabelled)
    spend = f"Spend: {_spend(card.spend)}" if card.spend.calls else ""
    tokens = f"Tokens: {_tokens(card.spend)}" if card.spend.input_tokens else ""
    return tuple(fact for fact in (fired, without, spend, tokens) if fact)


def _note(card: Card) -> str:
    if not card.new_versions:
        return ""
    numbers = " and ".join(str(number) for number in card.new_versions)
    return f"Version {numbers} is new: the days may differ by what was asked."
