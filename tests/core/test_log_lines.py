"""Lines for the operator: with ids, on one line whatever comes, and never without bound."""

from __future__ import annotations

import logging
import time

import pytest
from django.db import transaction

from core import log_lines
from core.log_lines import Seldom

log = logging.getLogger("tests.lines")


def test_a_line_names_the_event_and_its_facts() -> None:
    text = log_lines.line("signal stopped itself", project=3, run=None, reason='No "key"')
    assert text == 'signal stopped itself: project=3 reason="No \\"key\\""'


def test_a_text_can_neither_begin_a_line_nor_be_long() -> None:
    text = log_lines.line("x", words="a\n2026 ERROR\r\x1b[31m\u2028" + "b" * 10_000)
    assert text.isprintable()
    assert len(text) < 300


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_not_noted(caplog: pytest.LogCaptureFixture) -> None:
    with transaction.atomic():
        log_lines.note(log, logging.WARNING, "undone", project=1)
        transaction.set_rollback(True)
    with transaction.atomic():
        log_lines.note(log, logging.WARNING, "done", project=1)
        assert caplog.messages == []
    assert caplog.messages == ["done: project=1"]


def test_one_line_a_minute_and_key_says_how_many_there_were(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    seldom, now = Seldom(log), 1_000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    for _ in range(100):
        seldom.note(logging.WARNING, "refused", "a", status=401)
    seldom.note(logging.WARNING, "refused", "b", status=413)
    now += 61
    seldom.note(logging.WARNING, "refused", "a", status=401)
    monkeypatch.undo()
    assert caplog.messages == [
        "refused: status=401",
        "refused: status=413",
        "refused: status=401 more_since=99",
    ]


def test_many_keys_are_bounded_too(caplog: pytest.LogCaptureFixture) -> None:
    seldom = Seldom(log)
    for key in range(5_000):
        seldom.note(logging.WARNING, "refused", key, status=401)
    assert len(caplog.messages) == Seldom.MAX_KEYS + 1
