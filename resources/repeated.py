"""The one way to answer what an Idempotency-Key may have done before."""

from collections.abc import Callable
from typing import Any

import falcon

from models.idempotency import Once


def first_answer(resp: falcon.Response, once: Once, verb: Callable[[], Any]) -> Any:
    """The document that the verb answers now, or answered when the key was first used."""
    document, replayed = once.run(verb)
    if replayed:
        resp.set_header("Idempotent-Replayed", "true")
    return document
