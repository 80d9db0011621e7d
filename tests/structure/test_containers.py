# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""deploy/container and deploy/kubernetes: nothing is granted that the servers do not need, what is written twice
agrees, and every flag and key is one of the programs'. tests/container/run runs the image."""
import functools
import json
import os
import pathlib
import re
import subprocess

import pytest
import yaml

from container import containerfile
from structure.sources import ROOT
from support.programs import BUILD, GATEWAY, SCALE, nested, run

DEPLOY, BASE = ROOT / "deploy/container", ROOT / "deploy/kubernetes"
STAGES = containerfile.read((DEPLOY / "Containerfile").read_text())
IMAGE = STAGES[-1]
USER, GROUP = IMAGE.user.split(":")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
PROGRAMS = {"gateway": GATEWAY, "scale": SCALE}
POOLS = {"gateway": "gray", "scale": "scale"} # the section of the workers' keys
LISTEN, METRICS = {"gateway": 8080, "scale": 8000}, {"gateway": 9180, "scale": 9181}
SERVERS = pytest.mark.parametrize("name", PROGRAMS)
PLACES = pytest.mark.parametrize("folder", [DEPLOY, BASE], ids=["compose", "kubernetes"])
WORKER_THREADS = 12 # docs/security.md
# The places that lib/http has besides 1.25 for each connection, those of metrics, the log and others.
SERVER_THREADS = 32 + 42 + 22
LEAST_MEMORY = 512 << 20 # *.max_memory_bytes becomes as little by itself
KINDS = {"ConfigMap": 2, "Service": 2, "Deployment": 2, "PodDisruptionBudget": 2, "NetworkPolicy": 2}


def settings(folder, name):
    return json.loads((folder / f"{name}.json").read_text())


@functools.cache
def rendered():
    """{(kind, name): object}, as kubectl renders the base; a generated name without its hash."""
    text = subprocess.run(["kubectl", "kustomize", BASE], capture_output=True, text=True, check=True).stdout
    return {(one["kind"], re.sub(r"-[a-z0-9]{10}$", "", one["metadata"]["name"])): one
            for one in yaml.safe_load_all(text)}


def pod_of(name):
    return rendered()["Deployment", f"grisaille-{name}"]["spec"]["template"]["spec"]


def container_of(name):
    [container] = pod_of(name)["containers"]
    assert "initContainers" not in pod_of(name)
    return container


# --- the image ------------------------------------------------------------------------------------------

def needed(program):
    """The libraries that a program itself names."""
    return re.findall(r"NEEDED\s+(\S+)", run("objdump", "-p", program).stdout)


def package_of(library):
    """Of this architecture's folder; others have libraries of the same names."""
    folder = run("gcc", "-print-multiarch").stdout.strip()
    found = re.findall(rf"^([^:\s]+)(?::\S+)?: /\S*/{folder}/{re.escape(library)}$",
                       run("dpkg-query", "-S", f"*/{library}").stdout, re.M)
    assert len(set(found)) == 1, (library, found)
    return found[0]


@pytest.mark.skipif("build" != BUILD.name, reason="a sanitizer's libraries are in no image")
def test_runtime_packages():
    """The image has the packages of the libraries that the four programs name, and no others."""
    programs = [GATEWAY, SCALE, BUILD / "services/gray/grisaille-gray", BUILD / "services/scale/grisaille-scale-worker"]
    libraries = {library for program in programs for library in needed(program) if not library.startswith("ld-linux")}
    expected = {package_of(library) for library in libraries} - {"libc6"}
    found = [word for word in containerfile.packages(IMAGE) if not word.startswith("-")]
    assert found == sorted(expected)


def test_build_packages():
    """They are read from deploy/packages.txt, and nothing is named here."""
    [build, _] = STAGES
    assert " ".join(containerfile.packages(build)) == "$(awk '$1 == \"start\" { print $2 }' deploy/packages.txt)"


def test_context():
    """What is copied exists and is in the context, and so is all that meson reads without tests."""
    ignore = (ROOT / ".dockerignore").read_text()
    copied = [word for stage in STAGES for step in stage.steps if step.word == "COPY" and not step.source
              for word in step.text.split()[:-1]]
    folders = re.findall(r"subdir\('([^']+)'\)", (ROOT / "meson.build").read_text())
    needed_paths = [path for path in [*copied, *folders, "meson.build", "meson_options.txt"] if path not in (".", "tests")]
    assert [path for path in needed_paths if not (ROOT / path).exists()] == []
    assert [path for path in needed_paths if not containerfile.is_in_context(path, ignore)] == []


