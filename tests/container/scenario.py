# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""What tests/container/run does once it is root, in a network of its own: builds the image, runs both servers from it,
and looks. A line for each check; the last is "N passed, N failed".

    python3 -m container.scenario FOLDER               a bare Debian is in FOLDER/bare
    python3 -m container.scenario --engine PROGRAM FOLDER"""
import contextlib
import ctypes
import fcntl
import io
import json
import os
import pathlib
import re
import socket
import struct
import subprocess
import sys
import time
import traceback
import urllib.error
import urllib.request

from PIL import Image

from container import containerfile
from container.build import ROOT, build, make_slim
from container.containers import Engine, Folders

DEPLOY = ROOT / "deploy/container"
STAGES = containerfile.read((DEPLOY / "Containerfile").read_text())
IMAGE = STAGES[-1]
PHOTO = ROOT / "tests/fresh/photo.jpg"
GATEWAY, SCALE = "http://127.0.0.1:8080", "http://127.0.0.1:8000"
COMMANDS = {name: [f"grisaille-{name}", "--config", f"/etc/grisaille/{name}.json"] for name in ("gateway", "scale")}
READY_SECONDS = 30
CLONE_NEWNET, SIOCSIFFLAGS, IFF_UP = 0x40000000, 0x8914, 1 # linux/sched.h, linux/sockios.h, linux/if.h
HOSTS = "127.0.0.1 localhost scale\n" # compose.yaml's names


class Checks:
    def __init__(self):
        self.passed, self.failed = 0, 0

    @contextlib.contextmanager
    def check(self, name):
        try:
            yield
        except Exception: # whatever it was, the others go on
            self.failed += 1
            print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)
        else:
            self.passed += 1
            print(f"passed  {name}", flush=True)


def ask(url, body=None, token=None):
    """(status, body)"""
    request = urllib.request.Request(url, data=body, headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def wait_ready(url):
    """Seconds until it answers; a server that does not answer in time is an error."""
    begun = time.monotonic()
    while time.monotonic() < begun + READY_SECONDS:
        with contextlib.suppress(OSError):
            if ask(f"{url}/readyz")[0] == 200:
                return time.monotonic() - begun
        time.sleep(0.01)
    raise AssertionError(f"{url} does not answer")


def size_of(body):
    return Image.open(io.BytesIO(body)).size


def status_of(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return dict(re.findall(r"^(\w+):\s*(.*)$", text, re.M))


class Scenario:
    def __init__(self, containers, folder):
        self.containers, self.folder = containers, folder
        self.checks = Checks()
        self.running = {}
        self.log = open(folder / "log", "w+")
        self.secret = {}
        for name in ("client_tokens", "scale_token"):
            self.secret[name] = f"secret-of-{name.replace('_', '-')}"
            self.write(name, self.secret[name], 0o400)
        (folder / "hosts").write_text(HOSTS)

    def write(self, name, text, mode):
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        user, group = map(int, IMAGE.user.split(":"))
        os.chown(path, user, group)

    def files(self, name, **others):
        """As compose.yaml mounts them."""
        found = {f"/etc/grisaille/{name}.json": DEPLOY / f"{name}.json", "/etc/hosts": self.folder / "hosts",
                 "/run/secrets/scale_token": self.folder / "scale_token"}
        if name == "gateway":
            found["/run/secrets/client_tokens"] = self.folder / "client_tokens"
        return {**found, **{f"/run/secrets/{key}": self.folder / value for key, value in others.items()}}

    def health(self, command, files):
        return self.containers.run([*command, "--health"], files, self.log)

    def start(self, name, url):
        self.running[name] = self.containers.start(COMMANDS[name], self.files(name), self.log)
        seconds = wait_ready(url)
        print(f"        {name}: ready {seconds * 1000:.0f} ms after its container was asked for")

    def by_default(self):
        """The image without a configuration: its own command and health check."""
        name = IMAGE.command[0].removeprefix("grisaille-")
        container = self.containers.start(IMAGE.command, {}, self.log)
        try:
            wait_ready(GATEWAY)
            assert self.containers.run(IMAGE.health, {}, self.log) == 0
            status, body = ask(GATEWAY, PHOTO.read_bytes())
            assert status == 200 and size_of(body) == size_of(PHOTO.read_bytes())
            assert container.stop() == 0, name
        finally:
            container.kill()
        assert self.containers.run(IMAGE.health, {}, self.log) == 1

    def wrong_secret(self):
        """A token file that everyone may read is a wrong configuration."""
        self.write("open_tokens", "anything", 0o444)
        command = [*COMMANDS["gateway"], "--check-config"]
        assert self.containers.run(command, self.files("gateway", client_tokens="open_tokens"), self.log) == 2
        assert self.containers.run(command, self.files("gateway"), self.log) == 0

    def confined(self, name):
        """The server's process: who it is and what it may."""
        status = status_of(self.running[name].pid())
        assert status["Uid"].split() == [IMAGE.user.split(":")[0]] * 4
        assert {int(status[field], 16) for field in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
        assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
        assert status["NSpid"].split()[-1] == "1", "a shell stands before it"
        mounts = pathlib.Path(f"/proc/{self.running[name].pid()}/mounts").read_text().splitlines()
        options = {line.split()[1]: line.split()[3].split(",") for line in mounts}
        assert "ro" in options["/"]

    def sandbox(self, url):
        """The workers' own layers, inside of the container's: all but the user, for which there are no
        capabilities, and Landlock, which not every kernel has."""
        found = json.loads(ask(f"{url}/readyz")[1])["sandbox"]
        print(f"        {found}")
        assert found["mode"] == "required"
        assert all(found[layer] is True for layer in ("seccomp", "no_new_privs", "limits", "not_dumpable"))

    def images(self):
        photo, token = PHOTO.read_bytes(), self.secret["client_tokens"]
        width, height = size_of(photo)
        assert ask(f"{GATEWAY}/gray", photo)[0] == 401
        assert ask(f"{SCALE}/scale", photo, token)[0] == 401, "a client's token is none of the scale server's"
        status, body = ask(f"{GATEWAY}/gray", photo, token)
        assert status == 200 and size_of(body) == (width, height)
        status, body = ask(f"{GATEWAY}/scale?width={width // 2}", photo, token)
        assert status == 200 and size_of(body)[0] == width // 2, body[:500]
        for name in ("webp", "avif", "png", "gif", "tiff"):
            status, body = ask(f"{GATEWAY}/image?width=64&format={name}", photo, token)
            assert status == 200 and (name == "avif" or size_of(body)[0] == 64), (name, body[:500])

    def metrics(self):
        for port, name in ((9180, "gray"), (9181, "scale")):
            status, body = ask(f"http://127.0.0.1:{port}/metrics")
            assert status == 200 and f'grisaille_workers{{pool="{name}"}}'.encode() in body

    def stopped(self, name):
        assert self.running.pop(name).stop() == 0

    def run(self):
        check = self.checks.check
        print(f"        image: {self.containers.bytes() / 1e6:.0f} MB")
        with check("the image alone: its command, its health check, a gray image, SIGTERM"):
            self.by_default()
        with check("a secret that everyone may read is refused, one of mode 0400 is not"):
            self.wrong_secret()
        with check("both servers start with compose's files"):
            self.start("scale", SCALE)
            self.start("gateway", GATEWAY)
        for name, url in (("gateway", GATEWAY), ("scale", SCALE)):
            with check(f"{name}: no privileges, a root that cannot be written, process 1"):
                self.confined(name)
            with check(f"{name}: the workers' sandbox below an engine's own"):
                self.sandbox(url)
            with check(f"{name}: --health"):
                assert self.health(COMMANDS[name], self.files(name)) == 0
        with check("images, with tokens and without"):
            self.images()
        with check("metrics"):
            self.metrics()
        for name in ("gateway", "scale"):
            with check(f"{name}: SIGTERM ends it with exit code 0"):
                self.stopped(name)
        with check("--health of a server that does not run"):
            assert self.health(COMMANDS["scale"], self.files("scale")) == 1

    def close(self):
        for container in self.running.values():
            container.kill()
        if self.checks.failed:
            self.log.seek(0)
            print(f"\nThe servers' log:\n{self.log.read()}")


def installed(root):
    """The four programs, and every library of theirs."""
    programs = [*root.glob("usr/bin/grisaille-*"), *root.glob("usr/libexec/grisaille/*")]
    assert len(programs) == 4, programs
    for program in programs:
        ran = subprocess.run(["chroot", root, "ldd", f"/{program.relative_to(root)}"], capture_output=True, text=True)
        assert ran.returncode == 0 and "not found" not in ran.stdout, ran


def slim(root):
    """Nothing of the build is in the image."""
    left = [name for name in ("usr/bin/gcc", "usr/bin/meson", "usr/bin/ninja", "usr/include/vips", "grisaille")
            if (root / name).exists()]
    assert left == [] and not list((root / "var/lib/apt/lists").iterdir())


def enter_network():
    """A network with nothing but loopback: ports that others use are free in it, and nobody else can connect."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))


def main(arguments):
    engine = arguments[1] if arguments[0] == "--engine" else None
    folder = pathlib.Path(arguments[-1])
    begun = time.monotonic()
    if engine:
        containers = Engine(engine)
        containers.build(DEPLOY / "Containerfile")
    else:
        make_slim(folder / "bare")
        root = build(STAGES, folder / "bare", folder)["image"]
        containers = Folders(root, IMAGE)
        enter_network()
    print(f"        built in {time.monotonic() - begun:.0f} s")
    scenario = Scenario(containers, folder)
    try:
        if not engine:
            with scenario.checks.check("the image has every library, and nothing of the build"):
                installed(root)
                slim(root)
        scenario.run()
    finally:
        scenario.close()
    print(f"{scenario.checks.passed} passed, {scenario.checks.failed} failed")
    return 0 if scenario.checks.failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
