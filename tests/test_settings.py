"""Contract section 4: what every variable may be, and the one sentence when it is something else."""

from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import redis
import trustme

from environment import SettingsError
from settings import Settings

KEY = "k" * 32
POSTGRES = "postgresql://aerie@db.example/aerie"


def read(folder: Path, **environ: str) -> Settings:
    return Settings.from_env({"DATA_DIR": str(folder), **environ})


def sentence(folder: Path, **environ: str) -> str:
    with pytest.raises(SettingsError) as caught:
        read(folder, **environ)
    return str(caught.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("host", "127.0.0.1"),
        ("port", 8000),
        ("embedded_redis", True),
        ("secret_key_previous", None),
        ("trusted_proxies", ()),
        ("admin_username", None),
        ("admin_password", None),
        ("signup_open", True),
        ("signups_per_hour", 60),
        ("counter_url", None),
        ("session_ttl", 86400),
        ("tls_cert", None),
        ("tls_key", None),
        ("cors_origins", ()),
        ("metrics_token", None),
        ("log_level", "info"),
        ("js_timeout", 3600),
        ("js_memory_mb", 256),
        ("max_active_tasks", 10_000),
    ],
)
def test_a_variable_that_is_not_set_has_its_default(tmp_path: Path, field: str, value: Any) -> None:
    assert getattr(read(tmp_path), field) == value


def test_data_is_kept_in_var_below_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_env({})
    assert settings.data_dir == tmp_path / "var"
    assert settings.database_url == f"sqlite:///{tmp_path}/var/aerie.db"
    assert settings.redis_url == f"unix://{tmp_path}/var/redis.sock"
    assert settings.sqlite_path == str(tmp_path / "var" / "aerie.db")
    assert settings.data_dir.stat().st_mode & 0o777 == 0o700
    assert settings.web_concurrency >= 1


@pytest.mark.parametrize(
    ("name", "given", "field", "value"),
    [
        ("HOST", "::1", "host", "::1"),
        ("PORT", "1", "port", 1),
        ("PORT", "65535", "port", 65535),
        ("PORT", "", "port", 8000),
        ("WEB_CONCURRENCY", "4", "web_concurrency", 4),
        ("SIGNUP", "closed", "signup_open", False),
        ("SIGNUP", "Open", "signup_open", True),
        ("SIGNUPS_PER_HOUR", "0", "signups_per_hour", 0),
        ("SIGNUPS_PER_HOUR", "1000", "signups_per_hour", 1000),
        ("MAX_ACTIVE_TASKS", "1", "max_active_tasks", 1),
        ("SESSION_TTL", "60", "session_ttl", 60),
        ("LOG_LEVEL", "DEBUG", "log_level", "debug"),
        ("JS_TIMEOUT", "5", "js_timeout", 5),
        ("JS_MEMORY_MB", "512", "js_memory_mb", 512),
        ("COUNTER_URL", "http://localhost:8888/", "counter_url", "http://localhost:8888/"),
        ("METRICS_TOKEN", "let me see", "metrics_token", "let me see"),
        ("BROKER_URL", "amqp://me:it@queue.example:5672/aerie", "broker_url", "amqp://me:it@queue.example:5672/aerie"),
        ("BROKER_URL", "amqps://queue.example", "broker_url", "amqps://queue.example"),
        ("SECRET_KEY", KEY, "secret_key", KEY),
        ("SECRET_KEY", "é" * 16, "secret_key", "é" * 16),
        ("SECRET_KEY_PREVIOUS", KEY, "secret_key_previous", KEY),
        ("CORS_ORIGINS", "https://a.example, http://b.example:81", "cors_origins",
         ("https://a.example", "http://b.example:81")),
        ("TRUSTED_PROXIES", "10.0.0.0/8, ::1,192.0.2.7", "trusted_proxies",
         (ip_network("10.0.0.0/8"), ip_network("::1"), ip_network("192.0.2.7"))),
    ],
)  # fmt: skip
def test_a_good_value_is_taken(tmp_path: Path, name: str, given: str, field: str, value: Any) -> None:
    assert getattr(read(tmp_path, **{name: given}), field) == value


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("PORT", "abc"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "80.5"),
        ("PORT", "\u0661"),
        ("PORT", "9" * 5000),
        ("WEB_CONCURRENCY", "0"),
        ("SESSION_TTL", "a day"),
        ("JS_TIMEOUT", "0"),
        ("SIGNUPS_PER_HOUR", "-1"),
        ("SIGNUPS_PER_HOUR", "1.5"),
        ("MAX_ACTIVE_TASKS", "0"),
        ("JS_MEMORY_MB", "1"),
        ("SECRET_KEY", "k" * 31),
        ("SECRET_KEY_PREVIOUS", "short"),
        ("DATABASE_URL", "mysql://localhost/aerie"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "aerie.db"),
        ("REDIS_URL", "http://localhost:6379"),
        ("REDIS_URL", "redis://localhost:sixthousand"),
        ("BROKER_URL", "redis://localhost"),
        ("BROKER_URL", "amqp://"),
        ("BROKER_URL", "amqp://localhost:99999"),
        ("BROKER_URL", "amqp://aerie@localhost/v"),
        ("BROKER_URL", "amqp://localhost/a/b"),
        ("BROKER_URL", "amqp://localhost/?heartbeat=0"),
        ("TRUSTED_PROXIES", "proxy.example"),
        ("TRUSTED_PROXIES", "10.0.0.0/33"),
        ("SIGNUP", "maybe"),
        ("LOG_LEVEL", "loud"),
        ("COUNTER_URL", "ftp://counter.example"),
        ("COUNTER_URL", "http://"),
        ("COUNTER_URL", "http://counter.example:99999"),
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", "a.example"),
        ("CORS_ORIGINS", "https://a.example/path"),
        ("CORS_ORIGINS", "https://a.example#top"),
        ("CORS_ORIGINS", "https://me@a.example"),
    ],
)
def test_a_bad_value_is_one_sentence_that_names_the_variable(tmp_path: Path, name: str, given: str) -> None:
    needed = {"SECRET_KEY": KEY} if name.endswith("_URL") else {}
    text = sentence(tmp_path, **needed, **{name: given})
    assert text.startswith(name)
    assert text.endswith(".")
    assert "\n" not in text


