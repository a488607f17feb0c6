"""How gunicorn serves the application: processes, threads, time limits and TLS."""

import resource
import socket
import ssl
import struct
from collections.abc import Callable
from typing import Any

from arbiter import Signals
from incoming import HAD_SHARE
from lifetime import keep_stops_for_children
from listening import wait_for_a_word
from metrics.slots import Slots
from models.capacity import SERVING_THREADS
from server.arrival import RECEIVE_TIMEOUT
from serving import ImpatientTLSSocket, JSONLogger, Worker
from settings import Settings
from sharing import is_gone

# Connections of one process, and what else it has open: its threads' to the stores, above all.
MOST_CONNECTIONS, OTHER_FILES = 1000, 200

settings = Settings.or_exit()
# A worker that is told to stop as soon as it is forked would else be waited for, for all of graceful_timeout.
keep_stops_for_children()

_contexts: list[ssl.SSLContext] = []


def ssl_context(config: Any, default_ssl_context_factory: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """Gunicorn's own context, with sockets that have the receive timeout; made once a process.

    Gunicorn asks for one a connection, and would read the certificate's files each time, half-written ones too.
    """
    if not _contexts:
        context = default_ssl_context_factory()
        context.sslsocket_class = ImpatientTLSSocket
        _contexts.append(context)
    return _contexts[0]


def connections() -> int:
    """As many as there may be files for, of which systems allow few at first; one too many would end the process."""
    wanted = MOST_CONNECTIONS + OTHER_FILES
    allowed, highest = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        allowed = wanted if highest == resource.RLIM_INFINITY else min(wanted, highest)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, highest))
        return max(allowed - OTHER_FILES, 2 * threads)
    return MOST_CONNECTIONS


wsgi_app = "api.app:create_app()"
bind = f"[{settings.host}]:{settings.port}" if ":" in settings.host else f"{settings.host}:{settings.port}"
workers = settings.web_concurrency
worker_class = Worker
Worker.proxies = settings.trusted_proxies
threads = SERVING_THREADS
worker_connections = connections()
keepalive = 75
# The most that gunicorn can be told: filters of 254 characters, percent-encoded, would not go into its 4,094 bytes.
limit_request_line = 8190
# Both of one request may come to 820 KB; incoming.py holds the whole head to 32 KiB.
limit_request_fields = 100
limit_request_field_size = 8190
graceful_timeout = 30
proc_name = "aerie"
control_socket_disable = True
# Addresses behind proxies are worked out in hooks/client.py, from TRUSTED_PROXIES.
forwarded_allow_ips = ""
certfile = str(settings.tls_cert) if settings.tls_cert else None
keyfile = str(settings.tls_key) if settings.tls_key else None
logger_class = JSONLogger
loglevel = settings.log_level
# What its processes count for /metrics outlives them, and not this gunicorn.
_slots = Slots(settings.data_dir / "metrics")
on_starting, pre_fork, post_fork = _slots.clear, _slots.assign, _slots.enter
child_exit = is_gone


def post_request(worker: Any, req: Any, environ: dict[str, Any], resp: Any) -> None:
    """Have a client wait a moment that was refused its share."""
    if environ.get(HAD_SHARE):
        worker.rest(req.peer_addr)


def when_ready(server: Any) -> None:
    """Give the listening sockets the receive timeout, which accepted ones inherit."""
    timeout = struct.pack("ll", RECEIVE_TIMEOUT, 0)
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeout)
        wait_for_a_word(listener, RECEIVE_TIMEOUT)
    Signals(server, settings.drain_seconds).hear()
