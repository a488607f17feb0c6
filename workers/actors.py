"""What `python -m workers` runs: the broker, and an actor for tasks and one for notices.

`--queues tasks` works on delays, `--queues javascript` on JavaScript, `--queues notices` tells the counter server.
"""

import signal
from typing import Any

import dramatiq
from dramatiq.middleware import Middleware

from lifetime import end_with_parent
from models.notification_document import NOTICE
from models.task_kinds import Kind
from settings import Settings
from workers import notices, tasks
from workers.broker import make_broker
from workers.process import begin
from workers.sending import DELIVER, QUEUES, RUN_TASK, finish


class Surroundings(Middleware):
    """Begins and ends the process that the actor runs in."""

    def before_worker_boot(self, broker: Any, worker: Any) -> None:
        """Open the stores where the work will be done; Dramatiq imports this module in its master too."""
        # Whatever else it is told, a Dramatiq 2.2 process waits for ever for the master that was to hear of its start.
        end_with_parent(by=signal.SIGKILL)
        queues = worker.consumer_whitelist or set(QUEUES.values())
        its_kinds.update(kind for kind in Kind if QUEUES[kind] in queues)
        begin(settings, "+".join(sorted(queues)))

    def before_worker_shutdown(self, broker: Any, worker: Any) -> None:
        """Have what takes longer left to others."""
        tasks.stopping.set()

    def after_worker_shutdown(self, broker: Any, worker: Any) -> None:
        """Have others told of what was handed back."""
        finish()


# Of tasks, that this process is for.
its_kinds: set[Kind] = set()
settings = Settings.or_exit()
broker = make_broker(settings, [Surroundings()])
# The broker must be set before an actor is made.
dramatiq.set_broker(broker)
for queue in QUEUES.values():
    broker.declare_queue(queue)


@dramatiq.actor(actor_name=RUN_TASK, queue_name=QUEUES[Kind.DELAY])
def run_task(task_id: str) -> None:
    """Work on the task with that id, if it is there to be begun."""
    tasks.run(task_id, kinds=its_kinds)


@dramatiq.actor(actor_name=DELIVER, queue_name=QUEUES[NOTICE])
def deliver_notice(notice_id: int) -> None:
    """Deliver the notice with that id, if it is there to be delivered now."""
    notices.deliver(notice_id)
