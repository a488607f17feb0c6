"""One request to somebody else's server, over within its time whatever that server does."""

from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_auth_from_url
from urllib3.exceptions import HTTPError

from workers.bounded import LARGEST_ANSWER, Deadline, PlainPool, SecurePool

# In seconds: to connect, and to wait for each part of an answer; and for all of it together.
ANSWERS_WITHIN = 10
OVER_WITHIN = 15


def post(url: str, document: Any, *, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str]]:
    """Send a document as JSON; return the status and the headers of the answer.

    Redirects are not followed, cookies not kept, and no more than 64 KiB of an answer are read. Raises
    requests.RequestException where there is no answer, requests.Timeout of it where none came in time.
    """
    own = {"User-Agent": "Aerie", "Connection": "close"}
    request = requests.Request("POST", url, json=document, headers={**headers, **own}, auth=_basic(url)).prepare()
    with Deadline(OVER_WITHIN, each=ANSWERS_WITHIN) as deadline, _Direct() as server:
        try:
            answer = server.send(request, stream=True, timeout=(ANSWERS_WITHIN, ANSWERS_WITHIN))
        except requests.ConnectionError as error:
            if deadline.is_over:
                raise requests.Timeout from error
            raise
        with answer:
            # It has answered, whether or not the rest comes.
            with suppress(HTTPError, OSError):
                answer.raw.read(LARGEST_ANSWER, decode_content=False)
            return answer.status_code, answer.headers


def _basic(url: str) -> Any:
    """The name and password in an address, in UTF-8; requests itself can't say what Latin-1 has not."""
    pair = tuple(part.encode() for part in get_auth_from_url(url))
    return pair if any(pair) else None


class _Direct(HTTPAdapter):
    """requests without a session: no proxy or password from the environment, no redirect, no cookie, one connection."""

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