def test_image():
    """A user by number, words for no shell, both bases the same, the version of meson.build."""
    assert int(USER) > 0 and int(GROUP) > 0
    assert {stage.base for stage in STAGES} == {"docker.io/library/debian:12-slim"}
    assert IMAGE.command == ["grisaille-gateway"] and IMAGE.health == ["grisaille-gateway", "--health"]
    assert IMAGE.stop_signal == "SIGTERM"
    assert sorted(IMAGE.ports) == sorted([*LISTEN.values(), *METRICS.values()])
    [version] = re.findall(r"^\s+version: '([^']+)'", (ROOT / "meson.build").read_text(), re.M)
    assert IMAGE.labels["org.opencontainers.image.version"] == version
    assert COMPOSE["x-server"]["image"] == f"grisaille:{version}"
    assert all(container_of(name)["image"] == f"grisaille:{version}" for name in PROGRAMS)


def commands():
    """(where, words) of everything that starts one of the programs."""
    yield "Containerfile CMD", IMAGE.command
    yield "Containerfile HEALTHCHECK", IMAGE.health
    for name, service in SERVICES.items():
        yield f"compose {name}", service["command"]
        word, *test = service["healthcheck"]["test"]
        assert word == "CMD"
        yield f"compose {name} healthcheck", test
    for name in PROGRAMS:
        yield f"kubernetes {name}", container_of(name)["command"]


def test_flags():
    """Each is in the program's --help."""
    for where, (program, *words) in commands():
        text = run(PROGRAMS[program.removeprefix("grisaille-")], "--help").stdout
        for word in words:
            assert not word.startswith("-") or re.search(rf"(^|\s){word}\b", text, re.M), (where, word)


# --- configuration --------------------------------------------------------------------------------------

def with_tokens(tree, folder):
    """Files of tokens are where they are only in a container: others take their places."""
    tokens = folder / "tokens"
    if not tokens.exists():
        tokens.write_text("a-token\n")
        tokens.chmod(0o400)
    return {key: with_tokens(value, folder) if isinstance(value, dict) else
            str(tokens) if key.endswith("_file") else value for key, value in tree.items()}


def printed(folder, name, tmp_path, **others):
    """What the program makes of a configuration; fails where it is wrong."""
    config = tmp_path / f"{name}.json"
    tree = with_tokens(settings(folder, name), tmp_path)
    for section, values in nested({key.replace("__", "."): value for key, value in others.items()}).items():
        tree.setdefault(section, {}).update(values)
    config.write_text(json.dumps(tree))
    ran = run(PROGRAMS[name], "--config", config, "--print-config")
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@PLACES
@SERVERS
def test_configuration(folder, name, tmp_path):
    """It is valid, and the ports are the default ones, which the other files repeat."""
    found = printed(folder, name, tmp_path)
    assert (found["listen"]["port"], found["metrics"]["port"]) == (LISTEN[name], METRICS[name])
    assert found["metrics"]["ip"] == "::" and found["sandbox"] == "required"


def limits(folder, name):
    """(bytes, CPUs) that a container gets."""
    if folder == DEPLOY:
        service = SERVICES[name]
        assert service["mem_limit"] == service["memswap_limit"]
        return int(service["mem_limit"].removesuffix("g")) << 30, service["cpus"]
    found = container_of(name)["resources"]["limits"]
    return int(found["memory"].removesuffix("Gi")) << 30, int(found["cpu"])


@PLACES
@SERVERS
def test_limits(folder, name, tmp_path):
    """The memory bound fits, with a worker for each CPU; and in compose threads and descriptors fit."""
    memory, cpus = limits(folder, name)
    workers = {f"{POOLS[name]}__workers": cpus, f"{POOLS[name]}__max_memory_bytes": LEAST_MEMORY}
    found = printed(folder, name, tmp_path, **workers)
    assert found["computed"]["memory_bound_bytes"] <= memory
    if folder == DEPLOY:
        connections = found["listen"]["max_connections"]
        assert SERVICES[name]["pids_limit"] >= connections * 1.25 + WORKER_THREADS * cpus + SERVER_THREADS
        assert SERVICES[name]["ulimits"]["nofile"] >= connections * 6.25 + 416


@PLACES
@SERVERS
def test_stopping(folder, name, tmp_path):
    """There is time for all of it before SIGKILL; in Kubernetes some of it for endpoints to forget the pod."""
    shutdown = printed(folder, name, tmp_path)["shutdown"]
    if folder == DEPLOY:
        seconds = int(SERVICES[name]["stop_grace_period"].removesuffix("s"))
        assert SERVICES[name]["stop_signal"] == "SIGTERM"
    else:
        seconds = pod_of(name)["terminationGracePeriodSeconds"]
        assert shutdown["delay_ms"] >= 5000
    assert seconds * 1000 > shutdown["delay_ms"] + shutdown["drain_ms"] + 1000


