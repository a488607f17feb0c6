"""JSON out: the one handler that every answer goes through."""

from typing import Any

import msgspec
from falcon.media import BaseHandler
from falcon.typing import ReadableIO


class JSONOut(BaseHandler):
    """Encodes answers with msgspec: UTF-8, and moments as RFC 3339 with a Z.

    Bodies come in through hooks/media.py, where they are counted as they are read.
    """

    _encode = staticmethod(msgspec.json.Encoder().encode)

    def serialize(self, media: Any, content_type: str) -> bytes:
        return self._encode(media)

    def deserialize(self, stream: ReadableIO, content_type: str | None, content_length: int | None) -> Any:
        raise NotImplementedError("hooks.media reads bodies")
