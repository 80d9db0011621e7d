# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Sockets that a service manager passes (LISTEN_FDS), and Unix sockets of our own."""
import contextlib
import fcntl
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

from faults.injection import limited, plain_build
from samples import files
from support.processes import wait_until
from support.programs import GATEWAY, NO_METRICS, SCALE, Server, nested, run

BODY = files.jpeg(64, 48)
PROGRAMS = pytest.mark.parametrize("program", [GATEWAY, SCALE], ids=lambda path: path.name)
RESTARTS = 50
pytestmark = pytest.mark.threads


class Activated(Server):
    """A server that gets listening sockets as systemd passes them: from descriptor 3 on."""

    def __init__(self, program, folder, sockets, settings=()):
        super().__init__(program, folder, {"listen.port": 1, **dict(settings)})
        self.sockets = sockets

    def start(self):
        config = self.log_path.with_suffix(".json")
        config.write_text(json.dumps(nested(self.settings)))
        ready, writer = os.pipe()
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 200) for fd in
                (*[one.fileno() for one in self.sockets], writer)]
        targets = range(3, 3 + len(high))

        def place():
            for fd, target in zip(high, targets):
                os.dup2(fd, target, inheritable=True)
        script = f'export LISTEN_PID=$$ LISTEN_FDS={len(self.sockets)}; exec "$0" "$@"'
        try:
            with open(self.log_path, "ab") as log:
                self.process = subprocess.Popen(
                    ["sh", "-c", script, self.program, "--config", config, "--ready-fd",
                     str(targets[-1])], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    pass_fds=targets, preexec_fn=place)
            for fd in (writer, *high):
                os.close(fd)
            self.port = self.read_ready(ready)
        finally:
            os.close(ready)
        return self


class LocalConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(60)
        self.sock.connect(str(self.path))


def post(connection, body=BODY, path="/gray"):
    with contextlib.closing(connection):
        connection.request("POST", path, body)
        answer = connection.getresponse()
        answer.read()
        return answer.status


def serves(listening):
    try:
        return post(tcp(*listening.getsockname()[:2])) == 200
    except (OSError, http.client.HTTPException):
        return False


def tcp(host, port):
    return http.client.HTTPConnection(host, port, timeout=60)


@pytest.fixture
def activate(own):
    """Starts a server with such sockets; it ends with the test."""
    def activate(program, sockets, settings=()):
        server = Activated(program, own.folder, sockets, settings)
        own.servers.append(server)
        return server.start()
    return activate


def listener(family, address):
    one = socket.socket(family, socket.SOCK_STREAM)
    if family == socket.AF_INET6:
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    one.bind(address)
    one.listen(1024)
    return one


@PROGRAMS
def test_all_sockets_are_served(activate, tmp_path, program):
    """Both families and a Unix socket together; listen.* does not count; they outlive the server."""
    path = tmp_path / "socket"
    with listener(socket.AF_INET, ("127.0.0.1", 0)) as four, \
            listener(socket.AF_INET6, ("::1", 0)) as six, listener(socket.AF_UNIX, str(path)) as local:
        server = activate(program, [local, four, six])
        assert server.port == four.getsockname()[1]
        assert re.findall(r"listening on (\S+) port=\d+\n", server.log()) == [
            f"http://127.0.0.1:{server.port}", f"unix:{path}", f"http://[::1]:{six.getsockname()[1]}"]
        for _ in range(2):
            for _ in range(20):
                assert post(tcp("127.0.0.1", four.getsockname()[1])) == 200
                assert post(tcp("::1", six.getsockname()[1])) == 200
                assert post(LocalConnection(path)) == 200
            server.stop()
            waiting = [tcp("127.0.0.1", four.getsockname()[1]), LocalConnection(path)]
            for connection in waiting:
                connection.request("POST", "/gray", BODY)
            server = activate(program, [local, four, six])
            for connection in waiting:
                assert connection.getresponse().status == 200
                connection.close()


@PROGRAMS
def test_metrics(own, tmp_path, program):
    """metrics.ip takes a Unix socket too: the log names it, and its file goes with the server."""
    path = tmp_path / "metrics"
    server = (own.gateway if program == GATEWAY else own.scale)(metrics__ip=f"unix:{path}", metrics__port=1)
    assert f"metrics on unix:{path}\n" in server.log()
    connection = LocalConnection(path)
    with contextlib.closing(connection):
        connection.request("GET", "/metrics")
        assert b"\ngrisaille_connections 0\n" in connection.getresponse().read()
    server.stop()
    assert not path.exists()


