# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""What systemd is notified of (sd_notify(3)), and what the units in deploy/systemd ask of it."""
import configparser
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess

import pytest

from samples import files
from support.clients import RawConnection, curl, request_head
from support.processes import wait_until
from support.programs import BUILD, GATEWAY, NO_METRICS, ROOT, SCALE, run

BODY = files.jpeg(64, 48)
PROGRAMS = pytest.mark.parametrize("program", [GATEWAY, SCALE], ids=lambda path: path.name)


class Manager:
    """The socket of a service manager for notifications."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(10)

    def heard(self):
        """The next message's assignments."""
        message = self.socket.recv(4096).decode()
        return dict(line.split("=", 1) for line in message.splitlines())

    def heard_nothing_more(self):
        self.socket.settimeout(0)
        try:
            return self.socket.recv(4096) is None
        except BlockingIOError:
            return True


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path, monkeypatch):
    name = f"{tmp_path}/notify"
    address = name if request.param == "path" else "\0" + name
    manager = Manager(address)
    monkeypatch.setenv("NOTIFY_SOCKET", address.replace("\0", "@"))
    yield manager
    manager.socket.close()


@PROGRAMS
def test_ready_and_stopping(own, manager, program):
    """READY=1 once requests are answered; STOPPING=1 while those under way still are; no more."""
    server = own.gateway() if program == GATEWAY else own.scale()
    path = "/gray" if program == GATEWAY else "/scale"
    heard = manager.heard()
    assert heard["READY"] == "1" and str(server.port) in heard["STATUS"]
    assert curl(server.url(path), body=BODY).status == 200
    with RawConnection(server) as raw:
        raw.send(request_head("POST", path, len(BODY)) + BODY[:100])
        assert curl(server.url("/healthz")).status == 200
        server.process.send_signal(signal.SIGTERM)
        assert manager.heard()["STOPPING"] == "1"
        raw.send(BODY[100:])
        assert raw.read_reply().status == 200
    assert server.process.wait(30) == 0
    assert manager.heard_nothing_more()


@pytest.mark.expects_errors(r"SIGHUP: nothing changes")
@PROGRAMS
def test_reloading(own, manager, program):
    """RELOADING=1 with the time, and READY=1 once it is done; also where the file is broken."""
    server = own.gateway() if program == GATEWAY else own.scale()
    assert manager.heard()["READY"] == "1"
    for text in ("{}", "{"):
        server.log_path.with_suffix(".json").write_text(text)
        server.process.send_signal(signal.SIGHUP)
        heard = manager.heard()
        assert heard["RELOADING"] == "1" and int(heard["MONOTONIC_USEC"]) > 0
        assert manager.heard() == {"READY": "1"}


@PROGRAMS
def test_never_ready(manager, program):
    """A server that cannot start does not say READY=1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run(program, "-c", NO_METRICS, "-i", "127.0.0.1", "-p", taken.getsockname()[1])
    assert done.returncode == 1
    assert manager.heard_nothing_more()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_workers_know_nothing_of_it(own, manager):
    """A worker's environment has no NOTIFY_SOCKET: whoever takes it over has nobody to talk to."""
    server = own.scale()
    for pid in server.workers():
        assert b"NOTIFY_SOCKET" not in pathlib.Path(f"/proc/{pid}/environ").read_bytes()


