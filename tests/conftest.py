"""Real stores for every test that touches one, and the people by name.

Tests that use `stores`, `api` or a person run twice, on SQLite and on Postgres, unless TEST_DATABASE names one of the
two, or they name one for `app` themselves; always with a real Valkey. alice and bob are users; root and carol are
admins.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from falcon import App

from api.app import create_app
from metrics.exposition import exposition
from models import password
from models.account import NewAccount
from models.capacity import LOG_INS, OWN_PASSWORDS, SET_PASSWORDS, SIGN_UPS
from models.redis_link import NO_WAITING
from models.roles import Role
from models.schema import migrate
from models.sqlite import PRAGMAS
from models.stores import database, drop_connection, opened
from models.user import User
from settings import Settings
from tests import leaks
from tests.client import Client
from tests.leaks import Kept, report_leaks
from tests.people import Person
from tests.services import databases
from tests.services.brokers import end_rabbitmq
from tests.services.databases import AskingOften
from tests.services.postgres import end_server, new_database, one_server
from tests.services.valkey import valkey

pytest_plugins = ["tests.selection", "tests.ids"]
SECRET_KEY = "a secret key for tests, 32 bytes or more"
# In an order in which they can be emptied.
TABLES = ("task", "task_tally", "defect", "notification", "kept_answer", "erasure", "users", "audit_entry")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that has let a secret out, wherever that is seen."""
    report = yield
    if call.when == "teardown":
        report_leaks(report)
    return report


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> None:
    """Hash at bcrypt's lowest cost, with room for all who want to; tests/system keeps the product's own."""
    password.COST = 4
    for each in (LOG_INS, SIGN_UPS, OWN_PASSWORDS, SET_PASSWORDS):
        each.places = each.per_network = each.per_person = 100


@pytest.fixture(scope="session")
def redis_folder() -> Iterator[Path]:
    with valkey() as folder:
        yield folder


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """The URL of the server that whole servers have their databases on, too."""
    return one_server()


@pytest.fixture(scope="session", autouse=True)
def no_server_is_left() -> Iterator[None]:
    yield
    end_server()
    end_rabbitmq()


@pytest.fixture(scope="session", params=databases.OF_PARTS)
def app(request: pytest.FixtureRequest, redis_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The application over migrated, empty stores."""
    if request.param == databases.POSTGRES:
        url = new_database(request.getfixturevalue("postgres_server"), "aerie_test")
    else:
        url = f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'aerie.db'}"
    settings = Settings.from_env(
        {
            "DATABASE_URL": url,
            "REDIS_URL": f"unix://{redis_folder / 'redis.sock'}",
            "DATA_DIR": str(tmp_path_factory.mktemp("data")),
            "SECRET_KEY": SECRET_KEY,
        }
    )
    # A machine that stalls for a moment is no fault here; tests of Redis that hangs use the product's own time.
    with pytest.MonkeyPatch.context() as patient:
        for limit in ("socket_timeout", "socket_connect_timeout"):
            patient.setitem(NO_WAITING, limit, 5.0)
        # As with Postgres: what whole servers keep outlasts them, and what these tests keep need not.
        patient.setitem(PRAGMAS, "synchronous", "off")
        app = create_app(settings)
    migrate()
    with pytest.MonkeyPatch.context() as answers:
        answers.setattr(App, "__call__", leaks.watched(App.__call__))
        yield app
    leaks.look_at("the metrics", exposition())
    drop_connection()


@pytest.fixture(scope="session")
def what_is_kept(app: Any, redis_folder: Path) -> Iterator[Kept]:
    with closing(AskingOften(opened.settings.database_url)) as ask:
        yield Kept(ask, redis_folder / "redis.sock", TABLES)


@pytest.fixture
def stores(app: Any, what_is_kept: Kept) -> Iterator[None]:
    """Stores with nothing in them at first, and no secret at the end."""
    opened.redis.run("FLUSHALL")
    opened.redis.run("SCRIPT", "FLUSH")
    _empty_sqlite() if opened.settings.on_sqlite else _empty_postgres()
    yield
    what_is_kept.look()


@pytest.fixture
def api(app: Any, stores: None) -> Client:
    """A client that checks every answer against the OpenAPI document."""
    return Client(app)


@pytest.fixture
def person(stores: None) -> Callable[..., Person]:
    """Makes people with an account and a session."""

    def make(username: str, role: Role = Role.USER) -> Person:
        body = NewAccount(username=username, password=f"{username}'s long password")
        user = User.sign_up(body, address="192.0.2.1") if role is Role.USER else User.create_admin(body)
        return Person(user, body.password)

    return make


@pytest.fixture
def alice(person: Callable[..., Person]) -> Person:
    return person("alice")


@pytest.fixture
def bob(person: Callable[..., Person]) -> Person:
    return person("bob")


@pytest.fixture
def root(person: Callable[..., Person]) -> Person:
    return person("root", Role.ADMIN)


@pytest.fixture
def carol(person: Callable[..., Person]) -> Person:
    return person("carol", Role.ADMIN)


def _empty_sqlite() -> None:
    triggers = database.execute_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    with database.atomic():
        for name, _ in triggers:
            database.execute_sql(f"DROP TRIGGER {name}")
        for table in (*TABLES, "sqlite_sequence"):
            database.execute_sql(f"DELETE FROM {table}")
        for _, sql in triggers:
            database.execute_sql(sql)


def _empty_postgres() -> None:
    database.execute_sql("SET session_replication_role = replica")  # triggers rest
    # TRUNCATE, which makes every file of a table and of its indexes anew, takes ten times as long.
    with database.atomic():
        for table in TABLES:
            database.execute_sql(f"DELETE FROM {table}")
        database.execute_sql("SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'")
    database.execute_sql("SET session_replication_role = DEFAULT")
