"""The networks that clients connect from, and the proxies among them."""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from models.bulkhead import network_of

Networks = tuple[IPv4Network | IPv6Network, ...]


def client_network(peer: Any, proxies: Networks) -> str | None:
    """The network of a connection's peer, as the socket names it; None for a proxy and for a Unix socket."""
    return _network(peer[0], proxies) if isinstance(peer, tuple) else None


@lru_cache(maxsize=1024)
def _network(host: str, proxies: Networks) -> str | None:
    try:
        address = ip_address(host)
    except ValueError:
        return host
    # A socket that listens on IPv6 names its IPv4 clients ::ffff:192.0.2.1.
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    address = mapped or address
    return None if any(address in network for network in proxies) else network_of(str(address))