@pytest.mark.parametrize(("given", "missing"), [("TLS_CERT", "TLS_KEY"), ("TLS_KEY", "TLS_CERT")])
def test_a_certificate_and_its_key_need_each_other(tmp_path: Path, given: str, missing: str) -> None:
    pem = tmp_path / "some.pem"
    trustme.CA().issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(pem))
    assert sentence(tmp_path, **{given: str(pem)}).startswith(f"{missing} is missing")
    both = read(tmp_path, **{given: str(pem), missing: str(pem)})
    assert (both.tls_cert, both.tls_key) == (pem, pem)
    assert both.base_url == "https://127.0.0.1:8000"


def test_a_certificate_must_be_a_file(tmp_path: Path) -> None:
    assert sentence(tmp_path, TLS_CERT=str(tmp_path / "none"), TLS_KEY=str(tmp_path)).startswith("TLS_CERT")


@pytest.mark.parametrize(
    ("given", "missing"), [("ADMIN_USERNAME", "ADMIN_PASSWORD"), ("ADMIN_PASSWORD", "ADMIN_USERNAME")]
)
def test_an_admins_name_and_password_need_each_other(tmp_path: Path, given: str, missing: str) -> None:
    assert sentence(tmp_path, **{given: "something"}).startswith(f"{missing} is missing")
    both = read(tmp_path, ADMIN_USERNAME="root", ADMIN_PASSWORD="long enough")
    assert (both.admin_username, both.admin_password) == ("root", "long enough")


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert sentence(file).startswith("DATA_DIR")
    assert sentence(file / "below").startswith("DATA_DIR")


def test_a_data_folder_is_refused_where_the_redis_socket_would_not_fit(tmp_path: Path) -> None:
    longest = tmp_path / ("d" * (103 - len(f"{tmp_path}//redis.sock")))
    assert read(longest).redis_url == f"unix://{longest}/redis.sock"
    too_long = longest.with_name(longest.name + "d")
    assert sentence(too_long).startswith("DATA_DIR is too long")
    assert read(too_long, REDIS_URL="redis://cache.example", SECRET_KEY=KEY).redis_url == "redis://cache.example"


@pytest.mark.parametrize("given", ["postgres://aerie@db.example/aerie", POSTGRES])
def test_both_spellings_of_postgres_are_taken(tmp_path: Path, given: str) -> None:
    settings = read(tmp_path, DATABASE_URL=given, SECRET_KEY=KEY)
    assert settings.database_url == POSTGRES
    assert not settings.on_sqlite


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_an_address_for_everybody_is_reached_on_this_machine(tmp_path: Path, host: str) -> None:
    assert read(tmp_path, HOST=host).base_url == "http://127.0.0.1:8000"
    assert read(tmp_path, HOST="::1").base_url == "http://[::1]:8000"


def test_a_bad_value_ends_the_start_with_its_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PORT", "abc")
    with pytest.raises(SystemExit, match="^aerie: PORT must be a whole number from 1 to 65535, not 'abc'.$"):
        Settings.or_exit()


def test_a_certificate_that_is_none_is_said_in_a_sentence(tmp_path: Path) -> None:
    pem = tmp_path / "some.pem"
    pem.write_text("pem")
    assert sentence(tmp_path, TLS_CERT=str(pem), TLS_KEY=str(pem)).startswith("TLS_CERT and TLS_KEY must be")


@pytest.mark.parametrize("name", ["pc%41", "has#hash", "has?question", "with space"])
def test_any_folder_may_hold_the_socket(tmp_path: Path, name: str) -> None:
    settings = Settings.from_env({"DATA_DIR": str(tmp_path / name)})
    path = redis.ConnectionPool.from_url(settings.redis_url).connection_kwargs["path"]
    assert path == str(tmp_path / name / "redis.sock")
