"""How RabbitMQ is reached, and what its queues are."""

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import AMQPError

# What pika says of a server that is away, hangs or refuses; of one that hangs while it is connected to, pika 1.4 says
# what is none of its public exceptions.
FAULTS = (AMQPError, AMQPConnectorException, OSError)
# In seconds. A server that hangs keeps those who connect waiting; one that is not there at all, its kernel.
REACHED_WITHIN, CONNECTED_WITHIN = 2, 5
# After twice this a server takes a client for gone that says nothing, and delivers what it had to others; pika takes
# a server for gone after this and 5 s, at the next look.
HEARTBEAT = 5
# Whatever the default of a virtual host is.
ARGUMENTS = {"x-queue-type": "classic"}
# Not written to disk: the row that a message is about is.
PROPERTIES = pika.BasicProperties(content_type="application/json", delivery_mode=pika.DeliveryMode.Transient)


def parameters(url: str) -> pika.URLParameters:
    """What pika is to know of a server, whose address this is; one attempt, and whoever wants more tries again."""
    found = pika.URLParameters(url)
    found.connection_attempts = 1
    found.socket_timeout, found.stack_timeout = REACHED_WITHIN, CONNECTED_WITHIN
    found.heartbeat = HEARTBEAT
    # Where memory or disk are short there, to hang up and to come again would take more of it.
    found.blocked_connection_timeout = None
    found.client_properties = {"connection_name": "aerie"}
    return found


def declare(channel: BlockingChannel, queue: str) -> int:
    """Have the queue be there, whatever the server has forgotten; how many messages wait in it.

    Dramatiq's own have two companions, for messages that are to come later and for those that nobody could work on;
    here the row says both.
    """
    declared = channel.queue_declare(queue, durable=True, arguments=ARGUMENTS)
    return int(declared.method.message_count)
