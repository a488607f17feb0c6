"""Causes of database errors, as the drivers of SQLite and Postgres name them."""

import sqlite3

import peewee
import psycopg


def is_duplicate(error: peewee.DatabaseError) -> bool:
    """Whether a unique index refused the row, and not another constraint."""
    cause = error.__context__  # the error of the driver
    if isinstance(cause, sqlite3.IntegrityError):
        return cause.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_UNIQUE
    return isinstance(cause, psycopg.errors.UniqueViolation)


def is_lock_timeout(error: peewee.DatabaseError) -> bool:
    """Whether Postgres gave up waiting for another transaction."""
    return isinstance(error.__context__, psycopg.errors.LockNotAvailable)


def is_timeout(error: peewee.PeeweeException) -> bool:
    """Whether a statement ran into the deadline for reads: `statement_timeout` on Postgres, our own on SQLite."""
    cause = error.__context__
    if isinstance(cause, sqlite3.OperationalError):
        return cause.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT
    return isinstance(cause, psycopg.errors.QueryCanceled)
