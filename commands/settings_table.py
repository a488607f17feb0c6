"""The table of all settings, made of what Settings reads; docs/operations.md holds it, and a test compares the two."""

from pathlib import Path
from typing import NamedTuple

from environment import Environment
from settings import Settings

MEANINGS = {
    "HOST": "where to listen; `0.0.0.0` or `::` for everybody",
    "PORT": "where to listen",
    "WEB_CONCURRENCY": "API processes, of 24 threads each",
    "DATA_DIR": "the database, the Redis file and the secret key of the one-machine default; one server each",
    "DATABASE_URL": "`postgresql://user:password@host/name` or `sqlite:////path/to/file.db`; else SQLite in `DATA_DIR`",
    "REDIS_URL": "`redis://`, `rediss://` or `unix://`, Redis 7 or Valkey; else an embedded one in `DATA_DIR`",
    "BROKER_URL": "`amqp://user:password@host/vhost` or `amqps://`: [RabbitMQ](#rabbitmq) for messages; else Redis",
    "SECRET_KEY": "signs tokens; 32 bytes or more; required with either store, else made in `DATA_DIR`",
    "SECRET_KEY_PREVIOUS": "accepted beside it while [keys rotate](key-rotation.md)",
    "SESSION_TTL": "seconds that a session lasts, from log-in, however often it is used",
    "SIGNUP": "`closed`: admins alone make accounts",
    "SIGNUPS_PER_HOUR": "sign-ups per client address, with those for a name that is taken; `0`: no limit",
    "ADMIN_USERNAME": "make this admin at start if the name is free; needs `ADMIN_PASSWORD`",
    "ADMIN_PASSWORD": "the password of `ADMIN_USERNAME`",
    "TRUSTED_PROXIES": "whose `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host` are believed",
    "TLS_CERT": "serve HTTPS with this certificate and those that vouch for it, in PEM; needs `TLS_KEY`",
    "TLS_KEY": "the key of `TLS_CERT`, in PEM, unencrypted",
    "CORS_ORIGINS": "whose pages may call the API",
    "COUNTER_URL": "where notices of defects go, with the name and password in it; else `script/server` runs a sample",
    "METRICS_TOKEN": "a bearer token for [`/metrics`](metrics.md); without one, clients on this machine may read it",
    "LOG_LEVEL": "how much is written to standard output, one JSON line an event",
    "JS_TIMEOUT": "seconds that a JavaScript task may run",
    "JS_MEMORY_MB": "memory for the data of each; see [tasks.md](tasks.md)",
    "MAX_ACTIVE_TASKS": "tasks of one user that have not ended; `POST /tasks` past it is 429",
    "DEFECTS_PER_HOUR": "defects that one user may report, in each API process; `0`: no limit",
    "DRAIN_SECONDS": "so long `/readyz` says 503 before a stop begins, while everything is still served",
}
_HEAD = "| Variable | Default | May be | Meaning |\n| --- | --- | --- | --- |\n"


class Row(NamedTuple):
    """A variable as Settings reads it."""

    name: str
    default: object = ""
    may_be: str = ""
    from_file: bool = False

    def __str__(self) -> str:
        default = f"`{self.default}`" if self.default != "" else ""
        mark = r"\*" if self.from_file else ""
        return f"| `{self.name}`{mark} | {default} | {self.may_be} | {MEANINGS[self.name]} |\n"


class Recorder(Environment):
    """An environment without variables, which notes what is asked of it and makes nothing."""

    def __init__(self) -> None:
        super().__init__({})
        self.rows: list[Row] = []

    def text(self, name: str, default: str) -> str:
        self.rows.append(Row(name, default))
        return default

    def number(self, name: str, default: int, *, low: int, high: int) -> int:
        self.rows.append(Row(name, default, f"{low} to {high}"))
        return default

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        self.rows.append(Row(name, default, ", ".join(f"`{choice}`" for choice in choices)))
        return default

    def secret(self, name: str) -> None:
        self.rows.append(Row(name, from_file=True))

    def folder(self, name: str, default: str) -> Path:
        self.rows.append(Row(name, f"./{default}", "a folder"))
        return Path(default)

    def readable_file(self, name: str) -> None:
        self.rows.append(Row(name, may_be="a file"))

    def networks(self, name: str) -> tuple[()]:
        self.rows.append(Row(name, may_be="addresses or networks, separated by commas"))
        return ()

    def web_address(self, name: str) -> None:
        self.rows.append(Row(name, may_be="`http://…` or `https://…`"))

    def origins(self, name: str) -> tuple[()]:
        self.rows.append(Row(name, may_be="origins, separated by commas"))
        return ()

    def kept_secret(self, path: Path) -> str:
        return "made once, and kept in that file"


def table() -> str:
    """The table in Markdown, a row for each variable, in the order of the meanings."""
    recorder = Recorder()
    Settings.read(recorder)
    order = list(MEANINGS)
    return _HEAD + "".join(str(row) for row in sorted(recorder.rows, key=lambda row: order.index(row.name)))


def print_table() -> int:
    """Print it."""
    print(table(), end="")
    return 0
