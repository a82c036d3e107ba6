"""An address that a person typed leads to the public internet or nowhere."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterator
from threading import Event
from typing import Any

import httpcore2
import pytest

from core.http import addresses, outbound
from core.http.outbound import Refused, Unreachable
from tests.fake_webhook import Answer, FakeWebhook, told


@pytest.fixture
def receiver(settings: Any) -> Iterator[FakeWebhook]:
    with FakeWebhook() as server:
        server.use(settings)
        yield server


def post(url: str, timeout_s: float = 5.0) -> outbound.Answer:
    return outbound.post(url, b'{"a":1}', {"Content-Type": "application/json"}, timeout_s)


def test_a_body_arrives_as_it_was_given_and_the_answer_comes_back(receiver: FakeWebhook) -> None:
    receiver.answer = told(202, hello="there")
    answer = post(receiver.url + "hook?a=1")
    assert (answer.status, answer.body) == (202, b'{"hello": "there"}')
    sent = receiver.requests[0]
    assert (sent.path, sent.body) == ("/hook?a=1", b'{"a":1}')
    assert sent.headers["host"] == f"127.0.0.1:{receiver.port}"


def test_a_redirect_is_an_answer_like_any_other(receiver: FakeWebhook) -> None:
    receiver.answer = Answer(302, {"Location": receiver.url + "elsewhere"})
    assert post(receiver.url).status == 302
    assert len(receiver.requests) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "answer",
    [Answer(wait_s=60), Answer(drip_s=0.02)],
    ids=["says nothing", "says a byte at a time"],
)
def test_nobody_keeps_us_waiting_for_longer_than_the_time_out(
    receiver: FakeWebhook, answer: Answer
) -> None:
    receiver.answer = answer
    began = time.monotonic()
    with pytest.raises(Unreachable, match=r"No answer within 0\.3 s"):
        post(receiver.url, 0.3)
    assert time.monotonic() - began < 2


def test_of_a_huge_answer_only_the_beginning_is_read(receiver: FakeWebhook) -> None:
    receiver.answer = Answer(200, body=b"x" * 20_000_000)
    began = time.monotonic()
    assert len(post(receiver.url).body) == outbound.MOST_BYTES
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, body=b"x" * 10, cut=True),
        Answer(200, body=b"x" * 5, headers={"Content-Length": "10"}),
    ],
    ids=["breaks off", "hangs"],
)
def test_a_server_that_has_said_its_status_has_decided(
    receiver: FakeWebhook, answer: Answer
) -> None:
    receiver.answer = answer
    assert post(receiver.url, 0.3).body == b"x" * 5


def test_a_server_that_is_not_there_refuses_connections(receiver: FakeWebhook) -> None:
    url = receiver.url
    receiver.__exit__(None, None, None)
    with pytest.raises(Unreachable, match="refuses connections"):
        post(url)


def test_plain_text_on_a_port_of_tls_is_no_answer(receiver: FakeWebhook) -> None:
    with pytest.raises(Unreachable):
        post(receiver.url.replace("http:", "https:"))
    assert receiver.requests == []


def test_a_name_that_nobody_knows_may_be_known_later() -> None:
    with pytest.raises(Unreachable, match="not known"):
        post("https://nobody.invalid/")


def test_a_name_server_that_says_nothing_keeps_nobody_waiting_either(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    silent = Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [silent.wait(5)][:0])
    began = time.monotonic()
    with pytest.raises(Unreachable, match=r"No answer within 0\.3 s"):
        post("https://slow.example/", 0.3)
    silent.set()
    assert time.monotonic() - began < 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "localhost.",
     "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "10.1.2.3", "192.168.0.1", "172.16.0.1",
     "169.254.169.254", "100.64.0.1", "[fe80::1]", "[fd00::1]", "[64:ff9b::7f00:1]",
     "[2002:7f00:1::]", "224.0.0.1", "[fec0::1]", "[::7f00:1]", "[ff02::1]", "192.88.99.1"],
)  # fmt: skip
def test_nothing_inside_is_called_however_it_is_written(
    host: str, receiver: FakeWebhook, settings: Any
) -> None:
    settings.OUTBOUND_ALLOW = []
    with pytest.raises((Refused, Unreachable), match=r"not on the public internet|not known"):
        post(f"http://{host}:{receiver.port}/")
    assert receiver.requests == []


def test_a_name_is_resolved_once_and_the_checked_address_is_called(
    receiver: FakeWebhook, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """Never ask for the second answer of a name that changes: DNS rebinding."""
    settings.OUTBOUND_ALLOW = []
    told_ = iter([["8.8.8.8"], ["127.0.0.1"]])
    called: list[str] = []

    def connect(_self: object, host: str, *_rest: object) -> None:
        called.append(host)
        raise httpcore2.ConnectError("no")

    monkeypatch.setattr(outbound, "_resolve", lambda *_: next(told_))
    monkeypatch.setattr(httpcore2.SyncBackend, "connect_tcp", connect)
    with pytest.raises(Unreachable):
        post(f"http://rebinding.example:{receiver.port}/")
    assert called == ["8.8.8.8"]


@pytest.mark.parametrize(
    ("allowed", "reached"),
    [(["127.0.0.1"], True), (["127.0.0.0/8"], True), (["localhost"], True), (["10.0.0.0/8"], False),
     (["other.example"], False)],
)  # fmt: skip
def test_the_operator_opens_single_hosts_and_networks(
    receiver: FakeWebhook, settings: Any, allowed: list[str], reached: bool
) -> None:
    settings.OUTBOUND_ALLOW = allowed
    url = f"http://localhost:{receiver.port}/"
    if reached:
        assert post(url).status == 204
    else:
        with pytest.raises(Refused, match="OUTBOUND_ALLOW"):
            post(url)


@pytest.mark.parametrize(
    ("url", "why"),
    [("ftp://example.com/", "https://"), ("file:///etc/passwd", "https://"),
     ("example.com/hook", "https://"), ("https://", "name of a host"),
     ("https://user:secret@example.com/", "no user name"),
     ("https://example.com@127.0.0.1/", "no user name"),
     ("https://example.com:25/", "another protocol"), ("https://example.com:6667/", "another"),
     ("https://example.com:0/", "another"), ("https://example.com:99999/", "not an address"),
     ("https://exämple.com/", "ASCII"), ("https://example.com/\r\nX: y", "no spaces"),
     ("https://example.com\\@127.0.0.1/", "backslashes"), ("https://[::1%25lo]/", "name of a host"),
     ("https://" + "a" * 3000, "ASCII")],
)  # fmt: skip
def test_what_is_no_address_is_refused_in_words(url: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        addresses.read(url)


def test_plain_http_needs_the_operators_word(settings: Any) -> None:
    with pytest.raises(Refused, match="OUTBOUND_HTTP"):
        addresses.read("http://example.com/")
    settings.OUTBOUND_HTTP = True
    assert addresses.read("http://Example.com").authority == "example.com"


def test_the_default_port_is_left_out_of_the_host_header() -> None:
    assert addresses.read("https://example.com:443/a?b=c").authority == "example.com"
    assert addresses.read("https://[2606:4700::1111]:8443").authority == "[2606:4700::1111]:8443"


@pytest.mark.parametrize("text", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111"])
def test_the_public_internet_is_public(text: str) -> None:
    assert addresses.is_public(ipaddress.ip_address(text))
