"""`python -m workers --threads 8 --queues tasks notices`: Dramatiq with our actors, taking what Dramatiq takes."""

# mypy: allow-untyped-calls

import multiprocessing
import sys

from workers.needed_environment import forget_the_rest

# Its master waits so long for a process that starts, and then a second more, be it that that one has died meanwhile.
STARTS_WITHIN_MS = "2000"

if __name__ == "__main__":
    forget_the_rest(sys.argv[1:])
    # Not before: it takes a tenth of a second.
    from dramatiq.cli import main

    # Python 3.14 would start them from a process of its own, and they end with the one that started them.
    if multiprocessing.get_start_method() == "forkserver":
        multiprocessing.set_start_method("fork", force=True)
    sys.argv += ["--skip-logging", "--worker-fork-timeout", STARTS_WITHIN_MS, "workers.actors"]
    sys.exit(main())
