"""The one way to answer what an Idempotency-Key may have done before."""

from collections.abc import Callable
from typing import Any

import falcon

from models.idempotency import Once
from models.user import User


def first_answer(resp: falcon.Response, once: Once, verb: Callable[[], Any], *, rule: Callable[[User], None]) -> Any:
    """The document that the verb answers now, or answered when the key was first used.

    *rule* is the one that the verb checks in its transaction; it must allow the caller for a kept answer too.
    """
    document, replayed = once.run(verb, rule=rule)
    if replayed:
        resp.set_header("Idempotent-Replayed", "true")
    return document
