"""Tests that are about one of the two databases, or about brokers: of parts, which take `app`, and of whole servers."""

import pytest

from tests.services.brokers import OF_BOTH, REDIS
from tests.services.databases import POSTGRES, SQLITE

on_sqlite = pytest.mark.parametrize("app", [SQLITE], indirect=True)
on_postgres = pytest.mark.parametrize("app", [POSTGRES], indirect=True)
# They bring one of their own.
servers_on_sqlite = pytest.mark.only(SQLITE)
servers_on_postgres = pytest.mark.only(POSTGRES)
# Those that take `broker`.
on_both_brokers = pytest.mark.parametrize("broker", OF_BOTH, indirect=True)
on_redis = pytest.mark.parametrize("broker", [REDIS], indirect=True)
