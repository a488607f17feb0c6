"""What people say of themselves: an e-mail address and any JSON object."""

import re
from decimal import Decimal
from typing import Any

import msgspec

from models.names import INVISIBLE, caseless, has_invisible

LONGEST_EMAIL = 254
LARGEST_DATA = 64 * 1024
DEEPEST_DATA = 32
LONGEST_PLACE = 100
_ATOM = r"[^\s@,;:<>()\[\]\\\".]+"
_LABEL = rf"(?!-){_ATOM}(?<!-)"
# One address: what a mailer would take for several, or for a name beside an address, is none.
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")


def checked_email(given: str | None) -> str | None:
    """Return the address as given; ValueError if no mail could reach it. None takes it away."""
    if given is None:
        return None
    if has_invisible(possible_email(given)):
        raise ValueError(INVISIBLE)
    if not _ADDRESS.fullmatch(given):
        raise ValueError("Give one address like alice@example.com, without quotes, brackets or commas.")
    return given


def possible_email(given: str) -> str:
    """Return the address as given; ValueError if no account can have it, by the rules of any version."""
    local, at, domain = given.rpartition("@")
    if not (at and local and domain) or len(given) > LONGEST_EMAIL:
        raise ValueError(f"Give an address like alice@example.com, of {LONGEST_EMAIL} characters at most.")
    if not given.isprintable() or " " in given:
        raise ValueError("Leave out spaces and control characters.")
    return given


def checked_part(given: str) -> str:
    """Return what is searched for as given; ValueError if no name or address could contain it."""
    if not 1 <= len(given) <= LONGEST_EMAIL or not given.isprintable():
        raise ValueError(f"Give 1 to {LONGEST_EMAIL} characters, none of them a control character.")
    return given


def email_key(email: str | None) -> str | None:
    """What an address is looked up by, whatever its letters' case."""
    return email and caseless(email)


def checked_data(given: dict[str, Any]) -> dict[str, Any]:
    """Return the object as given; ValueError if it is larger or deeper than we keep, or a number would change."""
    if _is_deeper_than(given, DEEPEST_DATA):
        raise ValueError(f"Nest it {DEEPEST_DATA} levels deep at most.")
    if len(msgspec.json.encode(given)) > LARGEST_DATA:
        raise ValueError(f"Keep it within {LARGEST_DATA // 1024} KiB of JSON.")
    place = _place_of_decimal(given)
    if place is not None:
        raise ValueError(f"Send {f'data{place}':.{LONGEST_PLACE}} as text; as a number it can't be kept exactly.")
    return given


def merged(target: Any, patch: Any) -> Any:
    """Apply a JSON merge patch (RFC 7396): null takes a key away, objects merge, all else replaces."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def _is_deeper_than(document: Any, levels: int) -> bool:
    layer = [document]
    for _ in range(levels + 1):
        containers = [each for each in layer if isinstance(each, dict | list)]
        if not containers:
            return False
        layer = [child for each in containers for child in (each.values() if isinstance(each, dict) else each)]
    return True


def _place_of_decimal(document: dict[str, Any] | list[Any]) -> str | None:
    """Find the first number that `as_double` left a Decimal: `.price`, `.prices[2]`; None if there is none."""
    is_object = isinstance(document, dict)
    for key, child in document.items() if isinstance(document, dict) else enumerate(document):
        if isinstance(child, dict | list | Decimal):
            inner = "" if isinstance(child, Decimal) else _place_of_decimal(child)
            if inner is not None:
                return f".{key}{inner}" if is_object else f"[{key}]{inner}"
    return None
