"""What goes to standard output: what was asked for, and nothing that harms a terminal."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.cli.fake_rest import SIGNAL_ID, CommandLine, FakeRest, page, query, signal_row

ROOT = Path(__file__).resolve().parents[2]


def test_people_read_a_table(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("GET", "/signals", page(signal_row()))
    answered = signals("list")
    assert answered.code == 0
    head, row = answered.out.splitlines()
    assert head.split()[:3] == ["id", "name", "agent"]
    assert row.split()[:4] == [SIGNAL_ID, "Refunds", "shop", "trace"]


def test_json_is_what_rest_answers(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("GET", "/signals", page(signal_row()))
    assert signals("list", "--json").json == page(signal_row())


def test_jsonl_has_a_row_a_line(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("GET", "/signals", page(signal_row(), signal_row(name="Other")))
    assert [row["name"] for row in signals("list", "--jsonl").lines] == ["Refunds", "Other"]


def test_both_forms_of_json_at_once_are_refused(rest: FakeRest, signals: CommandLine) -> None:
    assert signals("list", "--json", "--jsonl").code == 2


def test_notes_stand_on_standard_error(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("GET", "/signals", page())
    answered = signals("list")
    assert answered.out == ""
    assert "No signals" in answered.err


def test_quiet_keeps_notes_to_itself(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("GET", "/signals", page())
    assert signals("list", "--quiet").err == ""


HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.exe\ud800"


@pytest.mark.parametrize("words", [("list",), ("get", SIGNAL_ID)])
def test_a_text_cannot_speak_to_the_terminal(
    rest: FakeRest, signals: CommandLine, words: tuple[str, ...]
) -> None:
    row = signal_row(name=HOSTILE)
    rest.on("GET", "/signals", page(row))
    rest.on("GET", f"/signals/{SIGNAL_ID}", row)
    for form in ((), ("--json",), ("--jsonl",)):
        out = signals(*words, *form).out
        assert not set(out) & set("\x1b\x07\x9b\u202e")


def test_json_keeps_what_the_table_hides(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("GET", "/signals", page(signal_row(name="\x1b[2J\x9b")))
    assert signals("list", "--json").json["items"][0]["name"] == "\x1b[2J\x9b"


def test_an_error_of_the_server_cannot_speak_to_the_terminal(
    rest: FakeRest, signals: CommandLine
) -> None:
    assert "\x1b" not in signals("get", "\x1b[2Jname").err


def test_pages_are_followed_up_to_the_limit(rest: FakeRest, signals: CommandLine) -> None:
    rest.on(
        "GET",
        "/signals",
        [
            page(*(signal_row() for _ in range(200)), cursor="more"),
            page(*(signal_row() for _ in range(50)), cursor="still more"),
        ],
    )
    answered = signals("list", "--limit", "250", "--jsonl")
    assert len(answered.lines) == 250
    first, second = (query(each) for each in rest.asked("GET", "/signals"))
    assert (first["limit"], first.get("cursor")) == (["200"], None)
    assert (second["limit"], second["cursor"]) == (["50"], ["more"])
    assert "--cursor still more" in answered.err


def test_all_pages_come_with_limit_0(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("GET", "/signals", [page(signal_row(), cursor="more"), page(signal_row())])
    assert len(signals("list", "--limit", "0", "--json").json["items"]) == 2


def test_a_distribution_is_drawn_with_bars(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("GET", f"/signals/{SIGNAL_ID}", signal_row())
    rest.on(
        "GET",
        f"/signals/{SIGNAL_ID}/distribution",
        {
            "buckets": [{"counts": {"paid": 1}}, {"counts": {"paid": 2, "refused": 1}}],
            "totals": {"refused": 1, "paid": 3},
            "shares": {"refused": 0.25, "paid": 0.75},
            "unlabelled": {"skipped": 2},
        },
    )
    lines = signals("distribution", SIGNAL_ID, "--range", "7d").out.splitlines()
    assert lines[1].split() == ["paid", "█" * 30, "75", "%", "3", "▄█"]
    assert lines[2].split()[:2] == ["refused", "█" * 10]
    assert lines[3] == "2 targets without a label"


def test_output_is_readable_unicode(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("GET", "/signals", page(signal_row(name="Grüße 退款")))
    assert "Grüße 退款" in signals("list").out
    assert "Grüße 退款" in signals("list", "--json").out
    assert json.loads(signals("list", "--jsonl").out)["name"] == "Grüße 退款"


def on_a_terminal(rest: FakeRest, **environment: str) -> str:
    """Return what `signals list` writes to a terminal that is 100 columns wide."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    environment = {"PYTHONPATH": "cli", "TERM": "xterm-256color", "COLUMNS": "100", **environment}
    subprocess.run(
        [sys.executable, "-m", "signals_cli", "list"],
        env=os.environ | environment,
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        check=True,
    )
    os.close(theirs)
    said = b""
    with contextlib.suppress(OSError):  # the other end is closed
        while piece := os.read(ours, 65536):
            said += piece
    os.close(ours)
    return said.decode()


def test_a_terminal_has_colours_unless_it_wants_none(rest: FakeRest) -> None:
    rest.on("GET", "/signals", page(signal_row()))
    assert "\x1b[32mactive" in on_a_terminal(rest)
    assert "\x1b" not in on_a_terminal(rest, NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(rest, TERM="dumb")


def test_an_id_is_never_cut(rest: FakeRest) -> None:
    rest.on("GET", "/signals", page(signal_row(name="A very long name " * 9)))
    assert SIGNAL_ID in on_a_terminal(rest, NO_COLOR="1")
