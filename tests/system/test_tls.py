"""HTTPS, with a certificate made for the occasion."""

import os
import signal
import socket
import ssl
import time
from functools import partial
from pathlib import Path

import trustme

from tests.services.processes import wait_until
from tests.system.browsers import Curl, live_by_cookie
from tests.system.server import Server


def test_it_serves_https_to_browsers_too_and_drops_stalled_clients_there(data_dir: Path) -> None:
    authority, certificate, key = (data_dir.parent / name for name in ("authority.pem", "certificate.pem", "key.pem"))
    maker = trustme.CA()
    maker.cert_pem.write_to_path(str(authority))
    _issue(maker, certificate, key)
    with Server(data_dir, authority=authority, TLS_CERT=str(certificate), TLS_KEY=str(key)) as server:
        stalled = [_in_a_request(server.port, authority) for _ in range(6)]
        stalled += [_in_a_handshake(server.port) for _ in range(6)]
        started = time.monotonic()
        answer = server.call("GET", "/livez")
        assert time.monotonic() - started < 1
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        live_by_cookie(Curl(server, data_dir.parent / "jar"), server, "__Host-session")
        for client in stalled:
            with client:
                client.settimeout(20)
                assert client.recv(100) == b""
        _issue(maker, certificate, key)
        os.kill(server.pids_of("-m gunicorn")[0], signal.SIGHUP)
        shown = partial(ssl.get_server_certificate, ("localhost", server.port))
        wait_until(lambda: shown() == certificate.read_text(), what="the renewed certificate, without a restart")
        # As while it is written anew.
        assert {server.call("GET", "/livez").status_code for _ in range(20)} == {200}
        certificate.write_text("half of it")
        os.kill(server.pids_of("-m gunicorn")[0], signal.SIGHUP)
        wait_until(lambda: "TLS_CERT and TLS_KEY must be" in server.log(), what="the reason for no restart")
        assert {server.call("GET", "/livez").status_code for _ in range(20)} == {200}
    assert "Traceback" not in server.log()


def _issue(maker: trustme.CA, certificate: Path, key: Path) -> None:
    issued = maker.issue_cert("localhost")
    issued.cert_chain_pems[0].write_to_path(str(certificate))
    issued.private_key_pem.write_to_path(str(key))


def _in_a_request(port: int, authority: Path) -> socket.socket:
    context = ssl.create_default_context(cafile=str(authority))
    context.check_hostname = False
    client = context.wrap_socket(socket.create_connection(("127.0.0.1", port)))
    client.sendall(b"GET / HTTP/1.1\r\nX-Half")
    return client


def _in_a_handshake(port: int) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port))
    client.sendall(b"\x16\x03\x01")
    return client
