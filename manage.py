"""What is done to an Aerie from its own machine."""

import argparse
import getpass
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from commands import checks
from commands.backup import after_restore, back_up, copy_from, restore
from commands.settings_table import print_table
from commands.stores import open_stores
from environment import SettingsError
from models.account import NewAccount
from models.copies import CopyFault
from models.errors import Invalid, UsernameTaken
from models.schema import migrate
from models.stores import DATABASE_FAULTS
from models.user import User
from settings import Settings
from workers.counters import SAMPLE_PORT

READY_WITHIN = 90

WELCOME = """
Aerie is ready at {base_url}. Try first:

  curl -s {base_url}/user -H 'Content-Type: application/json' \\
       -d '{{"username": "alice", "password": "correct horse battery"}}'
  curl -s {base_url}/auth -u 'alice:correct horse battery' -X POST

The curl session goes on in README.md; {base_url}/openapi.json describes every route.
In a browser: {base_url}/docs, and {base_url}/admin for admins (script/createadmin NAME makes one).
{counters}Ctrl-C stops everything.
"""
SAMPLE = "A sample counter server says who reported and deleted how many defects: curl -s http://127.0.0.1:{port}/\n"


def main() -> int:
    """Run the command that is named."""
    parser = argparse.ArgumentParser(prog="manage.py", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add(commands, "migrate", _migrate, "bring the tables up to date, and make the admin of ADMIN_USERNAME")
    _add(commands, "openapi", _print_openapi, "print the OpenAPI document")
    _add(commands, "settings", print_table, "print the table of all settings")
    _add(commands, "welcome", _welcome, "wait until the service is ready, and say what to try first")
    _add(commands, "is-ready", checks.is_ready, "whether /readyz answers 200: 0 or 1")
    _add(commands, "is-working", checks.is_working, "whether such a worker is alive here: 0 or 1", "kind")
    _add(commands, "create-admin", _create_admin, "make an admin; asks for the password", "name")
    _add(commands, "backup", back_up, "write the SQLite database to a new file, while the service runs or not", "file")
    _add(commands, "restore", restore, "put a backup in the place of the SQLite database", "file")
    _add(commands, "after-restore", after_restore, "make a database safe that was brought back by other means")
    _add(commands, "copy-from", copy_from, "fill an empty Postgres database from a SQLite file", "file")
    arguments = parser.parse_args()
    try:
        return int(arguments.run(arguments))
    except (SettingsError, UsernameTaken, CopyFault) as error:
        raise SystemExit(f"aerie: {error}") from None
    except DATABASE_FAULTS as fault:
        raise SystemExit(f"aerie: DATABASE_URL can't be used: {str(fault).splitlines()[0]}.") from None


def _add(commands: Any, name: str, run: Callable[..., int], says: str, *takes: str) -> None:
    command = commands.add_parser(name, help=says)
    for argument in takes:
        command.add_argument(argument)
    command.set_defaults(run=lambda given: run(*(getattr(given, argument) for argument in takes)))


def _migrate() -> int:
    settings = open_stores()
    migrate()
    if settings.admin_username and settings.admin_password:
        # Taken means made at an earlier start, or somebody's: either way it is left alone.
        with suppress(UsernameTaken):
            _make_admin(settings.admin_username, settings.admin_password, called="ADMIN_{}")
    return 0


def _create_admin(name: str) -> int:
    open_stores()
    _make_admin(name, _asked_password())
    print(f"{name} is an admin now.")
    return 0


def _print_openapi() -> int:
    # Loading the application takes most of a second, and health checks are commands too.
    from api import openapi
    from api.app import ROUTES

    # Without the stores, whose opening may write to the log on standard output.
    print(openapi.document(ROUTES).decode())
    return 0


def _welcome() -> int:
    base_url = Settings.or_exit().base_url
    deadline = time.monotonic() + READY_WITHIN
    while not checks.answers(base_url):
        if time.monotonic() > deadline:
            print(f"aerie: not ready after {READY_WITHIN} s; the log above says why.", flush=True)
            return 1
        time.sleep(0.1)
    port = os.environ.get(SAMPLE_PORT)
    print(WELCOME.format(base_url=base_url, counters=SAMPLE.format(port=port) if port else ""), flush=True)
    return 0


def _make_admin(name: str, password: str, *, called: str = "{}") -> None:
    try:
        User.create_admin(NewAccount(username=name, password=password))
    except Invalid as invalid:
        faults = [f"{called.format(field.upper())} can't be used: {why}" for field, why in invalid.fields.items()]
        raise SystemExit(f"aerie: {' '.join(faults)}") from None


def _asked_password() -> str:
    if not sys.stdin.isatty():
        try:
            return sys.stdin.buffer.readline().decode().rstrip("\r\n")
        except UnicodeDecodeError:
            raise SystemExit("aerie: the password must be text in UTF-8; nothing was made.") from None
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Once more: "):
        raise SystemExit("aerie: the two differ; nothing was made.")
    return password


if __name__ == "__main__":
    sys.exit(main())
