"""What happens because its time has come: `python -m workers.scheduler`, as many of them as you like."""

import signal
import threading
import time
from contextlib import suppress
from functools import partial
from typing import Any

import logs
from models.errors import Unavailable
from models.idempotency import KeptAnswer
from models.notification import Notification
from models.notification_document import NOTICE
from models.stores import DATABASE_FAULTS, check_connection, drop_connection
from models.task import Task
from models.task.tally import TaskTally
from models.task_kinds import Kind
from models.user import User
from settings import Settings
from workers.process import begin
from workers.sending import room_in_queue

# In seconds: between two looks for delays that are due, and for what has to be mended.
LOOKS_EVERY = 0.05
MENDS_EVERY = 1.0
FORGETS_EVERY = 60.0
RESTS_AFTER_A_FAULT = 0.5


class Scheduler:
    """Looks at the clock and at the database; needs no message to know what to do."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._mended_at = self._forgot_at = 0.0

    def stop(self, signum: int, frame: Any) -> None:
        """Have the loop end soon."""
        self._stopping.set()

    def loop(self) -> None:
        """Do what is due, until stopped; whatever fails is tried again."""
        while not self._stopping.wait(self._rest()):
            pass

    def _rest(self) -> float:
        """Do what is due now, and return for how long nothing will be."""
        try:
            check_connection()
            self._work()
        except DATABASE_FAULTS as fault:
            drop_connection()
            logs.warning("scheduler waits", fault=type(fault).__name__)
            return RESTS_AFTER_A_FAULT
        return LOOKS_EVERY

    def _work(self) -> None:
        while Task.is_any_due() and Task.finish_due():
            pass
        # A batch at a time, so that others write in between.
        User.remove_erased()
        if time.monotonic() - self._mended_at > MENDS_EVERY:
            self._mended_at = time.monotonic()
            Task.mend_expired()
            self._send_again()
        if time.monotonic() - self._forgot_at > FORGETS_EVERY:
            self._forgot_at = time.monotonic()
            while KeptAnswer.forget_old():
                pass
            while TaskTally.sum_up():
                pass

    def _send_again(self) -> None:
        again: dict[str, Any] = {kind: partial(Task.send_again, kind) for kind in Kind}
        again[NOTICE] = Notification.send_again
        for kind, send_again in again.items():
            # When the broker is back; and one queue that it can't read keeps no other waiting.
            with suppress(Unavailable):
                send_again(most=room_in_queue(kind))


def main() -> None:
    """Run until told to stop."""
    begin(Settings.or_exit(), "scheduler")
    scheduler = Scheduler()
    signal.signal(signal.SIGTERM, scheduler.stop)
    signal.signal(signal.SIGINT, scheduler.stop)
    scheduler.loop()


if __name__ == "__main__":
    main()
