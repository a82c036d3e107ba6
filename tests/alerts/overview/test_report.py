"""What a day was like: movers that are more than chance, equal sampling, hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from alerts.overview import due_times
from alerts.overview.letter import Letter, Links, letter
from alerts.overview.report import Card, Counted, Known, Move, Report, Spend, report
from signals_app.definition.versions import binary_labels
from signals_app.models import Signal, SignalVersion
from traces.models import Agent

ZONE = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 25, 7, tzinfo=UTC)
DAY = due_times.reported(NOW, ZONE)
HOUR = timedelta(hours=1)
OUTCOMES = [("completed", "positive"), ("partial", "neutral"), ("failed", "negative")]


def a_signal(pk: int, name: str = "", state: str = "active") -> Signal:
    agent = Agent(pk=1, name="support")
    return Signal(pk=pk, uuid=uuid4(), name=name or f"Signal {pk}", agent=agent, state=state)


def binary(pk: int, rate: float = 1.0, number: int = 1) -> SignalVersion:
    return SignalVersion(
        pk=pk, type="binary", labels=binary_labels("negative"), sample_rate=rate, number=number
    )


def string(pk: int) -> SignalVersion:
    labels = [{"name": name, "sentiment": sentiment} for name, sentiment in OUTCOMES]
    return SignalVersion(pk=pk, type="string", labels=labels, sample_rate=1.0, number=1)


def counted(
    pk: int, now: dict[str, int], before: dict[str, int], version: int | None = None
) -> list[Counted]:
    """At noon of the day and of the day before."""
    found = []
    for at, labels in ((DAY.start + 12 * HOUR, now), (DAY.start - 12 * HOUR, before)):
        found += [Counted(pk, version or pk, "labelled", name, at, n) for name, n in labels.items()]
    return found


def made(
    *shown: tuple[Signal, SignalVersion],
    counts: list[Counted],
    day: due_times.Day = DAY,
    **more: Any,
) -> Report:
    versions = {version.pk: version for _signal, version in shown} | more.pop("versions", {})
    return report(day, Known(shown=shown, versions=versions, counts=counts, **more))


def written(found: Report, project: str = "Support") -> Letter:
    return letter(project, found, ZONE, Links("https://x/", {}, "https://x/overview/"))


def first(found: Report) -> tuple[Card, Move]:
    assert found.top is not None
    return found.top


def test_a_small_sample_that_moves_far_does_not_win() -> None:
    found = made(
        (a_signal(1, "Little"), binary(1)),
        (a_signal(2, "Large"), binary(2)),
        counts=[
            *counted(1, {"true": 4, "false": 2}, {"true": 1, "false": 7}),
            *counted(2, {"true": 300, "false": 700}, {"true": 200, "false": 800}),
        ],
    )
    card, move = first(found)
    assert (card.signal.name, move.is_clear) == ("Large", True)
    assert round(move.points, 6) == 10
    assert [each.signal.name for each in found.cards] == ["Large", "Little"]
    assert written(found).subject == "Support: 1,006 classified, large up 10.0 points"


def test_without_a_change_beyond_chance_none_is_claimed() -> None:
    found = made(
        (a_signal(1, "Little"), binary(1)),
        counts=counted(1, {"true": 4, "false": 6}, {"true": 2, "false": 8}),
    )
    assert not first(found)[1].is_clear
    assert written(found).headline == "No clear change"
    assert "40.0\xa0% of 10, few, the day before 20.0\xa0% of 10, few" in written(found).detail
    assert written(found).subject == "Support: 10 classified, no clear change"


def test_the_more_shares_are_compared_the_more_must_one_move() -> None:
    """A move that one signal alone could claim, among a hundred that stand still."""
    moved = counted(1, {"true": 58, "false": 142}, {"true": 38, "false": 162})
    alone = made((a_signal(1), binary(1)), counts=moved)
    assert first(alone)[1].is_clear
    others = [(a_signal(pk), binary(pk)) for pk in range(2, 100)]
    still = [c for s, _ in others for c in counted(s.pk, {"true": 5, "false": 5}, {"true": 5})]
    among = made((a_signal(1), binary(1)), *others, counts=[*moved, *still])
    move = next(m for card in among.cards if card.signal.pk == 1 for m in card.moves)
    assert not move.is_clear


def test_the_label_that_moved_most_speaks_for_a_signal_of_many() -> None:
    found = made(
        (a_signal(1, "Task outcome"), string(1)),
        counts=counted(
            1,
            {"completed": 500, "partial": 100, "failed": 400},
            {"completed": 600, "partial": 250, "failed": 150},
        ),
    )
    assert first(found)[1].label == "failed"
    assert written(found).headline == "Task outcome “failed” up 25.0 points, worse"


@pytest.mark.parametrize(
    ("now", "before", "word"),
    [
        pytest.param(300, 200, "worse", id="more of a negative label"),
        pytest.param(200, 300, "better", id="less of it"),
    ],
)
def test_the_sentiment_says_which_way_is_better(now: int, before: int, word: str) -> None:
    found = made(
        (a_signal(1), binary(1)),
        counts=counted(
            1, {"true": now, "false": 1000 - now}, {"true": before, "false": 1000 - before}
        ),
    )
    assert written(found).headline.endswith(word)


def test_a_changed_sample_rate_alone_moves_neither_share_nor_volume() -> None:
    old, new = binary(1, rate=1.0), binary(2, rate=0.1, number=2)
    noon, before = DAY.start + 12 * HOUR, DAY.start - 12 * HOUR
    counts = [
        Counted(1, 1, "labelled", "true", before, 200),
        Counted(1, 1, "labelled", "false", before, 800),
        Counted(1, 2, "labelled", "true", noon, 20),
        Counted(1, 2, "labelled", "false", noon, 80),
    ]
    found = made((a_signal(1), new), counts=counts, versions={1: old})
    (section,) = written(found).sections
    assert first(found)[1].points == 0
    assert section.volume == "100 labels"
    assert section.volume_change == "±0\xa0% at equal sampling against 1,000 the day before"
    assert section.note == "Version 2 is new: the days may differ by what was asked."


def test_days_of_other_lengths_are_compared_by_the_hour() -> None:
    spring = due_times.reported(datetime(2026, 3, 30, 7, tzinfo=UTC), ZONE)
    counts = [
        Counted(1, 1, "labelled", "true", spring.start + 9 * HOUR, 230),
        Counted(1, 1, "labelled", "true", spring.start - 9 * HOUR, 240),
    ]
    found = written(made((a_signal(1), binary(1)), counts=counts, day=spring))
    assert "23 hours, the one before 24" in found.hours
    change = found.sections[0].volume_change
    assert change == "±0\xa0% by the hour against 240 the day before"
    assert found.chart is not None
    assert len(found.chart.columns) == 23


def test_days_of_the_same_length_say_nothing_of_hours() -> None:
    assert written(made((a_signal(1), binary(1)), counts=[])).hours == ""


def test_every_hour_has_its_column_and_the_words_say_the_same() -> None:
    counts = [
        Counted(1, 1, "labelled", "true", DAY.start + 9 * HOUR, 30),
        Counted(1, 1, "labelled", "false", DAY.start + 9 * HOUR, 10),
        Counted(1, 1, "labelled", "false", DAY.start + 23 * HOUR, 1),
        Counted(1, 1, "failed", "", DAY.start + 10 * HOUR, 5),
    ]
    chart = written(made((a_signal(1), binary(1)), counts=counts)).chart
    assert chart is not None
    assert [(c.hour, c.labels) for c in chart.columns if c.labels] == [("09:00", 40), ("23:00", 1)]
    nine = chart.columns[9].parts
    assert [(part.tone, part.height) for part in nine] == [("negative-1", 54), ("positive-1", 18)]
    assert chart.columns[23].parts[0].height >= 1
    assert chart.lines[1] == "06:00 on: 0, 0, 0, 40, 0, 0"
    assert chart.peak == "Most in the hour from 09:00: 40 (30 negative, 10 positive)"


def test_an_empty_day_is_one_line() -> None:
    found = written(made((a_signal(1), binary(1)), counts=counted(1, {}, {"true": 17})))
    assert found.nothing == (
        "Nothing to report: nothing was classified, after 17 labels the day before, "
        "and no alert fired."
    )
    assert found.subject == "Support: nothing to report for Tue 24 Nov"


def test_an_empty_day_without_an_active_signal_says_so() -> None:
    assert written(made(counts=[])).nothing.endswith("No signal is active.")


def test_a_day_of_failures_alone_is_not_empty() -> None:
    failed = [Counted(1, 1, "failed", "", DAY.start + HOUR, 3)]
    found = written(made((a_signal(1), binary(1)), counts=failed))
    assert not found.nothing
    assert ("Without a label", "3 failed") in found.totals
    assert found.sections[0].facts[0] == "3 failed"


def test_a_day_whose_only_news_is_a_firing_is_not_empty() -> None:
    found = written(made((a_signal(1), binary(1)), counts=[], firings={1: 2}))
    assert ("Alerts fired", "2 times") in found.totals
    assert found.sections[0].facts == ("Alerts fired: 2 times",)


@pytest.mark.parametrize(
    ("spend", "words"),
    [
        pytest.param(Spend(), "nothing judged", id="nothing"),
        pytest.param(Spend(calls=4), "no price set, 4 answers", id="no price"),
        pytest.param(Spend(4, 4, 1.5, 10, 5), "$1.50 for 4 answers", id="all priced"),
        pytest.param(
            Spend(4, 3, 1.5), "$1.50 for 4 answers, 1 of them without a price", id="some priced"
        ),
    ],
)
def test_spend_without_a_price_is_unknown_not_free(spend: Spend, words: str) -> None:
    labels = counted(1, {"true": 1}, {})
    found = written(made((a_signal(1), binary(1)), counts=labels, spend={1: spend}))
    assert ("Judge spend", words) in found.totals


def test_the_project_also_pays_for_what_is_no_signals() -> None:
    found = made(
        (a_signal(1), binary(1)),
        counts=counted(1, {"true": 1}, {}),
        spend={1: Spend(1, 1, 1.0, 100, 10)},
        other_spend=Spend(2, 2, 0.5, 200, 20),
    )
    assert ("Judge spend", "$1.50 for 3 answers") in written(found).totals
    assert ("Tokens", "300 in, 30 out") in written(found).totals


def test_many_signals_are_cut_short_and_the_rest_counted() -> None:
    shown = [(a_signal(pk), binary(pk)) for pk in range(1, 31)]
    counts = [c for s, _ in shown for c in counted(s.pk, {"true": s.pk}, {})]
    found = written(made(*shown, counts=counts))
    assert (len(found.sections), found.more) == (10, 20)
    assert found.sections[0].name == "Signal 30"


def test_a_label_of_an_older_version_is_still_told() -> None:
    found = written(
        made((a_signal(1), string(1)), counts=counted(1, {"retired": 5, "failed": 5}, {}))
    )
    assert {share.label for share in found.sections[0].shares} == {"retired", "failed"}


def test_a_signal_that_is_paused_now_says_so() -> None:
    found = made((a_signal(1, state="paused"), binary(1)), counts=counted(1, {"true": 5}, {}))
    assert written(found).sections[0].about == "Agent support, now paused"


def test_a_first_day_has_nothing_to_compare_with() -> None:
    found = written(made((a_signal(1), binary(1)), counts=counted(1, {"true": 5}, {})))
    assert (found.headline, found.detail) == (
        "Nothing to compare",
        "No signal has labels on both days.",
    )
    assert found.sections[0].volume_change == "none the day before"
