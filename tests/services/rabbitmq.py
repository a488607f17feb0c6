"""A real RabbitMQ for the tests, as whoever runs them, with its files in a folder and its ports on 127.0.0.1."""

import logging
import shutil
import signal
import subprocess
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError

from tests.services.processes import free_port, running, wait_until
from workers.rabbitmq import parameters
from workers.sending import QUEUES

# Not the one on the PATH, which on Debian asks for root, or for the user that it was installed for.
SCRIPT = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
READY_WITHIN = 60
# As in the product.
logging.getLogger("pika").setLevel(logging.CRITICAL)
INSTALL = "needs RabbitMQ: apt-get install rabbitmq-server"


def is_installed() -> bool:
    """Whether one can be started here."""
    return SCRIPT.exists() and bool(shutil.which("epmd"))


class RabbitMQ:
    """Runs from the beginning of the block to its end; may be stopped, killed and emptied meanwhile."""

    def __init__(self, *settings: str) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="aerie-rabbitmq-"))
        self.port, self._names_port = free_port(), free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}"
        (self._folder / "rabbitmq.conf").write_text("\n".join(settings) + "\n")
        self._running = ExitStack()

    def __enter__(self) -> Self:
        # Who would else start one that outlives it.
        names = ["epmd", "-address", "127.0.0.1", "-port", str(self._names_port)]
        self._running.enter_context(running(names, log=self._folder / "epmd.log"))
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        # One that is stopped takes no other signal.
        self.signal(signal.SIGCONT)
        self._running.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Start it over whatever it has kept, and wait until it takes connections."""
        self._process: subprocess.Popen[bytes] = self._running.enter_context(
            running([str(SCRIPT)], log=self._folder / "log", stop=signal.SIGKILL, env=self._environment())
        )
        wait_until(self._answers, seconds=READY_WITHIN, every=0.1, what=f"RabbitMQ, whose log is {self._folder}/log")

    def signal(self, by: signal.Signals) -> None:
        """Send it a signal; SIGKILL has ended it when this returns."""
        self._process.send_signal(by)
        if by is signal.SIGKILL:
            self._process.wait()

    def empty(self) -> None:
        """Have it come back without anything; to be killed before."""
        shutil.rmtree(self._folder / "kept")
        self.start()

    def forget(self) -> None:
        """Delete the queues of tests before."""
        with pika.BlockingConnection(parameters(self.url)) as connection, connection.channel() as channel:
            for queue in set(QUEUES.values()):
                channel.queue_delete(queue)

    def number(self, kind: str) -> int:
        """How many messages of a kind wait that no worker has."""
        with pika.BlockingConnection(parameters(self.url)) as connection:
            channel: BlockingChannel = connection.channel()
            with suppress(AMQPError):  # where there is no queue
                return int(channel.queue_declare(QUEUES[kind], passive=True).method.message_count)
        return 0

    def run(self, erlang: str) -> None:
        """Have it do something that it can be told by no setting."""
        control = [str(SCRIPT.with_name("rabbitmqctl")), "-n", self._environment()["RABBITMQ_NODENAME"], "eval", erlang]
        subprocess.run(control, env=self._environment(), check=True, capture_output=True)

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self._folder / "log").read_text()
        try:
            pika.BlockingConnection(parameters(self.url)).close()
        except (AMQPError, OSError):
            return False
        return True

    def _environment(self) -> dict[str, str]:
        folder = str(self._folder)
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": folder,  # with the secret by which nodes know each other
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._names_port),
            "RABBITMQ_NODENAME": f"aerie-{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_MNESIA_BASE": f"{folder}/kept",
            "RABBITMQ_LOG_BASE": folder,
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq",
            "RABBITMQ_CONF_ENV_FILE": f"{folder}/none",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/none",
            # The script becomes the server, and gives it no terminal.
            "detached": "yes",
        }
