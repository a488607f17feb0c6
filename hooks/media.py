"""The bytes of a request's body, counted as they are read, and the strict JSON in them."""

from typing import Any, TypeVar
from urllib.parse import parse_qsl

import falcon
import msgspec

from models.errors import AerieError
from models.numbers import DoubleReader

LARGEST_BODY = 1024 * 1024
MOST_FIELDS = 50

Type = TypeVar("Type")


class Malformed(AerieError):
    """The body can't be read as what it says it is."""


class TooLarge(AerieError):
    """The body is larger than any we take."""

    def __init__(self) -> None:
        super().__init__(f"Send a body of {LARGEST_BODY // 1024} KiB at most.")


class NotJSON(AerieError):
    """The body says that it is something else."""


class Encoded(AerieError):
    """The body is compressed, or encoded in some other way."""

    def __init__(self) -> None:
        super().__init__("Send the body as it is, without Content-Encoding.")


class TooSlow(AerieError):
    """The body did not arrive in time."""

    def __init__(self) -> None:
        super().__init__("Send the whole body without long pauses.")


def is_json(req: falcon.Request) -> bool:
    """Whether the body says that it is JSON, or JSON of some kind."""
    kind = media_type(req)
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def is_form(req: falcon.Request) -> bool:
    """Whether the body says that it is a form, as browsers send it where they are told nothing else."""
    return media_type(req) == falcon.MEDIA_URLENCODED


def media_type(req: falcon.Request) -> str:
    """What the body says that it is, without parameters; empty where it says nothing."""
    return (req.content_type or "").partition(";")[0].strip().lower()


def announces_body(req: falcon.Request) -> bool:
    """Whether the head says that a body follows."""
    return bool(req.content_length) or "HTTP_TRANSFER_ENCODING" in req.env


def read_body(req: falcon.Request) -> bytes:
    """The whole body, a chunked one too, read when it is first asked for; TooLarge as soon as it is known to be."""
    if "raw" not in req.context:
        req.context.raw = _read(req)
    raw: bytes = req.context.raw
    return raw


def _read(req: falcon.Request) -> bytes:
    codings = (req.get_header("Content-Encoding") or "").split(",")
    if any(coding.strip().lower() not in ("", "identity") for coding in codings):
        raise Encoded
    length = req.content_length
    if length is not None and length > LARGEST_BODY:
        raise TooLarge
    chunked = length is None and "HTTP_TRANSFER_ENCODING" in req.env
    stream = req.stream if chunked else req.bounded_stream
    try:
        raw: bytes = stream.read(LARGEST_BODY + 1)
    except (BlockingIOError, TimeoutError):
        # The receive timeout of gunicorn.conf.py ran out.
        raise TooSlow from None
    except Exception:
        # The connection broke, or the server met chunks that are none and says so in errors of its own.
        raise Malformed("The body broke off, or its chunks are wrong; send it whole.") from None
    if len(raw) > LARGEST_BODY:
        raise TooLarge
    if length is not None and len(raw) < length:
        raise Malformed("The body broke off; send it whole.")
    return raw


def decoded(raw: bytes, into: type[Type]) -> Type:
    """Decode strict JSON; Malformed if it is none, msgspec.ValidationError if it is not of that type."""
    kind: Any = into  # mypy 2.4 takes type[Type] for unhashable
    try:
        # The hook reads numbers of no declared type alone: those in `data`.
        found: Type = msgspec.json.Decoder(kind, float_hook=DoubleReader()).decode(raw)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"Send well-formed JSON in UTF-8: {_sentence(error)}.") from None
    except RecursionError:
        raise Malformed("Send JSON that is nested less deeply.") from None
    return found


def undecoded(raw: bytes) -> dict[str, msgspec.Raw]:
    """The fields of strict JSON that must be an object, with their values as they were sent."""
    try:
        return decoded(raw, dict[str, msgspec.Raw])
    except msgspec.ValidationError as error:
        raise Malformed(f"Send a JSON object: {_sentence(error)}.") from None


def read_form(req: falcon.Request) -> list[tuple[str, str]]:
    """The names and values of a form, taken apart when they are first asked for; Malformed if it is none."""
    if "pairs" not in req.context:
        req.context.pairs = _decoded_form(read_body(req))
    pairs: list[tuple[str, str]] = req.context.pairs
    return pairs


def _decoded_form(raw: bytes) -> list[tuple[str, str]]:
    try:
        # Empty parts are ignored, as the WHATWG URL standard has it. A part without `=` is more likely JSON that says
        # it is a form, as curl sends it by default: as the name of a field it would be quoted, passwords and all.
        form = "&".join(filter(None, raw.decode().split("&")))
        return parse_qsl(
            form, keep_blank_values=True, strict_parsing=bool(form), errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise Malformed("Send a well-formed form in UTF-8.") from None


def _sentence(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"there is no UTF-8 at byte {error.start}"
    return str(error).replace("`", "'").removesuffix(".")
