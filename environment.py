"""Environment variables as the kinds of value that settings are made of."""

import ipaddress
import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

Kind = TypeVar("Kind")


class SettingsError(Exception):
    """A setting can't be used; the text is one sentence that names the variable."""


class Environment:
    """Reads variables by kind; an empty one counts as not set."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, name: str, default: str) -> str:
        return self._given(name) or default

    def number(self, name: str, default: int, *, low: int, high: int) -> int:
        given = self._given(name)
        if given is None:
            return default
        if not (given.isascii() and given.isdigit() and len(given) < 20 and low <= int(given) <= high):
            raise SettingsError(f"{name} must be a whole number from {low} to {high}, not {given[:40]!r}.")
        return int(given)

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        given = self.text(name, default).lower()
        if given not in choices:
            raise SettingsError(f"{name} must be one of {', '.join(choices)}, not {given!r}.")
        return given

    def secret(self, name: str) -> str | None:
        """The variable itself, or what the file that NAME_FILE names holds."""
        given, path = self._given(name), self._given(f"{name}_FILE")
        if given and path:
            raise SettingsError(f"{name} and {name}_FILE are both set; keep one.")
        if not path:
            return given
        try:
            return Path(path).read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{name}_FILE can't be read: {error}.") from None

    def folder(self, name: str, default: str) -> Path:
        """An absolute folder that exists, readable by its owner alone if it was made now."""
        path = Path(self.text(name, default)).expanduser().resolve()
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"{name} can't be used as a folder: {error}.") from None
        if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
            raise SettingsError(f"{name} can't be written: {path}.")
        return path

    def readable_file(self, name: str) -> Path | None:
        given = self._given(name)
        if given is None:
            return None
        path = Path(given).expanduser().resolve()
        if not (path.is_file() and os.access(path, os.R_OK)):
            raise SettingsError(f"{name} is not a file that can be read: {given!r}.")
        return path

    def pair(
        self, first: str, second: str, read: Callable[[str], Kind | None]
    ) -> tuple[Kind, Kind] | tuple[None, None]:
        """Two variables that mean nothing without each other."""
        one, other = read(first), read(second)
        if one is not None and other is not None:
            return one, other
        if one is None and other is None:
            return None, None
        given, missing = (first, second) if other is None else (second, first)
        raise SettingsError(f"{missing} is missing: {given} is set, and one needs the other.")

    def networks(self, name: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        def network(word: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
            try:
                return ipaddress.ip_network(word, strict=False)
            except ValueError:
                raise SettingsError(f"{name} must hold addresses or networks, and {word!r} is neither.") from None

        return tuple(network(word) for word in self._words(name))

    def web_address(self, name: str) -> str | None:
        given = self._given(name)
        if given is not None and not _is_web_address(given):
            raise SettingsError(f"{name} must be an address that begins with http:// or https://.")
        return given

    def origins(self, name: str) -> tuple[str, ...]:
        words = tuple(self._words(name))
        for word in words:
            if not _is_web_address(word) or word != _origin_of(word):
                raise SettingsError(f"{name} must hold origins like https://app.example, and {word!r} is none.")
        return words

    def kept_secret(self, path: Path) -> str:
        """A secret that is made once, kept in a file for its owner alone, and the same ever after."""
        try:
            if not path.exists():
                _write_once(path, secrets.token_hex(32))
            return path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"DATA_DIR can't keep the secret key: {error}.") from None

    def _words(self, name: str) -> list[str]:
        return [word.strip() for word in (self._given(name) or "").split(",") if word.strip()]

    def _given(self, name: str) -> str | None:
        given = self._environ.get(name) or None
        # Python keeps bytes that are no UTF-8 as halves of characters, which nothing else takes.
        if given is not None and any("\ud800" <= char <= "\udfff" for char in given):
            raise SettingsError(f"{name} must be text in UTF-8.")
        return given


def _write_once(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    # link() fails where the name exists: of two that start at once, one key wins whole.
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def _is_web_address(given: str) -> bool:
    return has_sane_port(given) and urlsplit(given).scheme in ("http", "https") and bool(urlsplit(given).hostname)


def _origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def has_sane_port(address: str) -> bool:
    """Whether an address can be taken apart, and its port, if it names one, is a port."""
    try:
        return urlsplit(address).port != 0
    except ValueError:
        return False
