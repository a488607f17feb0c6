"""deploy/kubernetes as a cluster would read it: its documents one by one, and what each container is started with."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
KUSTOMIZATION = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
DOCUMENTS: list[dict[str, Any]] = [
    document for name in KUSTOMIZATION["resources"] for document in yaml.safe_load_all((FOLDER / name).read_text())
]


class Missing(Exception):
    """A pod would not start: a Secret has no such key."""


def of_kind(kind: str) -> dict[str, Any]:
    """The documents of a kind, by name."""
    return {each["metadata"]["name"]: each for each in DOCUMENTS if each["kind"] == kind}


def pods() -> dict[str, Any]:
    """The pod of each Deployment and Job, by name."""
    return {name: each["spec"]["template"] for name, each in (of_kind("Deployment") | of_kind("Job")).items()}


def containers(pod: Any) -> list[Any]:
    """The containers of a pod, those first that only begin it."""
    spec = pod["spec"]
    return [*spec.get("initContainers", []), *spec["containers"]]


def variables(file: str) -> dict[str, str]:
    """What an env-file sets, as kustomize reads it."""
    lines = (FOLDER / file).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def examples(file: str) -> set[str]:
    """What the example of an env-file shows and leaves to be filled in."""
    return set(re.findall(r"^#([A-Z_]+)=", (FOLDER / f"{file}.example").read_text(), re.MULTILINE))


def environment(container: Any, secrets: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """What a container is started with; Missing names the key of a Secret that has to be given."""
    found: dict[str, str] = {}
    for source in container.get("envFrom", []):
        assert source == {"configMapRef": {"name": "settings"}}
        found |= variables("settings.env")
    for variable in container.get("env", []):
        value = variable.get("value") or _kept(variable["valueFrom"]["secretKeyRef"], secrets)
        found |= {variable["name"]: value} if value is not None else {}
    return found


def _kept(wanted: Any, secrets: Mapping[str, Mapping[str, str]]) -> str | None:
    value = secrets[wanted["name"]].get(wanted["key"])
    if value is None and not wanted.get("optional"):
        raise Missing(wanted["key"])
    return value
