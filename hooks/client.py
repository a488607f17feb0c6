"""Where a request comes from: the socket's address, or what a trusted proxy says."""

import ipaddress
from typing import Any

import falcon

from models.session import Client
from models.stores import opened


def client(req: falcon.Request, resp: falcon.Response, resource: object, params: dict[str, Any]) -> None:
    """Hand over the `client`."""
    params["client"] = Client(address=address(req), user_agent=req.user_agent or "")


def address(req: falcon.Request) -> str:
    """The nearest address that is none of TRUSTED_PROXIES; whatever stands before it may be forged."""
    nearest: str = req.remote_addr
    if not opened.settings.trusted_proxies:
        return nearest
    forwarded = (req.get_header("X-Forwarded-For") or "").split(",")
    for hop in reversed([word.strip() for word in forwarded if word.strip()]):
        if not _is_trusted(nearest) or not _is_address(hop):
            break
        nearest = hop
    return nearest


def _is_trusted(hop: str) -> bool:
    return _is_address(hop) and any(ipaddress.ip_address(hop) in network for network in opened.settings.trusted_proxies)


def _is_address(hop: str) -> bool:
    try:
        ipaddress.ip_address(hop)
    except ValueError:
        return False
    return True