def test_the_gateway_finds_the_scale_server():
    """By the name of its service; and they share a token."""
    for folder, host in ((DEPLOY, "scale"), (BASE, "grisaille-scale")):
        gateway, scale = settings(folder, "gateway"), settings(folder, "scale")
        assert gateway["scale"]["upstream"] == f"http://{host}:{LISTEN['scale']}"
        assert gateway["scale"]["token_file"] == scale["auth"]["tokens_file"]
    [port] = rendered()["Service", "grisaille-scale"]["spec"]["ports"]
    assert port["port"] == LISTEN["scale"]


# --- compose --------------------------------------------------------------------------------------------

@SERVERS
def test_compose_grants_nothing(name):
    service = SERVICES[name]
    assert service["user"] == IMAGE.user and service["read_only"] is True
    assert service["cap_drop"] == ["ALL"] and service["security_opt"] == ["no-new-privileges:true"]
    assert service.keys().isdisjoint({"privileged", "cap_add", "devices", "pid", "ipc", "network_mode", "volumes"})
    assert service["command"][0] == f"grisaille-{name}"
    assert service["healthcheck"]["test"] == ["CMD", *service["command"], "--health"]
    assert [one["target"] for one in service["configs"]] == [service["command"][2]]


@SERVERS
def test_compose_secrets(name):
    """Mode 0400, of the user that the servers run as, where the configuration looks for them."""
    found = settings(DEPLOY, name)
    paths = {found["auth"]["tokens_file"], found.get("scale", {}).get("token_file", found["auth"]["tokens_file"])}
    assert {f"/run/secrets/{one['source']}" for one in SERVICES[name]["secrets"]} == paths
    assert all((one["mode"], one["uid"], one["gid"]) == (0o400, USER, GROUP) for one in SERVICES[name]["secrets"])
    assert {one["source"] for one in SERVICES[name]["secrets"]} <= COMPOSE["secrets"].keys()
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert "/deploy/container/secrets/" in ignored
    assert all(one["file"].startswith("./secrets/") for one in COMPOSE["secrets"].values())


def test_compose_networks():
    """Only the gateway is published, and its metrics are not; the scale server trusts the network that the gateway
    is in, which leads nowhere else."""
    assert SERVICES["gateway"]["ports"] == [f"{LISTEN['gateway']}:{LISTEN['gateway']}"]
    assert "ports" not in SERVICES["scale"] and SERVICES["scale"]["networks"] == ["inside"]
    assert "inside" in SERVICES["gateway"]["networks"]
    inside = COMPOSE["networks"]["inside"]
    assert inside["internal"] is True
    assert [one["subnet"] for one in inside["ipam"]["config"]] == settings(DEPLOY, "scale")["trusted_proxies"]


# --- Kubernetes -----------------------------------------------------------------------------------------

def test_kustomize_renders():
    """All of it, and the image has a tag."""
    kinds = [kind for kind, _ in rendered()]
    assert {kind: kinds.count(kind) for kind in kinds} == KINDS


@SERVERS
def test_kubernetes_grants_nothing(name):
    """The Pod Security Standard "restricted", and a root that cannot be written."""
    pod, container = pod_of(name), container_of(name)
    security = pod["securityContext"]
    assert (security["runAsUser"], security["runAsGroup"]) == (int(USER), int(GROUP))
    assert security["runAsNonRoot"] is True and security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                            "capabilities": {"drop": ["ALL"]}}
    assert pod["automountServiceAccountToken"] is False
    assert pod.keys().isdisjoint({"hostNetwork", "hostPID", "hostIPC", "serviceAccountName"})
    assert all(volume.keys() - {"name"} <= {"configMap", "secret"} for volume in pod["volumes"])
    assert all(one["readOnly"] is True for one in container["volumeMounts"])


@SERVERS
def test_kubernetes_secrets(name):
    """Mode 0440, in a group that the servers are in, where the configuration looks for them; the scale server does
    not see the clients' tokens."""
    [secret] = [volume["secret"] for volume in pod_of(name)["volumes"] if "secret" in volume]
    assert secret["defaultMode"] == 0o440 and pod_of(name)["securityContext"]["fsGroup"] == int(GROUP)
    [place] = [one["mountPath"] for one in container_of(name)["volumeMounts"] if one["name"] == "tokens"]
    found = settings(BASE, name)
    assert found["auth"]["tokens_file"].startswith(f"{place}/")
    keys = [item["key"] for item in secret.get("items", [])]
    assert keys == ([] if name == "gateway" else ["scale_token"])


