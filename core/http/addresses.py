"""Which addresses that a person typed may be called. No connection is opened here.

What a name means is decided where the connection is opened (core/http/outbound.py), on the address
that it really goes to: "127.1", "2130706433" and a name that resolves to either are 127.0.0.1.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

LONGEST_URL = 2000
HOST = re.compile(r"[a-z0-9_.-]{1,253}|[0-9a-f:.]{2,45}")
DEFAULT_PORTS = {"https": 443, "http": 80}
#: Above 1023; of the ports that the Fetch standard forbids, since other protocols listen there.
BAD_PORTS = frozenset(
    {1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6679, 6697, 10080}
    | set(range(6665, 6670))
)
#: `is_global` holds for all of IPv6 but a list; of that only this is given out at all ...
GIVEN_OUT = ipaddress.IPv6Network("2000::/3")
#: ... and in it, as among IPv4, these lead elsewhere: 6to4 both ways, and documentation.
NOT_THERE = [ipaddress.ip_network(text) for text in ("2002::/16", "192.88.99.0/24", "3fff::/20")]


class Refused(Exception):
    """An address that is not called; the message says why, for the person who typed it."""


@dataclass(frozen=True, slots=True)
class Target:
    scheme: str
    host: str  # lower case, an IPv6 address without its brackets
    port: int
    path: str  # with the query

    @property
    def authority(self) -> str:
        """Host and port, for the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def read(url: str) -> Target:
    """Take a URL apart, or raise Refused if it may not be called as far as can be seen from it."""
    if not url.isascii() or re.search(r"[\x00-\x20\x7f\\]", url) or len(url) > LONGEST_URL:
        raise Refused("An address has no spaces, no backslashes and no letters beyond ASCII.")
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        raise Refused("This is not an address.") from None
    scheme = parts.scheme.lower()
    if scheme not in DEFAULT_PORTS:
        raise Refused("An address begins with https://.")
    if scheme == "http" and not settings.OUTBOUND_HTTP:
        raise Refused("Use https://. Plain http needs OUTBOUND_HTTP=true on the server.")
    if "@" in parts.netloc:
        raise Refused("An address holds no user name and no password.")
    if not HOST.fullmatch(host):
        raise Refused("This is not the name of a host.")
    port = port if port is not None else DEFAULT_PORTS[scheme]
    if port in BAD_PORTS or (port < 1024 and port not in DEFAULT_PORTS.values()):
        raise Refused(f"Port {port} belongs to another protocol than HTTP.")
    query = f"?{parts.query}" if parts.query else ""
    return Target(scheme, host, port, (parts.path or "/") + query)


def permitted(host: str, resolved: Iterable[str]) -> list[str]:
    """Return those of a host's addresses that may be called, or raise Refused if none is left.

    These are the public ones, and what the operator allows by OUTBOUND_ALLOW.
    """
    left = [text for text in resolved if _may_call(host, ipaddress.ip_address(text.split("%")[0]))]
    if not left:
        raise Refused(
            f"{host} is not on the public internet. To call it all the same, the operator of "
            "this server puts it into OUTBOUND_ALLOW."
        )
    return left


def _may_call(host: str, address: Address) -> bool:
    plain = unmapped(address)
    return is_public(plain) or any(_allows(word, host, plain) for word in settings.OUTBOUND_ALLOW)


def unmapped(address: Address) -> Address:
    """Return the IPv4 address in an IPv6 one: ::ffff:127.0.0.1 is 127.0.0.1."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def is_public(address: Address) -> bool:
    """Say whether the address is one of the public internet."""
    if isinstance(address, ipaddress.IPv6Address) and address not in GIVEN_OUT:
        return False
    elsewhere = any(address in network for network in NOT_THERE)
    return address.is_global and not address.is_multicast and not elsewhere


def _allows(word: str, host: str, address: Address) -> bool:
    """Say whether OUTBOUND_ALLOW's `word` (a host, an address, a network) holds the address."""
    try:
        return address in ipaddress.ip_network(word, strict=False)
    except ValueError:
        return word.lower() == host
