"""One firing, told three ways, in the same words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from alerts.decision.rule import Comparison, Metric, Operator, Rule
from alerts.text import messages
from alerts.text.messages import Fired

AT = datetime(2026, 11, 25, 14, 5, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
UPS = Rule(Metric.TRUE_RATE, Comparison.PCT_CHANGE, Operator.GTE, 20.0, timedelta(hours=1))
VOLUME = Rule(Metric.LABEL_VOLUME, Comparison.ABSOLUTE, Operator.GTE, 1.0, timedelta(minutes=5))
FIRED = Fired(
    uuid=UUID(int=1),
    at=AT,
    start=AT - timedelta(hours=1),
    rule=UPS,
    value=0.182,
    baseline=0.121,
    change_pct=50.4,
    labels=371,
    labels_before=402,
    version_note="Version 3 began at 13:40.",
    alert="Refunds go wrong",
    alert_uuid=UUID(int=2),
    signal="User frustration",
    signal_uuid=UUID(int=3),
    agent="support",
    project="Airline",
    project_slug="airline",
    alert_url="http://here/p/airline/alerts/2/",
    traces_url="http://here/p/airline/alerts/2/firings/1/traces/",
)
COUNTED = replace(
    FIRED, rule=VOLUME, value=12.0, baseline=None, change_pct=None, labels=12, labels_before=None
)


def test_the_subject_names_the_alert_and_what_it_saw() -> None:
    assert FIRED.subject == "Refunds go wrong: True rate up by 20 % over 1h"
    assert COUNTED.headline == "Label volume above 1 over 5m"


def test_a_name_that_is_the_headline_is_not_said_twice() -> None:
    """The form suggests the headline as the name, and most people keep it."""
    same = replace(COUNTED, alert="Label volume above 1 over 5m")
    assert same.subject == "User frustration: Label volume above 1 over 5m"
    assert messages.slack_text(same) == "Label volume above 1 over 5m: User frustration, 12"
    assert messages.slack_blocks(same)[1]["text"]["text"].startswith("*User frustration*\n")


def test_an_email_says_what_was_seen_where_and_on_how_much() -> None:
    assert messages.facts(FIRED, BERLIN) == [
        ("Signal", "User frustration · support"),
        ("Observed", "18.2 %, before 12.1 % (+50.4 %)"),
        ("Threshold", "at least +20 %"),
        ("Window", "Wed 25 Nov 2026, 14:05 to 15:05 CET"),
        ("Labels", "371 labels, 402 in the window before"),
        ("Note", "Version 3 began at 13:40."),
    ]
    rows = dict(messages.facts(replace(COUNTED, labels=1, version_note=""), BERLIN))
    assert rows["Observed"] == "12"
    assert rows["Labels"] == "1 label"
    assert "Note" not in rows


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (1, "Wed 25 Nov 2026, 14:05 to 15:05 CET"),
        (24, "Tue 24 Nov 2026, 15:05 to Wed 25 Nov 2026, 15:05 CET"),
        (32 * 24, "Sat 24 Oct 2026, 16:05 to Wed 25 Nov 2026, 15:05 CET"),  # of summer time
    ],
)
def test_a_window_is_told_in_the_readers_zone(hours: int, words: str) -> None:
    assert messages.window(AT - timedelta(hours=hours), AT, BERLIN) == words


def test_slack_gets_every_figure_and_the_time_in_its_readers_own_zone() -> None:
    head, said, figures, note, buttons = messages.slack_blocks(FIRED)
    assert head["text"]["text"] == "True rate up by 20 % over 1h"
    assert said["text"]["text"].startswith("*Refunds go wrong*\nTrue rate goes up by 20 %")
    fields = dict(figure["text"].split("\n", 1) for figure in figures["fields"])
    assert fields == {
        "*Signal*": "User frustration · support",
        "*Metric*": "True rate",
        "*Comparison*": "Change against the 1 h before",
        "*Threshold*": "at least +20 %",
        "*Observed*": "18.2 %, before 12.1 % (+50.4 %)\n371 labels, 402 in the window before",
        "*Window*": "1 h",
        "*Triggered*": f"<!date^{int(AT.timestamp())}^{{date_short_pretty}} at {{time}}"
        "|2026-11-25 14:05 UTC>",
        "*Project*": "Airline",
    }
    assert note["elements"][0]["text"] == "Version 3 began at 13:40."
    assert [button["url"] for button in buttons["elements"]] == [FIRED.alert_url, FIRED.traces_url]
    assert buttons["elements"][0]["text"]["text"] == "View alert"


def test_names_cannot_speak_slacks_markup() -> None:
    nasty = replace(FIRED, alert="<!channel> & <@U1>", signal="<https://evil.example|click>")
    shown = str(messages.slack_blocks(nasty)) + messages.slack_text(nasty)
    assert "<!channel>" not in shown
    assert "<https" not in shown
    assert "&lt;!channel&gt; &amp; &lt;@U1&gt;" in shown


def test_no_text_is_longer_than_slack_takes() -> None:
    rule = Rule(
        Metric.VALUE_SHARE, Comparison.ABSOLUTE, Operator.GTE, 0.5, timedelta(hours=1), "x" * 3000
    )
    blocks = messages.slack_blocks(replace(FIRED, rule=rule, alert="y" * 5000))
    assert len(blocks[0]["text"]["text"]) == 150
    assert len(blocks[1]["text"]["text"]) <= 3000
    assert max(len(block["text"]) for block in blocks[2]["fields"]) <= 2000


def test_a_webhook_gets_numbers_and_names_and_addresses() -> None:
    said = messages.webhook(FIRED)
    assert said["type"] == "alert.fired"
    assert said["timestamp"] == "2026-11-25T14:05:00Z"
    data = said["data"]
    assert data["condition"] == {
        "sentence": "True rate goes up by 20 % over 1 h, compared with the 1 h before.",
        "metric": "true_rate",
        "label": "true",
        "comparison": "pct_change",
        "operator": "gte",
        "threshold": 20.0,
        "window": "1h",
    }
    assert data["window"] == {"start": "2026-11-25T13:05:00Z", "end": "2026-11-25T14:05:00Z"}
    figures = ("value", "baseline", "change_pct", "labels", "labels_before")
    assert [data[name] for name in figures] == [0.182, 0.121, 50.4, 371, 402]
    assert data["alert"]["url"] == FIRED.alert_url
    assert messages.webhook(COUNTED)["data"]["condition"]["label"] is None
