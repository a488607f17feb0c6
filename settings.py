"""Every setting, read once from the environment; a bad value is one sentence that names it."""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Self
from urllib.parse import quote, urlsplit

from environment import Environment, SettingsError, has_sane_port

MINIMUM_SECRET_BYTES = 32
# sun_path holds 108 bytes on Linux and 104 on macOS, with the closing zero.
LONGEST_SOCKET_PATH = 103


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the environment says; docs/operations.md lists every variable."""

    host: str
    port: int
    web_concurrency: int
    data_dir: Path
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    embedded_redis: bool
    broker_url: str | None = field(repr=False)
    secret_key: str = field(repr=False)
    secret_key_previous: str | None = field(repr=False)
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]
    admin_username: str | None
    admin_password: str | None = field(repr=False)
    signup_open: bool
    signups_per_hour: int
    counter_url: str | None = field(repr=False)
    session_ttl: int
    tls_cert: Path | None
    tls_key: Path | None
    cors_origins: tuple[str, ...]
    metrics_token: str | None = field(repr=False)
    log_level: str
    js_timeout: int
    js_memory_mb: int
    max_active_tasks: int
    defects_per_hour: int
    drain_seconds: int

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read every variable.

        Raises SettingsError, whose text is the one sentence to show. Makes DATA_DIR, and in it the
        secret key where both stores are embedded.
        """
        return cls.read(Environment(environ))

    @classmethod
    def read(cls, env: Environment) -> Self:
        """Read every variable of an environment; as `from_env` does."""
        data_dir = env.folder("DATA_DIR", "var")
        database_url = env.secret("DATABASE_URL")
        redis_url = env.secret("REDIS_URL")
        tls_cert, tls_key = _checked_pair(*env.pair("TLS_CERT", "TLS_KEY", env.readable_file))
        admin_username, admin_password = env.pair("ADMIN_USERNAME", "ADMIN_PASSWORD", env.secret)
        return cls(
            host=env.text("HOST", "127.0.0.1"),
            port=env.number("PORT", 8000, low=1, high=65535),
            web_concurrency=env.number("WEB_CONCURRENCY", 2, low=1, high=256),
            data_dir=data_dir,
            database_url=_database_url(database_url, data_dir),
            redis_url=_redis_url(redis_url, data_dir),
            embedded_redis=redis_url is None,
            broker_url=_broker_url(env.secret("BROKER_URL")),
            secret_key=_secret_key(env, data_dir, made_here=database_url is None and redis_url is None),
            secret_key_previous=_long_enough("SECRET_KEY_PREVIOUS", env.secret("SECRET_KEY_PREVIOUS")),
            trusted_proxies=env.networks("TRUSTED_PROXIES"),
            admin_username=admin_username,
            admin_password=admin_password,
            signup_open=env.choice("SIGNUP", "open", ("open", "closed")) == "open",
            signups_per_hour=env.number("SIGNUPS_PER_HOUR", 60, low=0, high=1_000_000),
            counter_url=env.web_address("COUNTER_URL"),
            session_ttl=env.number("SESSION_TTL", 86400, low=1, high=31_536_000),
            tls_cert=tls_cert,
            tls_key=tls_key,
            cors_origins=env.origins("CORS_ORIGINS"),
            metrics_token=env.secret("METRICS_TOKEN"),
            log_level=env.choice("LOG_LEVEL", "info", ("debug", "info", "warning", "error")),
            js_timeout=env.number("JS_TIMEOUT", 3600, low=1, high=604_800),
            js_memory_mb=env.number("JS_MEMORY_MB", 256, low=16, high=65_536),
            max_active_tasks=env.number("MAX_ACTIVE_TASKS", 10_000, low=1, high=10_000_000),
            defects_per_hour=env.number("DEFECTS_PER_HOUR", 10_000, low=0, high=10_000_000),
            drain_seconds=env.number("DRAIN_SECONDS", 0, low=0, high=3600),
        )

    @classmethod
    def or_exit(cls) -> Self:
        """Read every variable, or end this process with the sentence that says what is wrong.

        Every program begins with it, so that what any of them writes is for its owner alone.
        """
        os.umask(0o077)
        try:
            return cls.from_env()
        except SettingsError as error:
            raise SystemExit(f"aerie: {error}") from None

    @property
    def on_sqlite(self) -> bool:
        """Whether the database is a SQLite file rather than a Postgres server."""
        return self.database_url.startswith("sqlite:")

    @property
    def sqlite_path(self) -> str:
        """Where the SQLite file is: what follows `sqlite:///`."""
        return self.database_url.removeprefix("sqlite:///")

    @property
    def base_url(self) -> str:
        """Where a client on this machine finds the service."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104
        host = f"[{host}]" if ":" in host else host
        return f"{'https' if self.tls_cert else 'http'}://{host}:{self.port}"


def _database_url(given: str | None, data_dir: Path) -> str:
    if given is None:
        return f"sqlite:///{data_dir / 'aerie.db'}"
    if given.startswith("sqlite:///") and len(given) > len("sqlite:///"):
        return given
    if given.startswith(("postgres://", "postgresql://")):
        return "postgresql://" + given.split("://", 1)[1]
    raise SettingsError("DATABASE_URL must begin with postgresql:// or sqlite:///.")


def _redis_url(given: str | None, data_dir: Path) -> str:
    if given is not None:
        if given.startswith(("redis://", "rediss://", "unix://")) and has_sane_port(given):
            return given
        raise SettingsError("REDIS_URL must be an address that begins with redis://, rediss:// or unix://.")
    socket = data_dir / "redis.sock"
    if len(os.fsencode(socket)) > LONGEST_SOCKET_PATH:
        raise SettingsError(
            f"DATA_DIR is too long for the Redis socket inside it: {socket} has more than {LONGEST_SOCKET_PATH} bytes."
        )
    return f"unix://{quote(str(socket))}"


def _broker_url(given: str | None) -> str | None:
    if given is not None and not _is_of_a_broker(given):
        raise SettingsError("BROKER_URL must be an address like amqp://user:password@host:5672/vhost, or amqps://.")
    return given


def _is_of_a_broker(given: str) -> bool:
    if not has_sane_port(given):
        return False
    parts = urlsplit(given)
    # What may follow would be pika's own settings, and those are ours to make.
    is_plain = not (parts.query or parts.fragment) and parts.path.count("/") <= 1
    has_both = (parts.username is None) == (parts.password is None)
    return parts.scheme in ("amqp", "amqps") and bool(parts.hostname) and is_plain and has_both


def _secret_key(env: Environment, data_dir: Path, *, made_here: bool) -> str:
    given = _long_enough("SECRET_KEY", env.secret("SECRET_KEY"))
    if given is not None:
        return given
    if not made_here:
        raise SettingsError("SECRET_KEY is required when DATABASE_URL or REDIS_URL is set; give it 32 bytes or more.")
    return str(_long_enough("DATA_DIR/secret_key", env.kept_secret(data_dir / "secret_key")))


def _checked_pair(cert: Path | None, key: Path | None) -> tuple[Path | None, Path | None]:
    if cert is not None:
        try:
            # An encrypted key would be asked for at a terminal that nobody sits at.
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(cert, key, password=lambda: "")
        except (ssl.SSLError, OSError, ValueError):
            raise SettingsError("TLS_CERT and TLS_KEY must be a certificate and its key in PEM, unencrypted.") from None
    return cert, key


def _long_enough(name: str, value: str | None) -> str | None:
    if value is not None and len(value.encode()) < MINIMUM_SECRET_BYTES:
        raise SettingsError(f"{name} must have at least {MINIMUM_SECRET_BYTES} bytes.")
    return value
