"""Tests that are about one of the two databases."""

import pytest

on_sqlite = pytest.mark.parametrize("app", ["sqlite"], indirect=True)
on_postgres = pytest.mark.parametrize("app", ["postgres"], indirect=True)
