"""Whether what runs here is well, for those who watch it: `manage.py is-ready` and `manage.py is-working KIND`."""

import socket

import requests

from models import presence
from models.errors import Unavailable
from models.stores import connect
from settings import Settings


def is_ready() -> int:
    """0 if the service on this machine is ready, else 1."""
    return 0 if answers(Settings.or_exit().base_url) else 1


def is_working(kind: str) -> int:
    """0 if a worker of that kind on this machine said lately that it is there, else 1; named as /readyz names it."""
    connect(Settings.or_exit())
    try:
        seen = any(name.startswith(f"{kind}@{socket.gethostname()}:") for name in presence.seen_lately())
    except Unavailable:
        seen = False
    return 0 if seen else 1


def answers(base_url: str) -> bool:
    """Whether the service there is ready."""
    try:
        # Its own certificate may be self-made; this asks nothing secret of it.
        return requests.get(f"{base_url}/readyz", timeout=2, verify=False).status_code == 200  # noqa: S501
    except requests.RequestException:
        return False
