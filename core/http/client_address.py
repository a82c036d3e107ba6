"""Where a request comes from, when proxies stand between.

A proxy adds the address that it was called from at the end of X-Forwarded-For; whoever calls can
write anything before that. So the list is read from its end, as long as trusted proxies say it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: More than any real chain has; a longer header is somebody's joke.
MOST_HOPS = 20


def client_address(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """Return the address nearest to us that is no trusted proxy.

    peer: whom the connection is from, "" over a socket file. forwarded_for: the header as it came.
    """
    nearest = peer
    if not is_trusted(peer, trusted):
        return nearest
    for word in reversed(forwarded_for.split(",")[-MOST_HOPS:]):
        address = _read(word)
        if address is None:
            return nearest
        nearest = str(address)
        if not is_trusted(nearest, trusted):
            return nearest
    return nearest


def is_trusted(text: str, trusted: Sequence[Network]) -> bool:
    """Say whether an address is one of a trusted proxy, as is a socket file, which has none."""
    if not text:
        return True
    address = _read(text)
    return address is not None and any(address in network for network in trusted)


def _read(word: str) -> Address | None:
    """Return an address that may have a port, brackets or IPv6's prefix for IPv4 around it."""
    text = word.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address
