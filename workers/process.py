"""What every process does that is no server: open the stores, say that it is there, die with its parent."""

import os
import signal
import socket
import threading

import logs
from lifetime import end_with_parent
from models import presence
from models.errors import Unavailable
from models.stores import connect
from settings import Settings
from workers.sending import Sender


def begin(settings: Settings, kind: str) -> None:
    """To be called once, in the process that will do the work."""
    # Whatever else it is told, a Dramatiq 2.2 process waits for ever for the master that was to hear of its start.
    end_with_parent(by=signal.SIGKILL)
    logs.configure(settings.log_level)
    connect(settings, send=Sender(settings))
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
