"""Dramatiq over RabbitMQ: what a lost connection leaves open is delivered again, and its row says what is to do."""

# mypy: allow-untyped-calls

from contextlib import suppress
from typing import Any

from dramatiq.brokers.rabbitmq import RabbitmqBroker, _RabbitmqConsumer
from dramatiq.errors import ConnectionClosed

from workers.at_once import at_once
from workers.rabbitmq import FAULTS, declare, parameters


class PlainConsumer(_RabbitmqConsumer):
    """Has a connection of its own, and says of nothing that came over another that it is done.

    Dramatiq 2.2's own would say so of whatever came later under the same number, and have a thread wait for 5 s.
    """

    def __init__(self, broker: Any, queue_name: str, *arguments: Any) -> None:
        try:
            super().__init__(broker, queue_name, *arguments)
            declare(self.channel, queue_name)
        except FAULTS as error:
            if hasattr(self, "connection"):
                with suppress(*FAULTS):
                    self.connection.close()
            raise ConnectionClosed(error) from None

    def __next__(self) -> Any:
        message = super().__next__()
        if message is not None:
            message.consumer = self
        return message

    def ack(self, message: Any) -> None:
        if message.consumer is self:
            with suppress(ConnectionClosed):
                super().ack(message)

    def nack(self, message: Any) -> None:
        if message.consumer is self:
            with suppress(ConnectionClosed):
                super().nack(message)


class RabbitBroker(RabbitmqBroker):
    """Has a queue of each name, and none beside it; consumers alone connect."""

    def __init__(self, url: str, middleware: list[Any]) -> None:
        # Not told of the address: it would take a ; in a password for the end of it.
        super().__init__(middleware=middleware)
        self.parameters = parameters(url)

    @property
    def consumer_class(self) -> type[PlainConsumer]:
        return PlainConsumer

    def declare_queue(self, queue_name: str, *, ensure: bool = False) -> None:
        """Have workers consume it; whoever connects makes it."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> PlainConsumer:
        return self.consumer_class(self, queue_name, at_once(queue_name, prefetch), timeout)