def test_nobody_listens(own, tmp_path, monkeypatch):
    """A NOTIFY_SOCKET that leads nowhere is a warning, and the server serves."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nothing"))
    server = own.scale()
    assert curl(server.url("/scale"), body=BODY).status == 200
    wait_until(lambda: any("warning" in line and "systemd" in line
                           for line in server.log().splitlines()), 5, "a warning")


@PROGRAMS
def test_socket_unit(program):
    """It listens where the package's configuration does, with as long a backlog as our own socket's."""
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str
    unit.read(unit_path(program).with_suffix(".socket"))
    name = program.name.removeprefix("grisaille-")
    listen = json.loads((ROOT / f"debian/conf/{name}.json").read_text())["listen"]
    place = f"{listen['ip']}:{listen['port']}".removeprefix(":::")
    assert unit["Socket"]["ListenStream"] == place
    assert unit["Socket"]["BindIPv6Only"] == "both" and int(unit["Socket"]["Backlog"]) == 1024


def unit_path(program):
    return BUILD / "deploy/systemd" / f"{program.name}.service"


def read_unit(program):
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str
    unit.read(unit_path(program))
    return unit


@PROGRAMS
def test_unit_has_room(program):
    """The unit lets the default configuration have its threads, descriptors and time, and lets the
    server report when it is ready."""
    config = json.loads(run(program, "--print-config").stdout)
    service = read_unit(program)["Service"]
    connections = config["listen"]["max_connections"] * 5 // 4 + 32 # lib/http's limit of threads
    assert service["Type"] == "notify"
    assert service["ExecReload"] == "sh -c 'kill -HUP ${MAINPID}'"
    assert service["RestartPreventExitStatus"] == "2" # wrong flag or configuration
    assert "AF_UNIX" in service["RestrictAddressFamilies"].split()
    assert int(service["TasksMax"]) >= connections + 64 * 12
    assert int(service["LimitNOFILE"]) >= connections * 5 + 256
    shutdown = config["shutdown"]
    assert int(service["TimeoutStopSec"]) * 1000 > shutdown["delay_ms"] + shutdown["drain_ms"]


def read_drop_in(name):
    drop_in = configparser.ConfigParser(interpolation=None, strict=False)
    drop_in.optionxform = str
    drop_in.read(ROOT / "deploy/systemd" / name)
    return drop_in["Service"]


@PROGRAMS
def test_flags_of_a_drop_in_are_words(program):
    """$GRISAILLE_FLAGS is empty without a drop-in, and stands alone, so that systemd makes words of it."""
    service = read_unit(program)["Service"]
    assert service["Environment"] == "GRISAILLE_FLAGS="
    assert service["ExecStart"].split()[-1] == "$GRISAILLE_FLAGS"


@pytest.mark.parametrize("program, name", [
    (GATEWAY, "tokens.conf"), (SCALE, "tokens.conf"), (GATEWAY, "scale-token.conf")])
def test_drop_in_passes_tokens(program, name, tmp_path):
    """The server takes the credentials of the drop-in, of the mode that systemd gives them, and reads no other."""
    text = (ROOT / "deploy/systemd" / name).read_text()
    credentials = set(re.findall(r"^LoadCredential=([\w-]+):/etc/grisaille/\1$", text, re.M))
    flags = re.search(r'^Environment="?GRISAILLE_FLAGS=([^"\n]+)"?$', text, re.M)[1]
    assert {pathlib.Path(flag).name for flag in flags.split()} == credentials
    flags = flags.replace("%d", str(tmp_path)).split()
    assert run(program, "--check-config", *flags).returncode == 2 # they are not there
    for credential in credentials:
        (tmp_path / credential).write_text("secret")
        (tmp_path / credential).chmod(0o400)
    assert run(program, "--check-config", *flags).returncode == 0


def test_drop_in_grants_what_workers_need():
    """Users for the workers of a server that is not root: the capabilities are granted, and are not
    outside of the bounding set."""
    service = read_drop_in("worker-users.conf")
    assert set(service["AmbientCapabilities"].split()) == {"CAP_SETUID", "CAP_SETGID", "CAP_KILL"}
    assert service["CapabilityBoundingSet"] == service["AmbientCapabilities"]


def install_units(program, folder):
    """Its service and its socket, with the program of this build."""
    for path in (unit_path(program), unit_path(program).with_suffix(".socket")):
        text = re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={program}", path.read_text())
        (folder / path.name).write_text(text)


def verify(unit):
    """What systemd says against the unit and its drop-ins."""
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True,
                          text=True, check=False)
    heard = [line for line in done.stderr.splitlines() if unit.name in line]
    assert (done.returncode == 0) == (heard == []), done.stderr
    return heard


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd")
@pytest.mark.parametrize("kind", ["service", "socket"])
@PROGRAMS
def test_unit_is_one(program, kind, tmp_path):
    """systemd has nothing to say against the unit."""
    install_units(program, tmp_path)
    assert verify(tmp_path / f"{program.name}.{kind}") == []


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd")
def test_unix_socket_of_the_drop_in(tmp_path):
    """systemd takes it for a socket at the path of docs/install.md alone, and would say what is wrong with it."""
    text = (ROOT / "deploy/systemd/unix-socket.conf").read_text()
    install_units(GATEWAY, tmp_path)
    unit = tmp_path / "grisaille-gateway.socket"
    drop_in = tmp_path / f"{unit.name}.d/unix-socket.conf"
    assert f"/etc/systemd/system/{unit.name}.d/{drop_in.name}" in text
    drop_in.parent.mkdir()
    drop_in.write_text(text)
    assert verify(unit) == []
    empty, path = re.findall(r"^ListenStream=(.*)$", text, re.M)
    assert empty == "" and f"--unix-socket {path} " in (ROOT / "docs/install.md").read_text()
    drop_in.write_text(text.replace(f"ListenStream={path}", "ListenStream=no/path"))
    assert any("no Listen setting" in line for line in verify(unit)) # the port is gone
