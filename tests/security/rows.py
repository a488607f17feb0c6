"""What is in the stores, read past the models."""

from typing import Any

from models.stores import database, opened


def rows(table: str) -> list[dict[str, Any]]:
    """A table's rows, oldest first."""
    cursor = database.execute_sql(f"SELECT * FROM {table} ORDER BY id")
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def counts() -> dict[str, int]:
    """How many rows each table has."""
    return {table: database.execute_sql(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables()}


def tables() -> list[str]:
    """All tables of the product and of its migrations."""
    where = (
        "sqlite_master WHERE type = 'table'" if opened.settings.on_sqlite else "pg_tables WHERE schemaname = 'public'"
    )
    name = "name" if opened.settings.on_sqlite else "tablename"
    return sorted(row[0] for row in database.execute_sql(f"SELECT {name} FROM {where}").fetchall())


def redis_contents() -> dict[str, Any]:
    """Every key in Redis with its value, whatever its type."""
    reads = {
        "string": ("GET",),
        "list": ("LRANGE", 0, -1),
        "set": ("SMEMBERS",),
        "zset": ("ZRANGE", 0, -1),
        "hash": ("HGETALL",),
    }
    found = {}
    for key in opened.redis.run("KEYS", "*"):
        command, *rest = reads[opened.redis.run("TYPE", key)]
        found[key] = opened.redis.run(command, key, *rest)
    return found
