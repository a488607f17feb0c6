"""How every process begins that is no server: it opens the stores, and says every few seconds that it is there."""

import os
import socket
import threading

import logs
from models import presence
from models.errors import Unavailable
from models.stores import connect
from settings import Settings
from workers.sending import send


def begin(settings: Settings, kind: str) -> None:
    """To be called once, in the process that will do the work."""
    logs.configure(settings.log_level)
    connect(settings, send=send)
    name = f"{kind}@{socket.gethostname()}:{os.getpid()}"
    threading.Thread(target=_announce, args=(name,), name="presence", daemon=True).start()
    logs.info("worker started", worker=name)


def _announce(name: str) -> None:
    pause = threading.Event()
    while True:
        try:
            presence.announce(name)
        except Unavailable:
            logs.warning("worker can't reach redis", worker=name)
        pause.wait(presence.EVERY)
