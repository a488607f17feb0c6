"""deploy/kubernetes, as it is written: what holds each pod back, and what else refers to it."""

from typing import Any

import pytest
from kubernetes_validate import validate

from hooks.media import LARGEST_BODY
from hooks.prefer import LONGEST_WAIT
from models.capacity import SERVING_THREADS
from tests.system.compose import SECRETS, compose
from tests.system.kubernetes import DOCUMENTS, FOLDER, KUSTOMIZATION, containers, of_kind, pods, variables
from tests.system.server import ROOT

PODS = pods()
POLICIES = of_kind("NetworkPolicy")
PAGE = (ROOT / "docs" / "kubernetes.md").read_text()


def title(document: dict[str, Any]) -> str:
    return f"{document['kind']} {document['metadata']['name']}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=title)
def test_it_is_what_kubernetes_takes(document: dict[str, Any]) -> None:
    validate(document, desired_version="1.37", strict=True)


def test_every_file_is_applied() -> None:
    assert {file.name for file in FOLDER.glob("*.yaml")} == {"kustomization.yaml", *KUSTOMIZATION["resources"]}


@pytest.mark.parametrize("name", PODS)
def test_every_pod_may_do_as_little_as_it_needs(name: str) -> None:
    spec = PODS[name]["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
    user = spec["securityContext"]["runAsUser"]
    assert spec["securityContext"] == {
        **{"runAsNonRoot": True, "runAsUser": user, "runAsGroup": user},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert user > 10_000
    for container in containers(PODS[name]):
        assert container["securityContext"] == {
            **{"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True},
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"cpu", "memory"} == container["resources"]["requests"].keys()
        assert [mount["mountPath"] for mount in container["volumeMounts"]] == ["/tmp", "/data"]
    assert [volume["emptyDir"]["medium"] for volume in spec["volumes"]] == ["Memory", "Memory"]
    assert all(mebibytes(volume["emptyDir"]["sizeLimit"]) for volume in spec["volumes"])


def test_memory_is_enough_for_what_it_is_for() -> None:
    most = {
        name: mebibytes(pod["spec"]["containers"][0]["resources"]["limits"]["memory"]) for name, pod in PODS.items()
    }
    settings = variables("settings.env")
    # As docs/operations.md and docs/tasks.md have them, in MB, and what its folders in memory hold.
    folders = sum(mebibytes(volume["emptyDir"]["sizeLimit"]) for volume in PODS["api"]["spec"]["volumes"])
    assert most["api"] > 52 + 80 * int(settings["WEB_CONCURRENCY"]) + folders
    assert most["javascript"] > 85 + 4 * (2 * int(settings["JS_MEMORY_MB"]) + 100 + 60)
    services = compose(**SECRETS)["services"]
    assert services["javascript"]["mem_limit"] == f"{most['javascript'] // 1024}g"


@pytest.mark.parametrize("name", of_kind("Deployment"))
def test_what_refers_to_a_deployment_finds_it(name: str) -> None:
    labels = PODS[name]["metadata"]["labels"]
    assert labels == {"app.kubernetes.io/name": "aerie", "app.kubernetes.io/component": name}
    assert of_kind("Deployment")[name]["spec"]["selector"]["matchLabels"] == labels
    budget = of_kind("PodDisruptionBudget")[name]["spec"]
    assert (budget["selector"]["matchLabels"], budget["maxUnavailable"]) == (labels, 1)
    (spread,) = PODS[name]["spec"]["topologySpreadConstraints"]
    assert spread["labelSelector"]["matchLabels"] == labels


def test_requests_find_the_api() -> None:
    service, ingress = of_kind("Service")["api"]["spec"], of_kind("Ingress")["api"]["spec"]
    assert service["selector"] == PODS["api"]["metadata"]["labels"]
    (port,) = PODS["api"]["spec"]["containers"][0]["ports"]
    assert port == {"name": "http", "containerPort": 8000}
    assert service["ports"] == [{"name": "http", "port": 80, "targetPort": port["name"]}]
    (path,) = ingress["rules"][0]["http"]["paths"]
    assert path["backend"] == {"service": {"name": "api", "port": {"name": "http"}}}
    assert ingress["rules"][0]["host"] in ingress["tls"][0]["hosts"]
    target = of_kind("HorizontalPodAutoscaler")["api"]["spec"]["scaleTargetRef"]
    assert target == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}
    assert "replicas" not in of_kind("Deployment")["api"]["spec"], "each apply would undo what the autoscaler did"


def test_the_controller_takes_what_the_api_takes_and_waits_as_long_as_it_may() -> None:
    given = of_kind("Ingress")["api"]["metadata"]["annotations"]
    for controller, body, waits, on in (
        ("nginx.ingress.kubernetes.io", "proxy-body-size", "50", "on"),
        ("nginx.org", "client-max-body-size", "50s", "true"),
    ):
        assert given[f"{controller}/proxy-buffering"] == on
        assert int(given[f"{controller}/{body}"].removesuffix("m")) * 1024**2 > LARGEST_BODY
        assert given[f"{controller}/proxy-read-timeout"] == waits
        assert int(waits.removesuffix("s")) > LONGEST_WAIT
    assert given["nginx.ingress.kubernetes.io/proxy-request-buffering"] == "on"


def test_nobody_reaches_or_is_reached_but_by_what_a_policy_says() -> None:
    closed = POLICIES["nobody-and-nowhere"]["spec"]
    assert closed == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert {name: leading_out(name) for name in PODS} == {
        name: {53, 5432, 6379} | ({80, 443} if name == "worker" else set()) for name in PODS
    }
    assert {name for name in PODS if any("ingress" in policy for policy in policies_of(name))} == {"api"}
    (rule,) = POLICIES["to-the-api"]["spec"]["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": "http"}]
    assert all("namespaceSelector" in source for source in rule["from"])


def test_the_page_counts_the_connections_to_postgres() -> None:
    most = {name: each["spec"].get("replicas") for name, each in of_kind("Deployment").items()}
    api = of_kind("HorizontalPodAutoscaler")["api"]["spec"]["maxReplicas"]
    of_api = SERVING_THREADS * int(variables("settings.env")["WEB_CONCURRENCY"]) * api
    total = 2 * (of_api + 8 * most["worker"] + 4 * most["javascript"] + most["scheduler"]) + 3
    assert f"{total} connections" in PAGE


def policies_of(name: str) -> list[Any]:
    """The policies that select a pod, but for the one that selects all."""
    labels = PODS[name]["metadata"]["labels"]
    specs = [policy["spec"] for policy in POLICIES.values() if policy["spec"]["podSelector"]]
    return [spec for spec in specs if spec["podSelector"]["matchLabels"].items() <= labels.items()]


def leading_out(name: str) -> set[int]:
    """The ports that a pod may connect to."""
    rules = [rule for policy in policies_of(name) for rule in policy.get("egress", [])]
    assert all(rule["to"] for rule in rules)
    return {port["port"] for rule in rules for port in rule["ports"]}


def mebibytes(quantity: str) -> int:
    """A quantity in Mi or Gi as a number of Mi."""
    number, unit = int(quantity[:-2]), quantity[-2:]
    return number * {"Mi": 1, "Gi": 1024}[unit]
