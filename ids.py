"""Ids that we make up ourselves."""

import os
import time


def time_ordered_id() -> str:
    """32 hexadecimal digits: this moment in milliseconds, then 80 random bits that nobody guesses.

    Those of one moment stand beside each other in an index, so that a commit writes one page of it for many of them;
    random ones would each have a page of their own. UUIDv7 (RFC 9562) does the same, with dashes.
    """
    return f"{time.time_ns() // 1_000_000:012x}{os.urandom(10).hex()}"