@PROGRAMS
def test_names_of_unix_sockets(activate, tmp_path, program):
    """The log has a line for each, and names those of the abstract namespace."""
    path, name = tmp_path / "socket", f"{tmp_path.name}-{program.name}-{os.getpid()}"
    with listener(socket.AF_UNIX, str(path)) as local, listener(socket.AF_UNIX, f"\0{name}") as abstract:
        server = activate(program, [local, abstract])
        assert re.findall(r"listening on (.*)\n", server.log()) == [f"unix:{path} port=0", f"unix:@{name} port=0"]
        server.stop()


@PROGRAMS
def test_unix_socket_alone(activate, tmp_path, program):
    path = tmp_path / "socket"
    with listener(socket.AF_UNIX, str(path)) as local:
        server = activate(program, [local], {"trusted_proxies": []})
        assert server.port == 0
        assert post(LocalConnection(path)) == 200
        connection = LocalConnection(path)
        connection.request("POST", "/gray", BODY, {"X-Forwarded-For": "192.0.2.9"})
        assert connection.getresponse().status == 200
        wait_until(lambda: "client=192.0.2.9" in server.log(), 10, "the client")
        connection.close()
        server.stop()
        assert path.exists()


def test_restarts_under_traffic(activate):
    """Fifty restarts while clients come without a pause: the socket keeps who comes in between, and
    every request is answered 200."""
    done, statuses = threading.Event(), []
    with listener(socket.AF_INET, ("127.0.0.1", 0)) as four, \
            listener(socket.AF_INET6, ("::1", 0)) as six:
        def ask(host, port):
            while not done.is_set():
                try:
                    statuses.append(post(tcp(host, port)))
                except (OSError, http.client.HTTPException) as problem:
                    statuses.append(repr(problem))
        server = activate(GATEWAY, [four, six], {"gray.workers": 1})
        threads = [threading.Thread(target=ask, args=one.getsockname()[:2])
                   for one in (four, six, four, six)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(RESTARTS):
                seen = len(statuses)
                wait_until(lambda seen=seen: len(statuses) > seen + 8, 60, "traffic")
                server.stop()
                server = activate(GATEWAY, [four, six], {"gray.workers": 1})
        finally:
            done.set()
            for thread in threads:
                thread.join()
    assert set(statuses) == {200}, {status: statuses.count(status) for status in set(statuses)}
    assert len(statuses) > RESTARTS * 8


@PROGRAMS
def test_more_connections_than_places(activate, program):
    """Many more at once than may be open, at two sockets: those that came too late wait or are closed, and
    the server serves and ends as before."""
    with listener(socket.AF_INET, ("127.0.0.1", 0)) as four, \
            listener(socket.AF_INET6, ("::1", 0)) as six:
        server = activate(program, [four, six], {"listen.max_connections": 4})
        for _ in range(3):
            with contextlib.ExitStack() as crowd:
                for number in range(200):
                    one = socket.socket((socket.AF_INET6, socket.AF_INET)[number % 2])
                    crowd.enter_context(one).connect((six, four)[number % 2].getsockname()[:2])
                assert server.process.poll() is None
            for one in (four, six):
                wait_until(lambda one=one: serves(one), 60, "an answer")
        server.stop()


@plain_build # which maps no more than it needs
@PROGRAMS
def test_no_memory_for_connections(activate, program):
    """Connections for which there was no memory are closed, and take no place from those that come later."""
    with listener(socket.AF_INET, ("127.0.0.1", 0)) as four, \
            listener(socket.AF_INET6, ("::1", 0)) as six:
        server = activate(program, [four, six], {"listen.max_connections": 4})
        with limited(server, "as", 1):
            for number in range(100):
                address = (four, six)[number % 2].getsockname()[:2]
                with socket.create_connection(address, timeout=60) as connection, contextlib.suppress(ConnectionError):
                    assert connection.recv(1) == b""
        for one in (four, six):
            wait_until(lambda one=one: serves(one), 60, "an answer")
        server.stop()


@pytest.mark.skipif(shutil.which("systemd-socket-activate") is None, reason="no systemd")
def test_systemd_socket_activate(own, tmp_path):
    """As systemd's own tool starts it, with the first connection."""
    path = tmp_path / "socket"
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen(["systemd-socket-activate", "-l", path, SCALE, "-c", NO_METRICS],
                                   stdout=log, stderr=log)
    try:
        wait_until(path.exists, 20, "the socket")
        assert post(LocalConnection(path)) == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()


def test_no_listening_socket(own, tmp_path):
    """Something else than a listening socket: exit code 1 and one line."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as unbound:
        server = Activated(SCALE, own.folder, [unbound])
        with pytest.raises(AssertionError, match="ended with 1"):
            server.start()
        assert server.log().count("\n") == 1 and "LISTEN_FDS" in server.log()


@PROGRAMS
def test_our_own_unix_socket(own, tmp_path, program):
    """listen.ip is unix:/path: the file is there while the server is, and one left behind by a server
    that was killed is replaced, but not that of one that lives."""
    path = tmp_path / "socket"
    server = own.start(program, {"listen.ip": f"unix:{path}"})
    assert server.port == 0 and f"listening on unix:{path}" in server.log()
    assert post(LocalConnection(path)) == 200
    assert run(program, "-i", f"unix:{path}", "--health").returncode == 0
    done = run(program, "-c", NO_METRICS, "-i", f"unix:{path}")
    assert (done.returncode, done.stderr) == (
        1, f"{program.name}: cannot listen on unix:{path}: Address already in use\n")
    assert post(LocalConnection(path)) == 200
    server.kill()
    assert path.exists()
    done = run(program, "-i", f"unix:{path}", "--health")
    assert (done.returncode, done.stderr) == (
        1, f"{program.name}: --health: listen.ip unix:{path}: expected 200 from /healthz, got Connection refused\n")
    server = own.start(program, {"listen.ip": f"unix:{path}"})
    assert post(LocalConnection(path)) == 200
    server.stop()
    assert not path.exists()


@contextlib.contextmanager
def occupied(path, kind):
    """Something at the path that is no socket of a server that was killed."""
    other = path.with_name("other")
    with contextlib.ExitStack() as at_end:
        if kind == "file":
            path.write_text("precious")
        elif kind == "directory":
            path.mkdir()
        elif kind == "fifo":
            os.mkfifo(path)
        elif kind == "link to a file":
            other.write_text("precious")
            path.symlink_to(other)
        elif kind == "link to nothing":
            path.symlink_to(other)
        elif kind == "link to a stale socket":
            listener(socket.AF_UNIX, str(other)).close()
            path.symlink_to(other)
        elif kind == "link to a socket":
            at_end.enter_context(listener(socket.AF_UNIX, str(other)))
            path.symlink_to(other)
        elif kind == "socket":
            at_end.enter_context(listener(socket.AF_UNIX, str(path)))
        elif kind == "datagram socket":
            at_end.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)).bind(str(path))
        yield


def found(folder):
    """Each file there: its mode, its number and, of a regular one, what it holds."""
    return {one.name: (one.lstat().st_mode, one.lstat().st_ino,
                       one.read_bytes() if one.is_file() and not one.is_symlink() else None)
            for one in folder.iterdir()}


@pytest.mark.parametrize("key", ["listen.ip", "metrics.ip"])
@pytest.mark.parametrize("kind", ["file", "directory", "fifo", "link to a file", "link to nothing",
                                  "link to a stale socket", "link to a socket", "socket", "datagram socket"])
def test_no_other_file_is_replaced(own, tmp_path, kind, key):
    """Whatever is there stays as it is, and the server ends with exit code 1 and one line."""
    folder = tmp_path / "there"
    folder.mkdir()
    path = folder / "at"
    with occupied(path, kind):
        before = found(folder)
        with pytest.raises(AssertionError, match="ended with 1"):
            own.start(SCALE, {key: f"unix:{path}", "metrics.port": int(key == "metrics.ip")})
        assert found(folder) == before
        place = f"metrics.ip unix:{path}" if key == "metrics.ip" else f"unix:{path}"
        assert own.servers[-1].log() == f"{SCALE.name}: cannot listen on {place}: Address already in use\n"


@PROGRAMS
def test_only_our_own_socket_is_removed(own, tmp_path, program):
    """What has taken the place of our socket stays when the server ends, a regular file or another socket."""
    path = tmp_path / "socket"
    server = own.start(program, {"listen.ip": f"unix:{path}"})
    path.unlink()
    path.write_text("precious")
    server.stop()
    assert path.read_text() == "precious"
    path.unlink()
    server = own.start(program, {"listen.ip": f"unix:{path}"})
    path.unlink()
    with listener(socket.AF_UNIX, str(path)):
        server.stop()
        assert path.is_socket()


def test_failed_start_removes_its_socket(own, tmp_path):
    """metrics.ip is bound first; that listen.ip cannot be leaves nothing behind."""
    path = tmp_path / "metrics"
    with pytest.raises(AssertionError, match="ended with 1"):
        own.start(SCALE, {"listen.ip": f"unix:{tmp_path}", "metrics.ip": f"unix:{path}", "metrics.port": 1})
    assert not path.exists()


@pytest.mark.parametrize("ip", ["unix:", "unix:socket", "unix:/" + "x" * 108])
def test_wrong_unix_sockets(ip):
    done = run(SCALE, "-C", "-i", ip)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
