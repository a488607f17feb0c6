"""What is measured, as the product starts it, and what is bare, started the same way."""

import configparser
import shlex
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from bench.processes import ROOT, answers, running
from models.account import Credentials, NewAccount
from models.defect import Defect
from models.login import Client
from models.schema import migrate
from models.session import Session
from models.stores import connect, database
from models.user import User
from settings import Settings
from tests.services.postgres import new_database, postgres
from tests.services.processes import free_port
from workers.embedded import command

USERS = 10_000
# After alice and root.
FIRST_USER = 3
DEFECT = {"comment": "The lamp is out.", "comment_key": "the lamp is out."}
PASSWORD = "correct horse battery"  # noqa: S105
SECRET_KEY = "a secret key of the bench, 32 bytes or more"  # noqa: S105


@contextmanager
def redis(data_dir: Path) -> Iterator[None]:
    """The embedded Redis, as the product starts it."""
    with running(command(data_dir), {}, is_ready=lambda _: (data_dir / "redis.sock").exists()):
        yield


@contextmanager
def on_postgres(data_dir: Path) -> Iterator[dict[str, str]]:
    """The variables that have the product keep its rows in a new Postgres, which flushes as it would anywhere."""
    with postgres(flushes=True) as server:
        url = new_database(server, "aerie_bench_requests")
        yield {"DATA_DIR": str(data_dir), "DATABASE_URL": url, "SECRET_KEY": SECRET_KEY}


@contextmanager
def gunicorn(environment: dict[str, str], *arguments: str) -> Iterator[str]:
    """A server with the product's configuration; the URL it answers at."""
    # Nobody else's: others on this machine may measure too.
    port = str(free_port())
    url = f"http://127.0.0.1:{port}"
    served = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", *arguments]
    limits = {"SIGNUPS_PER_HOUR": "0", "DEFECTS_PER_HOUR": "0"}
    with running(served, environment | limits | {"PORT": port}, is_ready=lambda _: answers(url)):
        yield url


def bare_falcon(data_dir: Path) -> AbstractContextManager[str]:
    """Falcon's hello on the same gunicorn, which shares no file with the product's."""
    return gunicorn({"DATA_DIR": str(data_dir / "bare")}, "bench.bare:app")


@contextmanager
def program(name: str, environment: dict[str, str], *, processes: int = 1) -> Iterator[None]:
    """One of the programs in supervisord.conf that say nothing when they are ready: workers, the scheduler."""
    section = _supervised(name)
    arguments = shlex.split(section["command"].replace("%(ENV_PYTHON)s", sys.executable))
    # Without what only keeps it from outliving its supervisor.
    arguments = arguments[len(arguments) - 1 - arguments[::-1].index(sys.executable) :]
    if processes > 1:
        arguments[arguments.index("--processes") + 1] = str(processes)
    own = shlex.split(section.get("environment", "").replace(",", " "))
    with running(arguments, environment | dict(each.split("=", 1) for each in own)):
        yield


@contextmanager
def bare_dramatiq(environment: dict[str, str], *, processes: int = 1) -> Iterator[None]:
    """Workers of Dramatiq as it comes, with as many threads as ours."""
    arguments = ["--processes", str(processes), "--threads", "4", "bench.bare_dramatiq"]
    with running([sys.executable, "-m", "dramatiq", *arguments], environment):
        yield


def seed(settings: Settings) -> dict[str, str]:
    """Fill the database with people, each with a defect; the tokens of alice and of root, who is an admin."""
    connect(settings)
    migrate()
    tokens = sign_in()
    alice = User.get(User.username == "alice")
    like_alice = {name: value for name, value in alice.__data__.items() if name != "id"}
    people = [{**like_alice, "username": f"user{n}", "username_key": f"user{n}"} for n in range(USERS)]
    for start in range(0, USERS, 500):
        User.insert_many(people[start : start + 500]).execute()
        theirs = range(FIRST_USER + start, FIRST_USER + start + 500)
        defects = [{**DEFECT, "timestamp": alice.created_at, "user_id": user_id} for user_id in theirs]
        Defect.insert_many(defects).execute()
    if not settings.on_sqlite:
        database.execute_sql("ANALYZE")  # as autovacuum would have done before long
    return tokens


def sign_in() -> dict[str, str]:
    """Make alice, and root who is an admin; the token of each."""
    here, tokens = Client(address="127.0.0.1", user_agent="bench"), {}
    for name in ("alice", "root"):
        account = NewAccount(username=name, password=PASSWORD, email=f"{name}@example.com")
        if name == "root":
            User.create_admin(account)
        else:
            User.sign_up(account, address=here.address)
        tokens[name] = Session.open(Credentials(username=name, password=PASSWORD), client=here).grant()["token"]
    return tokens


def _supervised(name: str) -> configparser.SectionProxy:
    """What supervisord.conf says of a program."""
    written = configparser.RawConfigParser()
    written.read(ROOT / "supervisord.conf")
    return written[f"program:{name}"]
