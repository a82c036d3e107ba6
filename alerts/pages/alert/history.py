"""The firings of an alert, each with its numbers and what became of its messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from alerts.delivery.firing_facts import rule_of
from alerts.models import Alert, Delivery, Firing, Kind
from alerts.text import wording
from core.paging import Cursor, Page, Pager

PAGE_SIZE = 20
#: In the order of `FiringQuerySet.newest_first`.
PAGES = Pager("at", "-id", int)
State = Delivery.State


@dataclass(frozen=True, slots=True)
class Told:
    """What became of the messages of one kind of channel."""

    kind: str
    title: str
    words: str  # "3 sent", "sent to #support"
    failed: list[Delivery] = field(default_factory=list)
    put_off: list[Delivery] = field(default_factory=list)  # tried in vain, and tried again
    is_waiting: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    firing: Firing
    condition: str
    value: str
    baseline: str  # "" unless it compared
    change: str
    told: list[Told]


def page_of(
    alert: Alert, older: Cursor | None = None, newer: Cursor | None = None
) -> tuple[Page[Firing], list[Row]]:
    """Read the page of firings beside a cursor, else the newest one, with what became of their
    messages; two queries."""
    page = PAGES.page(alert.firings.all(), older, newer, size=PAGE_SIZE)
    return page, rows(page.rows, deliveries_of(page.rows))


def deliveries_of(firings: Sequence[Firing]) -> dict[int, list[Delivery]]:
    by_firing: dict[int, list[Delivery]] = {firing.pk: [] for firing in firings}
    for each in Delivery.objects.filter(firing__in=list(by_firing), notice="").order_by(
        "kind", "pk"
    ):
        by_firing[each.firing_id or 0].append(each)
    return by_firing


def rows(firings: Iterable[Firing], deliveries: dict[int, list[Delivery]]) -> list[Row]:
    return [
        Row(
            firing=firing,
            condition=wording.headline(rule_of(firing)),
            value=wording.value(firing.metric, firing.value),
            baseline=""
            if firing.baseline is None
            else wording.value(firing.metric, firing.baseline),
            change="" if firing.change_pct is None else wording.change(firing.change_pct),
            told=told(deliveries.get(firing.pk, [])),
        )
        for firing in firings
    ]


def told(deliveries: Sequence[Delivery]) -> list[Told]:
    """Sum up deliveries by kind of channel, in the order in which the form names them."""
    sums = []
    for kind in Kind:
        several = [delivery for delivery in deliveries if delivery.kind == kind]
        if several:
            sums.append(_told(kind, several))
    return sums


def _told(kind: Kind, several: Sequence[Delivery]) -> Told:
    return Told(
        kind=kind.value,
        title=str(kind.label),
        words=_in_words(several),
        failed=[each for each in several if each.state == State.FAILED],
        put_off=[each for each in several if each.state == State.WAITING and each.error],
        is_waiting=any(each.state in {State.WAITING, State.SENDING} for each in several),
    )


def _in_words(several: Sequence[Delivery]) -> str:
    """ "sent" for one message, "3 sent, 1 failed" for more."""
    counts = {state: sum(each.state == state for each in several) for state in State}
    if len(several) == 1:
        only = several[0]
        to = f" to {only.address_name}" if only.kind == Kind.SLACK and only.address_name else ""
        return f"{only.state}{to}"
    return ", ".join(f"{n} {state.value}" for state, n in counts.items() if n)
