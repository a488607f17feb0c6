"""Tells RabbitMQ what there is to do: whoever sends leaves it with a thread, and waits for nobody."""

import atexit
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError

import logs
from models.errors import Unavailable
from models.stores import Message
from workers.rabbitmq import FAULTS, PROPERTIES, declare, parameters

# In seconds. What has waited for so long says that RabbitMQ hangs, or takes nothing while its memory is short.
PATIENCE = 0.5
SILENCE = 1.0
LOOKS_EVERY = 1.0
MOST_WAITING, AT_A_TIME = 10_000, 100


class Line:
    """One connection a process, which one thread has: it keeps it alive, and makes it anew each second where it can't.

    Those who come while there is none, or while it hangs, are told at once; what was left with it and could not be sent
    is logged.
    """

    def __init__(self, url: str) -> None:
        self._parameters = parameters(url)
        # Queues that were there once this connection had asked.
        self._there: set[str] = set()
        # What is being sent stays in it until RabbitMQ has said that it has it.
        self._errands: deque[_Errand] = deque()
        self._connection: pika.BlockingConnection | None = None
        self._is_away = self._sleeps = False
        threading.Thread(target=self._work, name="rabbitmq", daemon=True).start()
        atexit.register(self.finish)

    def send(self, bodies: Sequence[tuple[str, bytes]], *, rows: Sequence[Message]) -> None:
        """Leave messages, each with its queue, to be sent, and what to say if they can't be; Unavailable at once."""
        self._leave(_Errand(bodies, rows, {queue for queue, _ in bodies}))

    def number_in(self, queue: str) -> int:
        """How many messages wait in a queue; Unavailable after half a second, or at once."""
        errand = _Errand((), (), {queue})
        self._leave(errand)
        if not errand.done.wait(PATIENCE) or queue not in errand.waiting:
            raise Unavailable
        return errand.waiting[queue]

    def finish(self) -> None:
        """Wait until all is sent, but not for long: this process ends."""
        deadline = time.monotonic() + PATIENCE
        while self._errands and not self._is_away and time.monotonic() < deadline:
            time.sleep(0.005)
        self._tell_of(list(self._errands))

    def _leave(self, errand: "_Errand") -> None:
        if self._is_away or self._hangs() or len(self._errands) >= MOST_WAITING:
            raise Unavailable
        self._errands.append(errand)
        connection = self._connection
        if self._sleeps and connection is not None:
            self._sleeps = False
            with suppress(AMQPError):
                connection.add_callback_threadsafe(_wake)

    def _hangs(self) -> bool:
        try:
            return time.monotonic() - self._errands[0].at > PATIENCE
        except IndexError:
            return False

    def _work(self) -> None:
        while True:
            try:
                self._serve()
            except FAULTS as error:
                # Once a second at most; what it says may quote the address.
                logs.warning("RabbitMQ fault", fault=type(error).__name__)
            except Exception as error:
                logs.failure("unexpected error", error)
            self._drop_all()
            time.sleep(SILENCE)

    def _serve(self) -> None:
        """Send what is left here until the connection breaks."""
        try:
            connection = pika.BlockingConnection(self._parameters)
            with connection:
                channel = connection.channel()
                self._there = set()
                self._connection, self._is_away = connection, False
                while True:
                    if self._errands:
                        self._run_errands(channel)
                    self._sleep(connection)
        finally:
            self._connection, self._is_away = None, True

    def _run_errands(self, channel: BlockingChannel) -> None:
        errands = [self._errands[place] for place in range(min(len(self._errands), AT_A_TIME))]
        queues = set().union(*(errand.queues for errand in errands))
        for queue in queues - self._there:
            # What goes to a queue that is not there is dropped. Who may use one alone asks for no other.
            declare(channel, queue)
            self._there.add(queue)
        for errand in errands:
            for queue, body in errand.bodies:
                channel.basic_publish("", queue, body, PROPERTIES)
        # RabbitMQ takes what comes over a channel in its order, so whoever hears of this has sent all the rest, too.
        waiting = {queue: declare(channel, queue) for queue in queues}
        for errand in errands:
            self._errands.popleft()
            errand.waiting = waiting
            errand.done.set()

    def _sleep(self, connection: pika.BlockingConnection) -> None:
        """Keep the connection alive until there is something to do."""
        self._sleeps = True
        # Whoever has left something since the last look has seen that nobody slept.
        connection.process_data_events(0 if self._errands else LOOKS_EVERY)
        self._sleeps = False

    def _drop_all(self) -> None:
        dropped = [self._errands.popleft() for _ in range(len(self._errands))]
        for errand in dropped:
            errand.done.set()
        self._tell_of(dropped)

    def _tell_of(self, errands: "Iterable[_Errand]") -> None:
        """Say whom nobody was told of. Nothing is lost: the rows have it, and it is sent again."""
        if rows := [row for errand in errands for row in errand.rows]:
            logs.warning("workers not told", rows=rows)


class _Errand:
    """Messages that are to be sent, and queues whose length is to be known after that."""

    __slots__ = ("at", "bodies", "done", "queues", "rows", "waiting")

    def __init__(self, bodies: Sequence[tuple[str, bytes]], rows: Sequence[Message], queues: set[str]) -> None:
        self.bodies, self.rows, self.queues = bodies, rows, queues
        self.at = time.monotonic()
        self.done = threading.Event()
        self.waiting: dict[str, int] = {}


def _wake() -> None:
    """To be called is all it takes."""
