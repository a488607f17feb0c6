"""The real Caddy with the configuration that Aerie ships, in front of whatever a test names."""

import os
import shutil
import ssl
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.services.processes import free_port, running, wait_until

CADDYFILE = Path(__file__).resolve().parents[2] / "deploy" / "Caddyfile"
COMMAND = [str(Path(sys.executable).with_name("caddy")), "run", "--adapter", "caddyfile", "--config", str(CADDYFILE)]


@dataclass(frozen=True)
class Proxy:
    """Where it listens, and who vouches for its certificate if it has one."""

    port: int
    url: str
    authority: Path | None

    @property
    def verify(self) -> str | bool:
        """What `requests` is to check certificates with."""
        return str(self.authority) if self.authority else True


@contextmanager
def caddy(*machines: str, tls: bool = False) -> Iterator[Proxy]:
    """A proxy in front of these machines, with a certificate of its own making if that is wanted."""
    folder = Path(tempfile.mkdtemp(prefix="aerie-caddy-"))
    port = free_port()
    authority = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    url = f"https://localhost:{port}" if tls else f"http://127.0.0.1:{port}"
    proxy = Proxy(port, url, authority if tls else None)
    environment = {
        "SITE": url if tls else f":{port}",
        "API": " ".join(machines),
        "HTTP_PORT": str(free_port()),
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "PATH": os.defpath,
    }
    try:
        with running(COMMAND, log=folder / "log", env=environment):
            wait_until(lambda: _answers(proxy), what=f"Caddy; its log says {(folder / 'log').read_text()}")
            yield proxy
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _answers(proxy: Proxy) -> bool:
    try:
        requests.get(f"{proxy.url}/metrics", timeout=2, verify=proxy.verify)
    except (OSError, ssl.SSLError):
        return False
    return True
