"""compose.yaml, as it is written: what each part may do, and that it runs what supervisord.conf does."""

import ipaddress
import re
import shlex
from configparser import RawConfigParser
from typing import Any

import pytest

from serve import WEB_STOPS_WITHIN
from tests.system.compose import Missing, compose
from tests.system.server import ROOT

SECRETS = {"SECRET_KEY": "a" * 64, "POSTGRES_PASSWORD": "b" * 64, "REDIS_PASSWORD": "c" * 64}
DOCUMENT = compose(**SECRETS)
SERVICES: dict[str, Any] = DOCUMENT["services"]
OURS = [name for name, service in SERVICES.items() if service["image"] == "myuserapi"]
SUPERVISED = {"api": "web", "worker": "worker", "javascript": "javascript", "scheduler": "scheduler"}
SUPERVISOR = RawConfigParser()
SUPERVISOR.read(ROOT / "supervisord.conf")


@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_has_a_default(name: str) -> None:
    with pytest.raises(Missing, match=name):
        compose(**{**SECRETS, name: ""})


def test_the_example_names_every_secret_and_nothing_that_is_not_read() -> None:
    example = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    read = set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text()))
    assert set(SECRETS) <= set(example) <= read


@pytest.mark.parametrize("name", SERVICES)
def test_every_part_may_do_as_little_as_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])
    assert not service.get("privileged")
    assert ("ports" in service) == (name == "proxy")
    assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")
    assert name == "migrate" or service["healthcheck"]["test"]
    assert re.fullmatch(r"myuserapi|[a-z/]+:\d+(\.\d+)+(-[a-z]+)?", service["image"]), "its version is named"


def test_the_javascript_worker_reaches_the_stores_and_nothing_else() -> None:
    assert SERVICES["javascript"]["networks"] == ["sandbox"]
    assert DOCUMENT["networks"]["sandbox"]["internal"] is True
    assert {name for name, service in SERVICES.items() if "sandbox" in service["networks"]} == {
        *("javascript", "postgres", "redis")
    }
    assert SECRETS["SECRET_KEY"] not in SERVICES["javascript"]["environment"].values()


def test_the_api_believes_the_proxy_and_nobody_who_could_have_its_address() -> None:
    front = DOCUMENT["networks"]["front"]["ipam"]["config"][0]
    proxy = ipaddress.ip_address(SERVICES["proxy"]["networks"]["front"]["ipv4_address"])
    assert SERVICES["api"]["environment"]["TRUSTED_PROXIES"] == str(proxy)
    assert proxy in ipaddress.ip_network(front["subnet"])
    assert proxy not in ipaddress.ip_network(front["ip_range"])


@pytest.mark.parametrize("name", SUPERVISED)
def test_what_runs_is_what_the_supervisor_runs_and_has_the_time_to_end(name: str) -> None:
    program, service = SUPERVISOR[f"program:{SUPERVISED[name]}"], SERVICES[name]
    # A container ends with its init, so that nothing else has to see to it.
    lifetime = "python -m lifetime "
    command = program["command"].replace('"%(ENV_PYTHON)s"', "python")
    assert lifetime + shlex.join(service["command"]) == command
    own = shlex.split(program.get("environment", "").replace(",", " "))
    assert dict(each.split("=", 1) for each in own).items() <= service["environment"].items()
    stops_within = program["stopwaitsecs"].replace("%(ENV_WEB_STOPS_WITHIN)s", str(WEB_STOPS_WITHIN))
    assert int(service["stop_grace_period"].removesuffix("s")) > int(stops_within)


def test_nobody_starts_before_the_tables_are_there() -> None:
    for name in SUPERVISED:
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert {*OURS} == {*SUPERVISED, "migrate"}
