"""The broker: Dramatiq over our Redis, set up so that a dead worker's messages come back in seconds."""

import os
import signal
import socket
import threading
from typing import Any

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import Middleware, ShutdownNotifications

import logs
from lifetime import end_with_parent
from models import presence
from models.errors import Unavailable
from models.stores import connect
from settings import Settings


class Presence(Middleware):
    """Opens a worker process's stores, and says every few seconds that it is there."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._name = ""
        self._stopping = threading.Event()

    def after_process_boot(self, broker: Any) -> None:
        """Begin, in the process that will do the work."""
        # Whatever else it is told, a Dramatiq 2.2 process waits for ever for the master that was to hear of its start.
        end_with_parent(by=signal.SIGKILL)
        logs.configure(self._settings.log_level)
        connect(self._settings)
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        threading.Thread(target=self._announce, name="presence", daemon=True).start()
        logs.info("worker started", worker=self._name)

    def before_worker_shutdown(self, broker: Any, worker: Any) -> None:
        """Stop saying so."""
        self._stopping.set()

    def _announce(self) -> None:
        while True:
            try:
                presence.announce(self._name)
            except Unavailable:
                logs.warning("worker can't reach redis", worker=self._name)
            if self._stopping.wait(presence.EVERY):
                return


def make_broker(settings: Settings) -> RedisBroker:
    """Dramatiq's defaults redeliver a dead worker's message after many minutes; ours in seconds."""
    return RedisBroker(  # type: ignore[no-untyped-call]
        url=settings.redis_url,
        middleware=[ShutdownNotifications(), Presence(settings)],
        maintenance_chance=1_000_000,
        heartbeat_timeout=15_000,
    )


dramatiq.set_broker(make_broker(Settings.or_exit()))
