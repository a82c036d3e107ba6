"""Where a request comes from: what trusted proxies say, read from its end."""

from __future__ import annotations

import ipaddress

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from core.http.client_address import client_address
from core.http.proxies import TrustedProxiesMiddleware

TRUSTED = [ipaddress.ip_network(text) for text in ("127.0.0.1/32", "::1/128", "10.0.0.0/8")]


@pytest.mark.parametrize(
    ("peer", "said", "address"),
    [
        pytest.param("203.0.113.5", "", "203.0.113.5", id="nobody between"),
        pytest.param("203.0.113.5", "198.51.100.1", "203.0.113.5", id="a stranger says anything"),
        pytest.param("127.0.0.1", "198.51.100.1", "198.51.100.1", id="one proxy"),
        pytest.param("127.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1", id="forged before it"),
        pytest.param("127.0.0.1", "198.51.100.1, 10.1.2.3", "198.51.100.1", id="two proxies"),
        pytest.param("127.0.0.1", "10.1.2.3", "10.1.2.3", id="all trusted: the farthest"),
        pytest.param("127.0.0.1", "", "127.0.0.1", id="a proxy's own request"),
        pytest.param("127.0.0.1", "unknown", "127.0.0.1", id="no address"),
        pytest.param("127.0.0.1", "198.51.100.1, junk", "127.0.0.1", id="ends in no address"),
        pytest.param("127.0.0.1", "198.51.100.1:4711", "198.51.100.1", id="with a port"),
        pytest.param("127.0.0.1", "[2001:db8::7]:443", "2001:db8::7", id="IPv6 with a port"),
        pytest.param("127.0.0.1", '"[2001:db8::7]"', "2001:db8::7", id="IPv6 quoted"),
        pytest.param("::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1", id="IPv4 in IPv6"),
        pytest.param("", "198.51.100.1", "198.51.100.1", id="a proxy over a socket file"),
        pytest.param("127.0.0.1", "9.9.9.9," * 5000 + "10.0.0.1", "9.9.9.9", id="endless"),
    ],
)
def test_the_nearest_address_that_is_no_proxy_counts(peer: str, said: str, address: str) -> None:
    assert client_address(peer, said, TRUSTED) == address


def passed_on(peer: str, **headers: str) -> dict[str, str]:
    """What a view sees of a request from that address."""
    seen: dict[str, str] = {}

    def view(request: HttpRequest) -> HttpResponse:
        seen.update(request.META)
        return HttpResponse()

    request = RequestFactory().get("/")
    request.META.update({"REMOTE_ADDR": peer, **headers})
    TrustedProxiesMiddleware(view)(request)
    return seen


def test_forwarded_headers_of_strangers_are_dropped(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = TRUSTED
    given = {"HTTP_X_FORWARDED_FOR": "1.1.1.1", "HTTP_X_FORWARDED_PROTO": "https"}
    seen = passed_on("203.0.113.5", **given)
    assert seen["REMOTE_ADDR"] == "203.0.113.5"
    assert not set(given) & set(seen)
    seen = passed_on("10.0.0.1", **given)
    assert (seen["REMOTE_ADDR"], seen["HTTP_X_FORWARDED_PROTO"]) == ("1.1.1.1", "https")
