"""deploy/kubernetes, as it is written: that it runs what compose.yaml does, and what each pod may do."""

import subprocess
from typing import Any

import pytest

from commands.settings_table import MEANINGS
from serve import WEB_STOPS_WITHIN
from tests.system.compose import SECRETS, compose
from tests.system.kubernetes import (
    FOLDER,
    KUSTOMIZATION,
    Missing,
    containers,
    environment,
    examples,
    of_kind,
    pods,
    variables,
)
from tests.system.server import ROOT

PODS = pods()
DEPLOYMENTS = of_kind("Deployment")
SERVICES: dict[str, Any] = compose(**SECRETS)["services"]
REQUIRED = {"aerie": {"DATABASE_URL", "REDIS_URL", "SECRET_KEY"}, "javascript": {"DATABASE_URL", "REDIS_URL"}}
GIVEN = {name: {key: f"{name}'s own {key}, of 32 bytes" for key in keys} for name, keys in REQUIRED.items()}
FILES = {each["name"]: each["envs"][0] for each in KUSTOMIZATION["secretGenerator"]}


def started(name: str) -> dict[str, str]:
    """What the container is started with that a pod is there for."""
    return environment(PODS[name]["spec"]["containers"][0], GIVEN)


@pytest.mark.parametrize("name", PODS)
def test_each_pod_runs_what_its_service_does_with_the_same_settings(name: str) -> None:
    (container,) = PODS[name]["spec"]["containers"]
    service = SERVICES[name]
    assert container["args"] == service["command"], "the image's entry point stays"
    assert "command" not in container
    assert container["image"] == service["image"]
    own = {key: value for key, value in service["environment"].items() if key.startswith("dramatiq_")}
    assert own == {key: value for key, value in started(name).items() if key.startswith("dramatiq_")}


def test_there_is_a_pod_for_each_of_our_services() -> None:
    assert {*PODS} == {name for name, service in SERVICES.items() if service["image"] == "myuserapi"}


def test_every_variable_is_a_setting() -> None:
    known = MEANINGS.keys()
    given = {name for pod in PODS.values() for each in containers(pod) for name in names(each)}
    assert {name for name in given if not name.startswith("dramatiq_")} <= known
    assert variables("settings.env").keys() <= known
    # compose.yaml's of the same name have the same defaults, but for whose addresses are believed.
    api = SERVICES["api"]["environment"] | SERVICES["javascript"]["environment"]
    own = {name: value for name, value in variables("settings.env").items() if name not in ("TRUSTED_PROXIES",)}
    assert {name: api.get(name, value) for name, value in own.items()} == own


@pytest.mark.parametrize(("secret", "key"), [(name, key) for name, keys in REQUIRED.items() for key in sorted(keys)])
def test_no_pod_starts_without_its_secrets(secret: str, key: str) -> None:
    less = {**GIVEN, secret: {name: value for name, value in GIVEN[secret].items() if name != key}}
    with pytest.raises(Missing, match=key):
        [environment(each, less) for pod in PODS.values() for each in containers(pod)]


@pytest.mark.parametrize("secret", FILES)
def test_the_examples_show_every_key_and_hold_none(secret: str) -> None:
    read = {key for pod in PODS.values() for each in containers(pod) for key in keys_of(each, secret)}
    assert examples(FILES[secret]) == read
    assert variables(f"{FILES[secret]}.example") == {}
    ignored = subprocess.run(["git", "check-ignore", "-q", str(FOLDER / FILES[secret])], cwd=ROOT, check=False)
    assert ignored.returncode == 0, "what is filled in is not committed by mistake"


def test_the_javascript_worker_has_no_secret_of_others_and_a_user_of_its_own() -> None:
    users = {name: pod["spec"]["securityContext"]["runAsUser"] for name, pod in PODS.items()}
    assert users.pop("javascript") not in users.values()
    for name, pod in PODS.items():
        secret, other = ("javascript", "aerie") if name == "javascript" else ("aerie", "javascript")
        assert [keys_of(each, other) for each in containers(pod)] == [set()] * len(containers(pod))
        assert any(keys_of(each, secret) for each in containers(pod))
    who = {name for name in PODS if started(name)["SECRET_KEY"] == GIVEN["aerie"]["SECRET_KEY"]}
    assert who == {"api"}, "nobody else signs anything"


def test_a_pod_has_the_time_that_its_service_has_to_end() -> None:
    drains = int(variables("settings.env")["DRAIN_SECONDS"])
    assert drains > 0, "requests go on coming for a while"
    for name in DEPLOYMENTS:
        more = drains if name == "api" else 0
        grace = PODS[name]["spec"]["terminationGracePeriodSeconds"]
        assert grace >= WEB_STOPS_WITHIN + 10 + more == more + int(SERVICES[name]["stop_grace_period"][:-1])


def test_only_whom_requests_come_to_is_asked_over_http_and_no_worker_is_killed_by_a_probe() -> None:
    for name, pod in PODS.items():
        (container,) = pod["spec"]["containers"]
        probes = {key: value for key, value in container.items() if key.endswith("Probe")}
        if name == "api":
            assert {key: value["httpGet"]["path"] for key, value in probes.items()} == {
                **{"startupProbe": "/livez", "readinessProbe": "/readyz", "livenessProbe": "/livez"}
            }
        elif name != "migrate":
            assert [*probes] == ["readinessProbe"]
            assert ["CMD", *probes["readinessProbe"]["exec"]["command"]] == SERVICES[name]["healthcheck"]["test"]
            assert probes["readinessProbe"]["timeoutSeconds"] >= 15 < probes["readinessProbe"]["periodSeconds"]


def names(container: Any) -> set[str]:
    """The variables that a container is given one by one."""
    return {variable["name"] for variable in container.get("env", [])}


def keys_of(container: Any, secret: str) -> set[str]:
    """The keys of a Secret that a container is given."""
    found = [variable.get("valueFrom", {}).get("secretKeyRef", {}) for variable in container.get("env", [])]
    return {each["key"] for each in found if each.get("name") == secret}
