"""compose.yaml, as it is written: what each part may do, and that it runs what supervisord.conf does."""

import ipaddress
import re
import shlex
from configparser import RawConfigParser
from typing import Any

import pytest

from serve import WEB_STOPS_WITHIN
from tests.system import javascript_alone
from tests.system.compose import SECRETS, Missing, compose
from tests.system.javascript_alone import block
from tests.system.server import ROOT

DOCUMENT = compose(**SECRETS)
SERVICES: dict[str, Any] = DOCUMENT["services"]
OURS = [name for name, service in SERVICES.items() if service["image"] == "myuserapi"]
SUPERVISED = {"api": "web", "worker": "worker", "javascript": "javascript", "scheduler": "scheduler"}
# What ends by itself, and others wait for.
ENDS = {"migrate", "role"}
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
    assert service["restart"] == ("no" if name in ENDS else "unless-stopped")
    assert name in ENDS or service["healthcheck"]["test"]
    assert re.fullmatch(r"myuserapi|[a-z/]+:\d+(\.\d+)+(-[a-z]+)?", service["image"]), "its version is named"


def test_the_javascript_worker_reaches_the_stores_and_nothing_else() -> None:
    assert SERVICES["javascript"]["networks"] == ["sandbox"]
    assert DOCUMENT["networks"]["sandbox"]["internal"] is True
    assert {name for name, service in SERVICES.items() if "sandbox" in service["networks"]} == {
        *("javascript", "postgres", "redis")
    }


def test_the_javascript_worker_has_users_of_its_own_and_no_secret_of_others() -> None:
    own = {name for name, secret in SECRETS.items() if secret in f"{SERVICES['javascript']['environment']}"}
    assert own == {"JAVASCRIPT_POSTGRES_PASSWORD", "JAVASCRIPT_REDIS_PASSWORD"}
    others = [name for name in SERVICES if name not in ("javascript", "role", "postgres", "redis")]
    assert not [name for name in others if SECRETS["JAVASCRIPT_REDIS_PASSWORD"] in f"{SERVICES[name]}"]
    assert SERVICES["javascript"]["depends_on"]["role"] == {"condition": "service_completed_successfully"}
    with_queue = compose(**SECRETS, BROKER_URL="amqp://all", JAVASCRIPT_BROKER_URL="amqp://own")["services"]
    assert [with_queue[name]["environment"]["BROKER_URL"] for name in ("worker", "javascript")] == [
        *("amqp://all", "amqp://own")
    ]


def test_its_users_may_do_what_they_may_on_kubernetes() -> None:
    grants = [line for line in javascript_alone.SQL.splitlines() if line.startswith(("GRANT", "REVOKE"))]
    assert grants == [line for line in block("sql").splitlines() if line.startswith(("GRANT", "REVOKE"))]
    conf = (
        SERVICES["redis"]["command"][-1].replace("\\\n", " ").replace("$JAVASCRIPT_PASSWORD", javascript_alone.PASSWORD)
    )
    (rules,) = [line.split()[1:] for line in conf.splitlines() if line.startswith("user ")]
    assert ["ACL", "SETUSER", *rules] == block("redis").split()


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
