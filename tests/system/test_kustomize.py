"""The whole of deploy/kubernetes as kustomize builds it; where there is no kubectl, nothing here runs."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes_validate import validate

from tests.system.kubernetes import DOCUMENTS, FOLDER, KUSTOMIZATION
from tests.system.server import ROOT

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="There is no kubectl here.")
PAGE = (ROOT / "docs" / "kubernetes.md").read_text()
SECRETS = [each["envs"][0] for each in KUSTOMIZATION["secretGenerator"]]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A copy with the secrets' files in it."""
    folder = tmp_path / "aerie" / "deploy" / "kubernetes"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("secret*.env"))
    for name in SECRETS:
        (folder / name).write_text("SECRET_KEY=of-this-file-alone\n")
    return folder


@pytest.mark.parametrize("missing", SECRETS)
def test_nothing_is_built_without_the_secrets(base: Path, missing: str) -> None:
    (base / missing).unlink()
    refused = built(base)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert missing in refused.stderr


def test_every_resource_is_built_and_refers_to_what_is_there(base: Path) -> None:
    documents = documents_of(base)
    made = {each["metadata"]["name"] for each in documents if each["kind"] in ("ConfigMap", "Secret")}
    assert len(documents) == len(DOCUMENTS) + len(made) == len(DOCUMENTS) + 3
    referred = re.findall(
        r"(?:configMapRef|secretKeyRef):\n(?: +key: \w+\n)? +name: (\S+)", yaml.safe_dump_all(documents)
    )
    assert set(referred) == made
    for document in documents:
        validate(document, desired_version="1.37", strict=True)


def test_everything_is_in_one_namespace(base: Path) -> None:
    documents = documents_of(base)
    (namespace,) = [each for each in documents if each["kind"] == "Namespace"]
    others = [each for each in documents if each["kind"] != "Namespace"]
    assert {each["metadata"]["namespace"] for each in others} == {namespace["metadata"]["name"]} == {"aerie"}
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_the_first_step_applies_all_but_the_deployments_and_what_is_theirs(base: Path) -> None:
    (left_out,) = set(re.findall(r"component notin \((.+)\)", PAGE))
    label = "app.kubernetes.io/component"
    first = [e for e in documents_of(base) if e["metadata"].get("labels", {}).get(label) not in left_out.split(", ")]
    kinds = {"Namespace", "NetworkPolicy", "ConfigMap", "Secret", "Job"}
    assert {each["kind"] for each in first} == kinds
    assert not kinds & {each["kind"] for each in documents_of(base) if each not in first}


def test_the_page_has_a_kustomization_that_changes_what_it_says(base: Path, tmp_path: Path) -> None:
    (example,) = re.findall(r"^   ```yaml\n(.*?)^   ```$", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "kustomization.yaml").write_text(example.replace("\n   ", "\n").removeprefix("   "))
    text = yaml.safe_dump_all(documents_of(tmp_path / "own"))
    assert "aerie.example.com" not in text
    assert set(re.findall(r"image: (\S+)", text)) == {"REGISTRY/myuserapi:1"}
    assert "TRUSTED_PROXIES: 10.42.0.0/16" in text
    assert "DRAIN_SECONDS: '15'" in text
    assert set(re.findall(r"cidr: (\S+)", text)) == {"10.1.2.0/28", "0.0.0.0/0", "::/0"}


def built(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["kubectl", "kustomize", str(folder)], capture_output=True, text=True, check=False)


def documents_of(folder: Path) -> list[dict[str, Any]]:
    """What kustomize makes of a folder."""
    whole = built(folder)
    assert whole.returncode == 0, whole.stderr
    return [*yaml.safe_load_all(whole.stdout)]
