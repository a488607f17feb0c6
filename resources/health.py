"""`/livez` and `/readyz`: is the process up, and can it do its work."""

from typing import TypedDict

import falcon

import draining
from models import presence
from models.errors import Unavailable
from models.stores import database_answers
from resources import Resource


class Liveness(TypedDict):
    """The process answers."""

    status: str


class Readiness(TypedDict):
    """Each store by name, "ok" or "away", and the worker processes seen within 15 seconds."""

    status: str
    database: str
    redis: str
    workers: list[str]


class Live(Resource):
    """Whether this process is up."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Ask whether the process is up.

        Asks no store, so that a process is not restarted because a database is away.

        200 Liveness: it is
        """
        alive: Liveness = {"status": "ok"}
        resp.media = alive


class Ready(Resource):
    """Whether the stores can be reached."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Ask whether the service can do its work.

        Names the workers seen lately too; their absence does not take the API out of service. While it is `draining`,
        this machine still serves, but is about to stop: new requests should go elsewhere.

        200 Readiness: database and Redis answer
        503 Readiness: one of them does not, or this machine is about to stop
        """
        database = database_answers()
        redis, workers = _redis_and_workers()
        ready: Readiness = {
            "status": _status(all_there=database and redis),
            "database": "ok" if database else "away",
            "redis": "ok" if redis else "away",
            "workers": workers,
        }
        resp.media = ready
        if ready["status"] != "ok":
            resp.status = falcon.HTTP_503
            resp.retry_after = 1


def _status(*, all_there: bool) -> str:
    if draining.has_begun():
        return "draining"
    return "ok" if all_there else "unavailable"


def _redis_and_workers() -> tuple[bool, list[str]]:
    try:
        return True, presence.seen_lately()
    except Unavailable:
        return False, []