@SERVERS
def test_kubernetes_probes(name):
    """Alive is /healthz, ready is /readyz; of the gateway also without the scale server."""
    container = container_of(name)
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"http": LISTEN[name], "metrics": METRICS[name]}
    for probe, path in (("startup", "/healthz"), ("liveness", "/healthz"), ("readiness", "/readyz")):
        assert container[f"{probe}Probe"]["httpGet"] == {"path": path, "port": "http"}
    assert container["resources"].keys() == {"requests", "limits"}


@SERVERS
def test_kubernetes_configuration_is_mounted(name):
    """The generated ConfigMap, by the name with its hash, so that a change restarts the pods."""
    [volume] = [volume["configMap"] for volume in pod_of(name)["volumes"] if "configMap" in volume]
    config = rendered()["ConfigMap", f"grisaille-{name}"]
    assert volume["name"] == config["metadata"]["name"] != f"grisaille-{name}"
    assert json.loads(config["data"][f"{name}.json"]) == settings(BASE, name)
    [mount] = [one["mountPath"] for one in container_of(name)["volumeMounts"] if one["name"] == "config"]
    assert container_of(name)["command"] == [f"grisaille-{name}", "--config", f"{mount}/{name}.json"]


@SERVERS
def test_kubernetes_selectors(name):
    """Services, budgets and policies mean the pods of their deployment."""
    deployment = rendered()["Deployment", f"grisaille-{name}"]["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    assert deployment["selector"]["matchLabels"] == labels
    assert rendered()["Service", f"grisaille-{name}"]["spec"]["selector"] == labels
    assert rendered()["PodDisruptionBudget", f"grisaille-{name}"]["spec"]["selector"]["matchLabels"] == labels
    assert rendered()["NetworkPolicy", f"grisaille-{name}"]["spec"]["podSelector"]["matchLabels"] == labels
    [spread] = pod_of(name)["topologySpreadConstraints"]
    assert spread["labelSelector"]["matchLabels"] == labels


def test_network_policies():
    """The scale server answers the gateway alone, and connects to nobody; metrics are for one namespace."""
    gateway, scale = (rendered()["NetworkPolicy", f"grisaille-{name}"]["spec"] for name in ("gateway", "scale"))
    labels = {name: policy["podSelector"] for name, policy in (("gateway", gateway), ("scale", scale))}
    assert all(policy["policyTypes"] == ["Ingress", "Egress"] for policy in (gateway, scale))
    assert "egress" not in scale
    sources = {rule["ports"][0]["port"]: rule.get("from") for rule in scale["ingress"]}
    assert sources["http"] == [{"podSelector": labels["gateway"]}]
    assert gateway["egress"][0]["to"] == [{"podSelector": labels["scale"]}]
    for policy in (gateway, scale):
        [metrics] = [rule["from"] for rule in policy["ingress"] if rule["ports"][0]["port"] == "metrics"]
        assert [one.keys() for one in metrics] == [{"namespaceSelector"}]


# --- what runs all of this elsewhere --------------------------------------------------------------------

WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/check.yml").read_text())


def steps():
    return [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]


def named_scripts():
    """Our scripts in the workflow's commands and matrices."""
    text = json.dumps(WORKFLOW["jobs"])
    return set(re.findall(r"(?<![\w./-])(?:\./)?((?:check|start|\.ci/run|tests/[\w/]+/run)\b)(?!\.)", text))


def test_workflow_runs_what_there_is():
    """Every script that it names exists and can be run."""
    assert {"check", "tests/fresh/run", "tests/container/run"} <= named_scripts()
    assert [name for name in named_scripts() if not os.access(ROOT / name, os.X_OK)] == []


def test_workflow_is_careful():
    """It may read the repository and no more, ends in time, and uses actions of a version."""
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert WORKFLOW["concurrency"]["cancel-in-progress"]
    assert all("permissions" not in job and job["timeout-minutes"] <= 180 for job in WORKFLOW["jobs"].values())
    used = [step["uses"] for step in steps() if "uses" in step]
    assert used and all(re.fullmatch(r"[\w-]+/[\w-]+@v\d+\.\d+\.\d+", action) for action in used)


def test_workflow_covers():
    """Both architectures, both compilers, by ./check itself."""
    matrix = WORKFLOW["jobs"]["check"]["strategy"]["matrix"]
    assert matrix["runner"] == ["ubuntu-24.04", "ubuntu-24.04-arm"] and matrix["compiler"] == ["gcc", "clang"]
    assert WORKFLOW["jobs"]["check"]["env"]["CC"] == "${{ matrix.compiler }}"
    assert "./check" in [step.get("run") for step in WORKFLOW["jobs"]["check"]["steps"]]
