"""The broker that workers take messages from: RabbitMQ where BROKER_URL names one, else the Redis there is anyway."""

from typing import Any

from dramatiq import Broker

from settings import Settings
from workers.redis_broker import redis_broker


def make_broker(settings: Settings, middleware: list[Any]) -> Broker:
    """Make the one that the settings name; it connects when a worker begins."""
    if settings.broker_url is None:
        return redis_broker(settings, middleware)
    # Who does without it is spared pika, its 2.5 MB and 11 ms.
    from workers.rabbitmq_broker import RabbitBroker

    return RabbitBroker(settings.broker_url, middleware)
