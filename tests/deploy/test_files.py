"""Each file of deploy/ pleases its linter, and what is said twice is said alike."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from tests.support.service import PROJECT

DEPLOY = PROJECT / "deploy"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
UNIT = DEPLOY / "items-api@.service"
needs_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="no systemd-analyze here: apt install systemd"
)


def run(*command, folder=PROJECT):
    """What a command prints, which must end well. Tools of Python come from this interpreter."""
    tool = Path(sys.executable).parent / command[0]
    arguments = [str(tool) if tool.exists() else command[0], *map(str, command[1:])]
    run = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout + run.stderr


def objects():
    """What the manifests hold, by its kind."""
    documents = [yaml.safe_load_all(manifest.read_text()) for manifest in MANIFESTS]
    return {found["kind"]: found for manifest in documents for found in manifest}


def pod():
    """The pod of the deployment, and its container."""
    spec = objects()["Deployment"]["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    return spec, container


# Linters


def test_dockerfile():
    run("hadolint", "--failure-threshold", "style", DEPLOY / "Dockerfile")


def test_compose_file_has_the_specifications_schema():
    run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml")


def test_workflow_has_githubs_schema():
    workflow = PROJECT / ".github" / "workflows" / "ci.yml"
    run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", workflow)


def test_manifests_have_kubernetes_schemas():
    run("kubernetes-validate", "--strict", "--quiet", *MANIFESTS)


def test_yaml_is_tidy():
    run("yamllint", "--strict", DEPLOY, ".github", ".yamllint.yaml")


@needs_systemd
def test_unit_is_verified_without_a_word(tmp_path):
    text = UNIT.read_text().replace("/opt/items-api/.venv/bin/python", sys.executable)
    (tmp_path / UNIT.name).write_text(text)
    instance = tmp_path / UNIT.name.replace("@", "@8000")
    assert run("systemd-analyze", "verify", "--man=no", instance) == ""


@needs_systemd
def test_unit_is_exposed_below_3():
    # The threshold is in tenths.
    run("systemd-analyze", "security", "--offline=yes", "--threshold=30", "--no-pager", UNIT)


# The lock


def pins(name):
    """The packages with their versions that a file of requirements pins."""
    found = re.findall(r"^([\w.-]+)==([^\s;]+)", (PROJECT / name).read_text(), re.MULTILINE)
    return {(re.sub(r"[-_.]+", "-", package).lower(), version) for package, version in found}


def test_lock_pins_what_requirements_txt_does():
    stale = pins("requirements.txt") ^ pins("deploy/requirements.lock")
    assert not stale, f"run `make lock`, and pin in requirements.txt what it adds: {sorted(stale)}"


def test_lock_has_hashes_for_each_package():
    text = (DEPLOY / "requirements.lock").read_text()
    packages = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert len(packages) > 25
    assert all("--hash=sha256:" in package for package in packages)


# What is said in several places


def test_pod_may_take_longer_than_drain_and_stop():
    data = objects()["ConfigMap"]["data"]
    spec, _ = pod()
    stop = int(data["DRAIN_SECONDS"]) + int(data["STOP_SECONDS"])
    assert spec["terminationGracePeriodSeconds"] > stop


def test_container_may_take_longer_than_a_stop():
    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["service"]
    assert int(service["stop_grace_period"].removesuffix("s")) > settings.STOP_SECONDS


def test_every_variable_that_is_set_is_one_that_the_service_reads():
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    unit = re.findall(r"^Environment=(\w+)=", UNIT.read_text(), re.MULTILINE)
    given = {*objects()["ConfigMap"]["data"], *compose["services"]["service"]["environment"], *unit}
    example = (PROJECT / ".env.example").read_text()
    known = set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE))
    assert given - known == {"PYTHONDONTWRITEBYTECODE"}


def test_service_that_is_drained_for_as_long_as_the_unit_may_is_not_killed():
    limit = int(re.search(r"^TimeoutStopSec=(\d+)$", UNIT.read_text(), re.MULTILINE)[1])
    assert limit > settings.STOP_SECONDS + 15  # of DRAIN_SECONDS, more than a balancer needs


def test_pods_answer_the_kubelet_and_only_the_monitor_beside_it():
    assert objects()["ConfigMap"]["data"]["MANAGEMENT_HOST"] == "0.0.0.0"
    _, container = pod()
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"http": 8000, "management": 9000}
    for probe, path in [("startup", "livez"), ("liveness", "livez"), ("readiness", "readyz")]:
        assert container[f"{probe}Probe"]["httpGet"] == {"path": f"/{path}", "port": "management"}
    rules = objects()["NetworkPolicy"]["spec"]["ingress"]
    sources = {rule["ports"][0]["port"]: len(rule["from"]) for rule in rules}
    assert sources == {"http": 1, "management": 1}


def test_all_run_as_the_images_user_with_a_root_that_is_read_only():
    user = re.search(r"^USER (\d+):", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)[1]
    for kind in ("Deployment", "Job"):
        spec = objects()[kind]["spec"]["template"]["spec"]
        assert spec["securityContext"]["runAsUser"] == int(user)
        for container in spec["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"]
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    assert compose["services"]["service"]["read_only"]


def test_every_place_gives_the_secrets_with_that_of_the_monitor():
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    secrets = {"metrics_pwd", "mongo_url", "secret_key", "service_pwd"}
    assert set(compose["services"]["service"]["secrets"]) == secrets
    assert set(re.findall(r"^LoadCredential=(\w+):", UNIT.read_text(), re.MULTILINE)) == secrets


def test_the_monitor_of_the_machine_reaches_the_metrics_in_the_container():
    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["service"]
    assert service["environment"]["MANAGEMENT_HOST"] == "0.0.0.0"
    assert "127.0.0.1:9000:9000" in service["ports"]
