"""A bad setting ends the start with one sentence that names the variable."""

from pathlib import Path

import pytest

from tests.services.processes import free_port
from tests.system.server import ROOT, run

LONG_KEY = "k" * 32

BAD = [
    ("PORT", {"PORT": "abc"}),
    ("PORT", {"PORT": "70000"}),
    ("SECRET_KEY", {"SECRET_KEY": "short"}),
    ("SECRET_KEY", {"REDIS_URL": "redis://localhost"}),
    ("TLS_KEY", {"TLS_CERT": str(ROOT / "README.md")}),
    ("TLS_CERT", {"TLS_CERT": "/nowhere", "TLS_KEY": "/nowhere"}),
    ("DATABASE_URL", {"DATABASE_URL": "oracle://x/y", "SECRET_KEY": LONG_KEY}),
    ("DATABASE_URL", {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x", "SECRET_KEY": LONG_KEY}),
    ("DATABASE_URL", {"DATABASE_URL": "postgresql://app:hush-hush%@ss/w:rd#1@127.0.0.1/app", "SECRET_KEY": LONG_KEY}),
    ("DATABASE_URL", {"DATABASE_URL": "postgresql://127.0.0.1/x?foo=bar", "SECRET_KEY": LONG_KEY}),
    ("TLS_CERT", {"TLS_CERT": str(ROOT / "README.md"), "TLS_KEY": str(ROOT / "README.md")}),
    ("ADMIN_PASSWORD", {"ADMIN_USERNAME": "root", "ADMIN_PASSWORD": "short"}),
    ("DATA_DIR", {"DATA_DIR": "/proc/no/such/place"}),
]


@pytest.mark.parametrize(("variable", "environment"), BAD)
def test_a_bad_value_ends_the_start_with_one_sentence_that_names_it(
    variable: str, environment: dict[str, str], data_dir: Path
) -> None:
    given = {"DATA_DIR": str(data_dir), "PORT": str(free_port()), **environment}
    ended = run([str(ROOT / "script" / "server")], **given)
    assert ended.returncode != 0
    assert ended.stdout == ""
    assert ended.stderr.startswith("aerie: ")
    assert ended.stderr.count("\n") == 1
    assert variable in ended.stderr
    assert "hush" not in ended.stderr


def test_a_secret_is_not_shown_in_the_sentence(data_dir: Path) -> None:
    ended = run([str(ROOT / "script" / "server")], DATA_DIR=str(data_dir), SECRET_KEY="hush-hush")
    assert "hush" not in ended.stderr


@pytest.mark.parametrize("variable", ["SECRET_KEY", "ADMIN_PASSWORD", "HOST"])
def test_what_is_no_utf_8_is_said_in_a_sentence_too(variable: str, data_dir: Path) -> None:
    given = {"DATA_DIR": str(data_dir), "ADMIN_USERNAME": "root", "ADMIN_PASSWORD": "a long enough one"}
    ended = run([str(ROOT / "script" / "server")], **{**given, variable: "\udcff" * 40})
    assert ended.returncode != 0
    assert ended.stderr == f"aerie: {variable} must be text in UTF-8.\n"
