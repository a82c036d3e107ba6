"""Exit codes that scripts can trust, and errors that name the flag."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.cli.fake_rest import (
    ALERT_ID,
    RUN_ID,
    SECRET,
    SIGNAL_ID,
    CommandLine,
    FakeRest,
    page,
    problem,
    signal_row,
)
from tests.fake_webhook import Answer
from tests.server import free_port


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, 2), (401, 3), (403, 3), (404, 4), (409, 5), (422, 2), (413, 1), (500, 1)],
)
def test_a_refusal_has_the_exit_code_of_its_kind(
    rest: FakeRest, signals: CommandLine, status: int, code: int
) -> None:
    rest.on("GET", "/me", problem(status, "x", "No, and this is why."))
    answered = signals("auth", "whoami", "--json")
    assert (answered.code, answered.out) == (code, "")
    assert answered.err.startswith("signals: No, and this is why.")


def test_a_fault_of_the_server_names_the_request(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("GET", "/me", problem(500, "internal", "A fault."))
    assert "request r1" in signals("auth", "whoami").err


@pytest.mark.parametrize(
    "words",
    [
        ("lst",),
        ("create", "--scope", "planet"),
        ("list", "--limit", "many"),
        ("traces", "list", "--range", "2d"),
        ("traces", "list", "--range", "1d", "--start", "2026-01-01"),
        ("traces", "list", "--start", "yesterday"),
        ("verify", SIGNAL_ID, "--targets", "101"),
        ("run", "poll", RUN_ID, "--timeout", "soon"),
        ("alerts", "backtest", ALERT_ID, "--metric", "true_rate"),
    ],
)
def test_what_is_given_wrongly_is_a_matter_of_usage(
    rest: FakeRest, signals: CommandLine, words: tuple[str, ...]
) -> None:
    answered = signals(*words)
    assert (answered.code, answered.out, rest.requests) == (2, "", [])
    assert answered.err.startswith("signals: ")


def test_without_a_key_nothing_is_asked(bare: pytest.MonkeyPatch, signals: CommandLine) -> None:
    answered = signals("list")
    assert answered.code == 3
    assert "signals auth set-key" in answered.err


def test_a_server_that_is_not_there_is_unreachable(
    bare: pytest.MonkeyPatch, signals: CommandLine
) -> None:
    bare.setenv("SIGNALS_URL", f"http://127.0.0.1:{free_port()}")
    bare.setenv("SIGNALS_API_KEY", SECRET)
    answered = signals("list")
    assert answered.code == 7
    assert "does not answer" in answered.err


@pytest.mark.parametrize("status", [200, 302, 404])
def test_another_kind_of_server_is_told_from_ours(
    rest: FakeRest, signals: CommandLine, status: int
) -> None:
    headers = {"Content-Type": "text/html", "Location": "http://127.0.0.1:1/"}
    rest.on("GET", "/signals", Answer(status, headers, b"<p>Welcome"))
    answered = signals("list")
    assert answered.code == 7
    assert "SIGNALS_URL" in answered.err


def test_an_error_of_a_field_names_its_flag(rest: FakeRest, signals: CommandLine) -> None:
    rest.on(
        "POST",
        "/signals",
        problem(
            422,
            "invalid",
            "Two things.",
            ("sample_rate", "Above 0, up to 1."),
            ("labels.0.name", "Give it a name."),
            ("agent", "There is no such agent."),
        ),
    )
    answered = signals("create", "--name", "x", "--agent", "y")
    assert answered.code == 2
    assert answered.err.splitlines() == [
        "signals: --sample-rate: Above 0, up to 1.",
        "--label: Give it a name.",
        "--agent: There is no such agent.",
    ]


def test_an_error_of_a_field_that_has_no_flag_names_the_field(
    rest: FakeRest, signals: CommandLine
) -> None:
    rest.on("GET", "/signals", problem(422, "invalid", "x", ("cursor_age", "Too old.")))
    assert signals("list").err == "signals: cursor_age: Too old.\n"


def test_the_server_may_ask_to_wait(
    rest: FakeRest, signals: CommandLine, bare: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    bare.setattr("signals_cli.client.time", SimpleNamespace(sleep=waited.append))
    limited = problem(429, "rate_limited", "Slowly.", **{"Retry-After": "7"})
    rest.on("POST", "/signals", [limited, signal_row()])
    assert signals("create", "--name", "x", "--json").code == 0
    assert waited == [7.0]
    keys = {each.headers["idempotency-key"] for each in rest.asked("POST", "/signals")}
    assert len(keys) == 1


def test_nobody_waits_for_ever(
    rest: FakeRest, signals: CommandLine, bare: pytest.MonkeyPatch
) -> None:
    bare.setattr("signals_cli.client.time", SimpleNamespace(sleep=lambda _s: None))
    rest.on("GET", "/signals", problem(429, "rate_limited", "Slowly.", **{"Retry-After": "7"}))
    answered = signals("list")
    assert (answered.code, len(rest.requests)) == (1, 5)


def test_each_request_says_which_client_asks(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("GET", "/signals", page())
    signals("list")
    (request,) = rest.requests
    assert request.headers["user-agent"] == "signals-cli/0.1.0"
    assert request.headers["authorization"] == f"Bearer {SECRET}"


def test_a_signal_is_found_by_its_name(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("GET", "/signals", page(signal_row(), signal_row(name="Refunds of others")))
    rest.on("GET", f"/signals/{SIGNAL_ID}", signal_row())
    assert signals("get", "Refunds", "--json").json["id"] == SIGNAL_ID


def test_a_name_that_nothing_has_is_not_found(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("GET", "/signals", page(signal_row()))
    answered = signals("get", "Refund")
    assert (answered.code, answered.err) == (4, "signals: There is no signal named 'Refund'.\n")


def test_a_name_that_two_have_is_refused_with_their_ids(
    rest: FakeRest, signals: CommandLine
) -> None:
    rest.on("GET", "/signals", page(signal_row(), signal_row()))
    answered = signals("get", "Refunds")
    assert answered.code == 2
    assert SIGNAL_ID in answered.err
